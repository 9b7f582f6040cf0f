import type { Actor } from '../../engines/events/events.ts'
import { Conflict } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { bookingById, settleBooking, termsOf } from '../bookings/bookings.ts'
import { paidFor, stopAsking } from '../bookings/pay.ts'
import type { Account } from '../ledger/accounts.ts'
import { post } from '../ledger/ledger.ts'
import { deductDeposit, depositOf } from '../payments/deposits.ts'
import { askForRest } from './collect.ts'
import { depositLeft } from './deposit.ts'
import type { Rental } from './rental.ts'
import { changeRental, subjectOf, tell } from './rentals.ts'
import { rulesOf } from './rules.ts'
import { type Bill, type BillLine, type LineKind, type SettlementInput, settle, shared } from './settlement.ts'
import { excessOf, tariffOf } from './tariff.ts'

/** What is found when a car comes back. */
export type Findings = Pick<SettlementInput, 'damages' | 'others'>

/** What a line is, in the books; the price of the booking stands there by itself. */
const EARNS: Record<Exclude<LineKind, 'unpaid'>, Account> = {
  overtime: 'revenue:overtime',
  late: 'revenue:overtime',
  mileage: 'revenue:mileage',
  fuel: 'revenue:fuel',
  damage: 'revenue:damage',
  other: 'revenue:damage',
  excess: 'revenue:damage',
  fine: 'revenue:violation',
  handling: 'revenue:violation',
  points: 'revenue:violation',
  credit: 'cost:discount',
}

const PRICED: Record<string, Account> = {
  insurance: 'revenue:insurance',
  deliver: 'revenue:delivery',
  collect: 'revenue:delivery',
}

/** Works out what is owed beyond the price, from how the car went and how it came back; nothing is asked for yet. */
export async function settleRental(tx: Tx, rental: Rental, findings: Findings): Promise<Bill> {
  const { pickup, giveback } = rental
  if (!pickup || !giveback) throw new Conflict('rental_not_back')
  const booking = await bookingById(tx, rental.id)
  const terms = await termsOf(tx, booking)
  const rules = await rulesOf(tx, rental.rulesId)
  const bill = settle({
    untilAt: booking.untilAt,
    returnedAt: booking.returnedAt ?? giveback.at,
    km: booking.price.km,
    odometer: { out: pickup.odometer, back: giveback.odometer },
    fuel: { out: pickup.fuel, back: giveback.fuel },
    tariff: tariffOf(terms, booking),
    ...findings,
    unpaid: Math.max(0, booking.price.total - (await paidFor(tx, booking))),
    ...excess(excessOf(terms, booking)),
    deposit: { left: await depositLeft(tx, rental.id), use: rules.bill.from_deposit },
  })
  await changeRental(tx, rental, { bill, billState: 'none' })
  return bill
}

/** The customer is shown the bill: they confirm or dispute it. */
export async function askForBill(tx: Tx, rental: Rental): Promise<void> {
  if (rental.billState !== 'none') return
  await changeRental(tx, rental, { billState: 'asked', billedAt: tx.now })
}

/** The customer agrees to the bill. Throws Conflict when there is none to agree to. */
export async function confirmBill(tx: Tx, rental: Rental, by: Actor): Promise<void> {
  if (rental.billState === 'confirmed' || rental.billState === 'paying' || rental.billState === 'paid') return
  if (rental.billState !== 'asked') throw new Conflict('bill_none')
  await changeRental(tx, rental, { billState: 'confirmed' })
  await tell(tx, rental, 'bill.confirmed', { by: by.type })
}

/**
 * Takes what is owed: from the deposit first, if the rules say so, and asks the customer to pay the rest. With nothing
 * left to pay it is paid at once.
 */
export async function collectBill(tx: Tx, rental: Rental): Promise<void> {
  const { bill } = rental
  if (!bill || rental.billState === 'paying' || rental.billState === 'paid') return
  const booking = await bookingById(tx, rental.id)
  // What was asked for an extension stands on the bill.
  await stopAsking(tx, booking, 'billed')
  await charge(tx, rental, bill.lines, 'bill')
  const due = await takeFromDeposit(tx, rental, bill.total, 'bill')
  await changeRental(tx, rental, { bill: { ...bill, fromDeposit: bill.total - due, due } })
  if (booking.state === 'returned') await settleBooking(tx, booking)
  await askForRest(tx, rental, due, `bill:${rental.id}`)
}

