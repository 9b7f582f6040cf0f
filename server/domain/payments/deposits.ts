import { type Actor, record, SYSTEM } from '../../engines/events/events.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { post } from '../ledger/ledger.ts'
import { Deposit, DepositDeduction } from './deposit.ts'
import { type Payment, paymentById } from './payments.ts'
import { askRefund } from './refunds.ts'

export { Deposit, DepositDeduction } from './deposit.ts'

const BATCH = 50

interface DepositWish {
  customerId: string
  subject: { type: string; id: string }
  /** In fen. */
  amount: number
  /** Why none is asked for. */
  waived?: string
}

/** Opens the deposit of a subject, which has one; the payment for it is asked by whoever opens it. */
export async function openDeposit(tx: Tx, { customerId, subject, amount, waived }: DepositWish): Promise<Deposit> {
  const known = await depositOf(tx, subject)
  if (known) return known
  const row = {
    ...{ id: newId(tx.now), customerId, subjectType: subject.type, subjectId: subject.id, amount },
    ...{ deducted: 0, refunded: 0, state: waived === undefined ? ('due' as const) : ('waived' as const) },
    ...{
      waived: waived ?? null,
      scoreNumber: null,
      scoreWakeAt: null,
      scoreAttempts: 0,
      paymentId: null,
      createdAt: tx.now,
      heldAt: null,
    },
    ...{ releaseAt: null, releasedBy: null, settledAt: null, version: 0 },
  }
  if (!(await tx.insertOnce(Deposit, row))) throw new LostRace()
  const deposit = Object.assign(new Deposit(), row)
  await tell(tx, `deposit.${waived === undefined ? 'asked' : 'waived'}`, deposit, SYSTEM, waived ? { waived } : {})
  return deposit
}

/** The payment of a deposit has come; false when the deposit is no longer waited for, and the money had better return. */
export async function depositHeld(tx: Tx, depositId: string, payment: Payment): Promise<boolean> {
  const deposit = await depositById(tx, depositId)
  if (deposit.paymentId === payment.id) return true
  if (deposit.state !== 'due' || payment.state !== 'paid' || payment.amount !== deposit.amount) return false
  const came = { paymentId: payment.id, heldAt: payment.paidAt ?? tx.now, ...endScore(deposit, tx.now) }
  await changeDeposit(tx, deposit, { state: 'held', ...came })
  await tell(tx, 'deposit.held', deposit, { type: 'customer', id: deposit.customerId }, {})
  return true
}

interface Deduction {
  /** In fen. */
  amount: number
  reason: string
  /** Names it within the deposit: the same again takes nothing more. */
  key: string
}

/**
 * Takes from a deposit what its owner owes; returns how much could be taken. It counts as paid by the customer: what they
 * owe has its own movement.
 */
export async function deductDeposit(tx: Tx, depositId: string, { amount, reason, key }: Deduction): Promise<number> {
  const id = `${depositId}:${key}`
  const known = await tx.get(DepositDeduction, id)
  if (known) return known.taken
  if (!Number.isSafeInteger(amount) || amount < 0) throw new Error(`${amount} fen cannot be taken from a deposit`)
  const deposit = await depositById(tx, depositId)
  const taken = Math.min(amount, deposit.left())
  const row = { id, depositId, reason: reason.slice(0, 60), wanted: amount, taken, at: tx.now }
  if (!(await tx.insertOnce(DepositDeduction, row))) throw new LostRace()
  if (taken === 0) return 0
  await changeDeposit(tx, deposit, { deducted: deposit.deducted + taken })
  await post(tx, {
    ...{ key: `deposit:${id}`, kind: 'deposit.deducted', subject: subjectOf(deposit), customerId: deposit.customerId },
    lines: [
      { account: 'deposits:held', amount: taken },
      { account: 'customers:owed', amount: -taken },
    ],
  })
  await tell(tx, 'deposit.deducted', deposit, SYSTEM, { taken, wanted: amount, reason: row.reason })
  return taken
}

/**
 * What was taken from a deposit was not owed: so much goes back at once, whatever becomes of the rest. The same key again
 * gives nothing more.
 */
