import { type Actor, record, SYSTEM } from '../../engines/events/events.ts'
import type { Flow } from '../../engines/flows/flow.ts'
import { cancelRun, runOf, startFlow } from '../../engines/flows/flows.ts'
import { OWN_LISTS, type OwnLists } from '../../engines/flows/own-lists.ts'
import { Conflict } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { dayOfYmd } from '../../lib/ymd.ts'
import { startOfDay, zoneOf } from '../../lib/zone.ts'
import { type DifferenceKind, fits, MoneyDifference, type Outcome } from './difference.ts'
import { type Payment, paymentById } from './payments.ts'
import { askRefund, changeRefund, endRefund, type Refund, refundById } from './refunds.ts'

interface DifferenceFound {
  kind: DifferenceKind
  number: string
  /** What tells it from others of its kind and number: the bill's day, a count. */
  mark?: string
  day?: number
  payment?: Payment
  refund?: Refund
  ours?: number
  theirs?: number
  code?: string
}

/** The name of the list that a difference brings to its flow: of the options of such a field those that fit it. */
const WAYS = 'ways'

/** By which the platform makes its bills. */
const CHINA = zoneOf('Asia/Shanghai')

let flowNow: () => { id: string; body: Flow } | undefined = () => undefined

/** Hands over the flow in which finance works on differences; main.ts does. */
export function useDifferences(flow: typeof flowNow): void {
  flowNow = flow
}

/** Writes down that something does not agree, once, and opens finance's work on it where a pack has a flow for that. */
export async function openDifference(tx: Tx, found: DifferenceFound): Promise<MoneyDifference> {
  const { kind, number, mark = '', day, payment, refund, ours, theirs, code } = found
  const diffKey = [kind, number, mark].filter(Boolean).join(':').slice(0, 120)
  const known = await tx.first(MoneyDifference, 'WHERE diffKey = ?', [diffKey])
  if (known) return known
  const row = {
    ...{ id: newId(tx.now), diffKey, kind, number: number.slice(0, 64), day: day ?? null },
    ...{ paymentId: payment?.id ?? refund?.paymentId ?? null, refundId: refund?.id ?? null },
    ...{ ours: ours ?? null, theirs: theirs ?? null, code: code?.slice(0, 40) ?? null, state: 'open' as const },
    ...{ outcome: null, runId: null, foundAt: tx.now, settledAt: null, version: 0 },
  }
  if (!(await tx.insertOnce(MoneyDifference, row))) throw new LostRace()
  const difference = Object.assign(new MoneyDifference(), row)
  await record(tx, 'money.differs', { by: SYSTEM, ...about(difference), data: { kind, number, ours, theirs, code } })
  const flow = flowNow()
  if (flow) await change(tx, difference, { runId: await beginWork(tx, difference, flow) })
  return difference
}

/** A refund does not get on by itself: finance hears of it, each time that it comes to that. */
export async function tellStuck(tx: Tx, refund: Refund, code: string): Promise<void> {
  const { number, version, amount: ours } = refund
  await openDifference(tx, { kind: 'stuck', number, mark: String(version), refund, ours, code })
}

/** Finance has decided: what has to be done is done, and it is over. Throws Conflict where that does not help here. */
export async function settleDifference(tx: Tx, id: string, outcome: Outcome, by: Actor): Promise<void> {
  const difference = await tx.get(MoneyDifference, id)
  if (difference?.state !== 'open') return
  if (outcome === 'returned') await giveBack(tx, difference, by)
  if (outcome === 'again') await askAgain(tx, difference)
  if (outcome === 'by_hand') await paidByHand(tx, difference)
  await end(tx, difference, outcome, by)
}

/** A refund has arrived after all: nobody has to decide about it any more. */
export async function settleRefund(tx: Tx, refund: Refund): Promise<void> {
  const open = await tx.find(MoneyDifference, `WHERE refundId = ? AND state = 'open'`, [refund.id])
  for (const difference of open) {
    await end(tx, difference, 'explained', SYSTEM)
    const run = difference.runId === null ? undefined : await runOf(tx, difference.id)
    if (run?.state === 'running') await cancelRun(tx, run, SYSTEM, 'settled')
  }
}

async function giveBack(tx: Tx, { id, paymentId }: MoneyDifference, by: Actor): Promise<void> {
  const payment = paymentId === null ? undefined : await paymentById(tx, paymentId)
  if (!payment || payment.left() <= 0) throw new Conflict('difference_unfit')
  await askRefund(tx, payment, { amount: payment.left(), reason: payment.title, key: `difference:${id}`, by })
}

async function askAgain(tx: Tx, difference: MoneyDifference): Promise<void> {
  const refund = await pending(tx, difference)
  // What the platform has closed under one number it will not do under it any more.
  const anew = refund.error === 'CLOSED' ? { number: `R${newId(tx.now)}`, refundId: null, sentAt: null } : {}
  await changeRefund(tx, refund, { ...anew, state: 'due', error: null, wakeAt: tx.now, attempts: 0 })
}

async function paidByHand(tx: Tx, difference: MoneyDifference): Promise<void> {
  await endRefund(tx, await pending(tx, difference), { at: tx.now, byHand: true })
}

async function pending(tx: Tx, { refundId }: MoneyDifference): Promise<Refund> {
  const refund = refundId === null ? undefined : await refundById(tx, refundId)
  if (!refund || refund.state === 'done') throw new Conflict('difference_unfit')
  return refund
}

async function end(tx: Tx, difference: MoneyDifference, outcome: Outcome, by: Actor): Promise<void> {
  await change(tx, difference, { state: 'settled', outcome, settledAt: tx.now })
  await record(tx, 'money.settled', { by, ...about(difference), data: { outcome, number: difference.number } })
}

/** The words of it stand under cards/facts.difference. */
async function beginWork(tx: Tx, difference: MoneyDifference, flow: { id: string; body: Flow }): Promise<string> {
  const { id, kind, number, day, ours, theirs, code, refundId } = difference
  const refund = refundId !== null || code === 'refund'
  const billAt = day === null ? 0 : startOfDay(CHINA, dayOfYmd(Number(day)))
  const data = { kind, number, day, billAt, ours, theirs, code, refund, foundAt: tx.now }
  const facts = {
    ...{ number, title: flow.body.title, text: '', customer: '', phone: '', rows: [], photos: [] },
    ...{ safety: 'pass' as const, told: ['difference', 'difference_sides'].map((word) => ({ word, data })) },
  }
  const subject = { type: 'difference', id }
  const about = { [OWN_LISTS]: waysOut(flow.body, kind) }
  return (await startFlow(tx, { definitionId: flow.id, subject, customerId: null, facts, answers: {}, about })).id
}

/** What finance can choose from, in the words of the flow's own form. */
function waysOut({ forms }: Flow, kind: DifferenceKind): OwnLists {
  const fields = Object.values(forms).flatMap((form) => form.fields)
  const all = fields.find(({ listed }) => listed === WAYS)?.options ?? []
  return { [WAYS]: all.filter(({ value }) => fits(kind, value)) }
}

async function change(tx: Tx, difference: MoneyDifference, changes: Partial<MoneyDifference>): Promise<void> {
  const next = { ...changes, version: difference.version + 1 }
  const mine = await tx.update(MoneyDifference, difference.id, next, { version: difference.version })
  if (!mine) throw new LostRace()
  Object.assign(difference, next)
}

function about({ id }: MoneyDifference) {
  return { subject: { type: 'difference', id } }
}
