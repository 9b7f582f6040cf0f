import { SYSTEM } from '../../engines/events/events.ts'
import { changeRun, runOf } from '../../engines/flows/flows.ts'
import { Conflict } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { post } from '../ledger/ledger.ts'
import { paymentById } from '../payments/payments.ts'
import { askRefund } from '../payments/refunds.ts'
import { depositLeft } from './deposit.ts'
import type { Rental } from './rental.ts'
import { changeRental, subjectOf, tell } from './rentals.ts'
import { rulesOf } from './rules.ts'
import { type BillLine, shared } from './settlement.ts'

/** The customer does not agree: a ticket looks into it. Throws Conflict. */
export async function disputeBill(tx: Tx, rental: Rental, appealId: string): Promise<void> {
  if (rental.billState !== 'asked') throw new Conflict('bill_none')
  await changeRental(tx, rental, { billState: 'disputed', appealId })
  await tell(tx, rental, 'bill.disputed', { disputed: true, ticket: appealId })
}

/** What an appeal was granted is taken off a bill that is not paid yet; what is paid already goes back. */
export async function answerAppeal(
  tx: Tx,
  rental: Rental,
  granted: number,
  key: string,
): Promise<'bill' | 'refund' | 'none'> {
  const open = rental.billState === 'disputed' || rental.billState === 'asked'
  const took =
    granted > 0 ? (open ? await credit(tx, rental, granted) : await payBack(tx, rental, granted, key)) : 'none'
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
    const lines: BillLine[] = [...bill.lines, { kind: 'credit', amount: -off, about: {} }]
    const rules = await rulesOf(tx, rental.rulesId)
    const next = shared(off > 0 ? lines : bill.lines, {
      left: await depositLeft(tx, rental.id),
      use: rules.bill.from_deposit,
    })
    await changeRental(tx, rental, { bill: next })
    const run = await runOf(tx, rental.id)
    if (run) await changeRun(tx, run, { about: { ...run.about, settlement: { total: next.total, due: next.due } } })
  }
  return 'bill'
}

/** Goodwill after the payment: it goes back the way it came, at most what came. */
async function payBack(tx: Tx, rental: Rental, granted: number, key: string): Promise<'refund' | 'none'> {
  const payment = rental.paymentId ? await paymentById(tx, rental.paymentId) : undefined
  const amount = Math.min(granted, payment?.left() ?? 0)
  if (!payment || amount <= 0) return 'none'
  const { titles } = await rulesOf(tx, rental.rulesId)
  await post(tx, {
    ...{
      key: `rental:${rental.id}:${key}`,
      kind: 'rental.credited',
      subject: subjectOf(rental),
      customerId: rental.customerId,
    },
    lines: [
      { account: 'cost:discount', amount },
      { account: 'customers:owed', amount: -amount },
    ],
  })
  await askRefund(tx, payment, { amount, reason: titles.bill, key, by: SYSTEM })
  return 'refund'
}