/** Violations have become known after the settlement: what they cost comes from the deposit, the rest is asked for. */
export async function chargeViolations(
  tx: Tx,
  rental: Rental,
  violations: NonNullable<SettlementInput['violations']>,
): Promise<number> {
  const booking = await bookingById(tx, rental.id)
  const { bill } = rental
  if (!bill || bill.lines.some(({ kind }) => kind === 'fine' || kind === 'handling')) return 0
  const { lines } = settle({
    ...{ untilAt: 0, returnedAt: 0, km: null, odometer: { out: 0, back: 0 }, fuel: { out: 0, back: 0 } },
    ...{ tariff: tariffOf(await termsOf(tx, booking), booking), damages: [], others: [], violations },
    deposit: { left: 0, use: false },
  })
  const { total } = shared(lines, { left: 0, use: false })
  if (total === 0) return 0
  await charge(tx, rental, lines, 'violations')
  const due = await takeFromDeposit(tx, rental, total, 'violations')
  const whole = { ...bill, lines: [...bill.lines, ...lines], total: bill.total + total }
  const fromDeposit = bill.fromDeposit + total - due
  await changeRental(tx, rental, {
    bill: { ...whole, fromDeposit, due: bill.due + due, rest: await depositLeft(tx, rental.id) },
  })
  if (due > 0) await askForRest(tx, rental, due, `violations:${rental.id}`)
  return due
}

/** The price of a rental is earned when the car is back: until then the customer has paid for what is still to come. */
export async function earnPrice(tx: Tx, rental: Rental): Promise<void> {
  const { price } = await bookingById(tx, rental.id)
  if (price.total === 0) return
  const byAccount = new Map<Account, number>()
  for (const { kind, amount } of price.parts) {
    const account = PRICED[kind] ?? 'revenue:rental'
    byAccount.set(account, (byAccount.get(account) ?? 0) - amount)
  }
  await post(tx, {
    ...{
      key: `rental:${rental.id}:price`,
      kind: 'rental.earned',
      subject: subjectOf(rental),
      customerId: rental.customerId,
    },
    lines: [
      { account: 'customers:owed' as Account, amount: price.total },
      ...[...byAccount].map(([account, amount]) => ({ account, amount })),
    ].filter(({ amount }) => amount !== 0),
  })
}

/** What the customer owes by these lines, in the books. */
async function charge(tx: Tx, rental: Rental, lines: BillLine[], key: string): Promise<void> {
  const byAccount = new Map<Account, number>()
  for (const { kind, amount } of lines)
    if (kind !== 'unpaid') byAccount.set(EARNS[kind], (byAccount.get(EARNS[kind]) ?? 0) - amount)
  const total = [...byAccount.values()].reduce((sum, amount) => sum - amount, 0)
  if (byAccount.size === 0) return
  await post(tx, {
    ...{
      key: `rental:${rental.id}:${key}`,
      kind: 'rental.billed',
      subject: subjectOf(rental),
      customerId: rental.customerId,
    },
    lines: [
      { account: 'customers:owed' as Account, amount: total },
      ...[...byAccount].map(([account, amount]) => ({ account, amount })),
    ].filter(({ amount }) => amount !== 0),
  })
}

/** Takes as much as there is, if that is the rule; returns what remains to be paid. */
async function takeFromDeposit(tx: Tx, rental: Rental, amount: number, key: string): Promise<number> {
  const { bill, titles } = await rulesOf(tx, rental.rulesId)
  const deposit = await depositOf(tx, subjectOf(rental))
  // Violations are what the deposit is kept for after the end, whatever is done about the bill.
  if (!deposit || amount === 0 || (key === 'bill' && !bill.from_deposit)) return amount
  return amount - (await deductDeposit(tx, deposit.id, { amount, reason: titles.bill, key }))
}

function excess(found: number | undefined): { excess?: number } {
  return found === undefined ? {} : { excess: found }
}