export async function returnDeduction(
  tx: Tx,
  depositId: string,
  { amount, reason, key, by }: Deduction & { by: Actor },
): Promise<void> {
  const id = `${depositId}:${key}`
  if (await tx.get(DepositDeduction, id)) return
  const deposit = await depositById(tx, depositId)
  if (!Number.isSafeInteger(amount) || amount <= 0 || amount > deposit.deducted)
    throw new Error(`${amount} fen were not taken from the deposit ${depositId}`)
  const row = { id, depositId, reason: reason.slice(0, 60), wanted: -amount, taken: -amount, at: tx.now }
  if (!(await tx.insertOnce(DepositDeduction, row))) throw new LostRace()
  await changeDeposit(tx, deposit, { deducted: deposit.deducted - amount, refunded: deposit.refunded + amount })
  await post(tx, {
    ...{ key: `deposit:${id}`, kind: 'deposit.returned', subject: subjectOf(deposit), customerId: deposit.customerId },
    lines: [
      { account: 'customers:owed', amount },
      { account: 'deposits:held', amount: -amount },
    ],
  })
  const payment = await paymentById(tx, deposit.paymentId ?? '')
  await askRefund(tx, payment, { amount, reason: row.reason, key: `deposit:${id}`, by })
  await tell(tx, 'deposit.returned', deposit, by, { returned: amount, reason: row.reason })
}

/** Lets the rest of a deposit go back at that time; until then it can still be taken from. One that was never paid is over. */
export async function releaseDeposit(tx: Tx, depositId: string, { at, by }: { at: number; by: Actor }): Promise<void> {
  const deposit = await depositById(tx, depositId)
  if (deposit.state === 'settled') return
  const releasedBy = [by.type, by.id].filter(Boolean).join(':')
  if (deposit.state === 'held') await changeDeposit(tx, deposit, { releaseAt: at, releasedBy })
  else {
    const over = { releasedBy, settledAt: tx.now, ...endScore(deposit, at) }
    await changeDeposit(tx, deposit, { state: 'settled', ...over })
  }
  await tell(tx, 'deposit.released', deposit, by, { at })
}

/** The deposit of a subject, or undefined. */
export function depositOf(tx: Tx, subject: { type: string; id: string }): Promise<Deposit | undefined> {
  return tx.first(Deposit, 'WHERE subjectId = ? AND subjectType = ?', [subject.id, subject.type])
}

/** What was taken from a deposit, in order. */
export function deductionsOf(tx: Tx, depositId: string): Promise<DepositDeduction[]> {
  return tx.find(DepositDeduction, 'WHERE depositId = ? ORDER BY at, id', [depositId])
}

/** When a deposit goes back next. */
export const nextRelease = earliest('deposits', 'releaseAt')

/** Sends back what is left of the deposits whose time has come; returns how many. */
export async function sweepDeposits(db: Database): Promise<number> {
  const due = await db.read((tx) =>
    tx.find(Deposit, `WHERE releaseAt <= ? ORDER BY releaseAt, id LIMIT ${BATCH}`, [tx.now]),
  )
  for (const { id } of due) await db.write((tx) => settle(tx, id))
  return due.length
}

async function settle(tx: Tx, id: string): Promise<void> {
  const deposit = await depositById(tx, id)
  if (deposit.state !== 'held' || deposit.releaseAt === null || deposit.releaseAt > tx.now) return
  const payment = await paymentById(tx, deposit.paymentId ?? '')
  const rest = Math.min(deposit.left(), payment.left())
  await changeDeposit(tx, deposit, {
    state: 'settled',
    refunded: deposit.refunded + rest,
    releaseAt: null,
    settledAt: tx.now,
  })
  if (rest > 0) await askRefund(tx, payment, { amount: rest, reason: payment.title, key: `deposit:${id}`, by: SYSTEM })
  await tell(tx, 'deposit.settled', deposit, SYSTEM, { rest, deducted: deposit.deducted })
}

/** A deposit by its id; throws NotFound. */
export async function depositById(tx: Tx, id: string): Promise<Deposit> {
  const deposit = await tx.get(Deposit, id)
  if (!deposit) throw new NotFound('deposit')
  return deposit
}

/** Writes a change of a deposit if it is still as it was read; otherwise the transaction runs again. */
export async function changeDeposit(tx: Tx, deposit: Deposit, changes: Partial<Deposit>): Promise<void> {
  const next = { ...changes, version: deposit.version + 1 }
  if (!(await tx.update(Deposit, deposit.id, next, { version: deposit.version }))) throw new LostRace()
  Object.assign(deposit, next)
}

/** An order of pay score that stands for the deposit is needed from then on no more. */
function endScore({ scoreNumber }: Deposit, at: number): Partial<Deposit> {
  return scoreNumber === null ? {} : { scoreWakeAt: at }
}

function subjectOf({ subjectType, subjectId }: Deposit): { type: string; id: string } {
  return { type: subjectType, id: subjectId }
}

function tell(tx: Tx, name: string, deposit: Deposit, by: Actor, data: Record<string, unknown>): Promise<void> {
  const { customerId, amount } = deposit
  return record(tx, name, {
    by,
    subject: subjectOf(deposit),
    customerId,
    data: { deposit: deposit.id, amount, ...data },
  })
}
