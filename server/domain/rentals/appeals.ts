import { SYSTEM } from '../../engines/events/events.ts'
import { changeRun, runOf } from '../../engines/flows/flows.ts'
import { Conflict } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { post } from '../ledger/ledger.ts'
import { depositOf, returnDeduction } from '../payments/deposits.ts'
import { type Payment, paymentsOf } from '../payments/payments.ts'
import { askRefund } from '../payments/refunds.ts'
import { askedFor, askInstead } from './collect.ts'
import { BILL, depositLeft } from './deposit.ts'
import type { Rental } from './rental.ts'
import { changeRental, subjectOf, tell } from './rentals.ts'
import { rulesOf } from './rules.ts'
import { type Bill, type BillLine, shared } from './settlement.ts'

/**
 * The customer does not agree: a ticket looks into it. A bill that they were asked to confirm waits for the answer; one
 * that is on its way to be paid, or paid, goes on. Throws Conflict.
 */
export async function disputeBill(tx: Tx, rental: Rental, appealId: string): Promise<void> {
  if (rental.appealId === appealId) return
  if (!(await isDisputable(tx, rental))) throw new Conflict('bill_none')
  const waits = rental.billState === 'asked'
  await changeRental(tx, rental, { appealId, ...(waits && { billState: 'disputed' }) })
  await tell(tx, rental, 'bill.disputed', { disputed: true, ticket: appealId })
}

/** Whether there is a bill to disagree with, and nobody looks into it already. */
export async function isDisputable(tx: Tx, { bill, billState, appealId }: Rental): Promise<boolean> {
  if (billState === 'asked') return true
  if (!bill || (billState !== 'paying' && billState !== 'paid')) return false
  return appealId === null || (await runOf(tx, appealId))?.state !== 'running'
}

/**
 * What an appeal was granted is taken off a bill that is not paid yet; what is paid already goes back by itself, the way it
 * came. `none` where the rental has nothing to give back: what is granted beyond the bill is paid otherwise.
 */
export async function answerAppeal(
  tx: Tx,
  rental: Rental,
  granted: number,
  key: string,
): Promise<'bill' | 'refund' | 'none'> {
  const open = rental.billState === 'disputed' || rental.billState === 'asked'
  const took = granted > 0 ? await (open ? credit(tx, rental, granted) : giveBack(tx, rental, granted, key)) : 'none'
  if (open) {
    await changeRental(tx, rental, { billState: 'confirmed' })
    await tell(tx, rental, 'appeal.answered', { granted })
  }
  return took
}

async function credit(tx: Tx, rental: Rental, granted: number): Promise<'bill'> {
  const { bill } = rental
  if (bill) {
    const off = Math.min(granted, bill.total)
    const rules = await rulesOf(tx, rental.rulesId)
    const next = shared(off > 0 ? withCredit(bill, off) : bill.lines, {
      left: await depositLeft(tx, rental.id),
      use: rules.bill.from_deposit,
    })
    await changeRental(tx, rental, { bill: next })
    const run = await runOf(tx, rental.id)
    if (run) await changeRun(tx, run, { about: { ...run.about, settlement: { total: next.total, due: next.due } } })
  }
  return 'bill'
}

/** First what is still asked for becomes less; then what came from the phone goes back, then what the deposit gave. */
async function giveBack(tx: Tx, rental: Rental, granted: number, key: string): Promise<'bill' | 'refund' | 'none'> {
  const { bill } = rental
  const asked = await askedFor(tx, rental)
  const paid = await paidOf(tx, rental)
  const deposit = await depositOf(tx, subjectOf(rental))
  const less = Math.min(granted, asked?.amount ?? 0)
  const fromPhone = share(granted - less, paid)
  const fromDeposit = Math.min(granted - less - sumOf(fromPhone), deposit?.deducted ?? 0)
  const back = sumOf(fromPhone) + fromDeposit
  if (!bill || less + back < granted) return 'none'
  const { titles } = await rulesOf(tx, rental.rulesId)
  await post(tx, {
    ...{ key: `rental:${rental.id}:${key}`, kind: 'rental.credited' },
    ...{ subject: subjectOf(rental), customerId: rental.customerId },
    lines: [
      { account: 'cost:discount', amount: granted },
      { account: 'customers:owed', amount: -granted },
    ],
  })
  const gone = { key, reason: titles.bill, by: SYSTEM }
  for (const { payment, amount } of fromPhone)
    await askRefund(tx, payment, { ...gone, amount, key: `${key}:${payment.id}` })
  if (deposit && fromDeposit > 0) await returnDeduction(tx, deposit.id, { ...gone, amount: fromDeposit })
  await changeRental(tx, rental, {
    bill: {
      ...{ lines: withCredit(bill, granted), total: bill.total - granted, rest: await depositLeft(tx, rental.id) },
      ...{ fromDeposit: bill.fromDeposit - fromDeposit, due: bill.due - less - sumOf(fromPhone) },
    },
  })
  if (asked && less > 0) await askInstead(tx, rental, asked, asked.amount - less, key)
  return back > 0 ? 'refund' : 'bill'
}

/** What was paid on the phone for the bill, the last first. */
async function paidOf(tx: Tx, rental: Rental): Promise<Payment[]> {
  const payments = await paymentsOf(tx, subjectOf(rental))
  return payments.filter(({ purpose, state }) => purpose === BILL && state === 'paid').reverse()
}

/** So much of an amount as payments can give back, and how much each. */
function share(amount: number, payments: Payment[]): { payment: Payment; amount: number }[] {
  let left = amount
  return payments.flatMap((payment) => {
    const part = Math.min(left, payment.left())
    left -= part
    return part > 0 ? [{ payment, amount: part }] : []
  })
}

function sumOf(parts: { amount: number }[]): number {
  return parts.reduce((sum, { amount }) => sum + amount, 0)
}

function withCredit({ lines }: Bill, off: number): BillLine[] {
  return [...lines, { kind: 'credit', amount: -off, about: {} }]
}
