import { z } from 'zod'
import { changeRun } from '../../engines/flows/flows.ts'
import type { FlowWord, Turn } from '../../engines/flows/hooks.ts'
import type { FlowRun } from '../../engines/flows/run.ts'
import type { Tx } from '../../lib/tx.ts'
import { bookingById, settleBooking, termsOf } from '../bookings/bookings.ts'
import { depositOf, releaseDeposit } from '../payments/deposits.ts'
import { appealWords } from './appeal-words.ts'
import { askForBill, chargeViolations, collectBill, earnPrice, type Findings, settleRental } from './bills.ts'
import { askAgain, askedFor, askedUntil, closeBill } from './collect.ts'
import type { Rental } from './rental.ts'
import { nameTimes, subjectOf } from './rentals.ts'
import { rulesOf } from './rules.ts'
import { byOf, rentalOf, tellCustomer } from './subject.ts'

const field = z.string().regex(/^[a-z][A-Za-z0-9_]*$/, 'name a field of the form')

/** Works out the bill from what was found; the step may say what is damaged, by the price list or otherwise. */
const settle: FlowWord<{ damages: string; other: string; other_amount: string }> = {
  name: 'settle_rental',
  args: z.strictObject({
    damages: field.default('damages'),
    other: field.default('other'),
    other_amount: field.default('other_amount'),
  }),
  async run(tx, turn, { damages, other, other_amount }) {
    const rental = await rentalOf(tx, turn)
    const answers = turn.step.answers ?? {}
    const listed = answers[damages]
    const amount = Number(answers[other_amount] ?? 0)
    const findings: Findings = {
      damages: (Array.isArray(listed) ? listed : []).map((name) => ({ name: String(name), count: 1 })),
      others: amount > 0 ? [{ title: String(answers[other] ?? ''), amount }] : [],
    }
    const bill = await settleRental(tx, rental, findings)
    const { bill: rules } = await rulesOf(tx, rental.rulesId)
    const { run } = turn
    await changeRun(tx, run, {
      facts: factsWith(run, bill),
      about: {
        ...run.about,
        settlement: { total: bill.total, due: bill.due, above: bill.total > rules.approve_above },
      },
    })
  },
}

/** What cards show of a run, with the bill as it stands. */
function factsWith({ facts }: FlowRun, bill: object): FlowRun['facts'] {
  const others = (facts.told ?? []).filter(({ word }) => word !== 'settlement')
  return { ...facts, told: [...others, { word: 'settlement', data: { ...bill } }] }
}

/** Shows the customer the bill, and says until when they can object: `form.confirm_by`. */
const billCustomer: FlowWord<object> = {
  name: 'bill_customer',
  args: z.strictObject({}),
  async run(tx, turn) {
    const rental = await rentalOf(tx, turn)
    const { bill } = await rulesOf(tx, rental.rulesId)
    await askForBill(tx, rental)
    const terms = await termsOf(tx, await bookingById(tx, rental.id))
    await nameTimes(tx, turn.run, terms, { confirm_by: tx.now + bill.confirm_within })
    await tellCustomer(tx, turn, 'rental_bill', { total: rental.bill?.total ?? 0, until: tx.now + bill.confirm_within })
  },
}

/** Takes what is owed; until when the rest is to be paid stands in `form.pay_by`. */
const collect: FlowWord<object> = {
  name: 'collect_bill',
  args: z.strictObject({}),
  async run(tx, turn) {
    const rental = await rentalOf(tx, turn)
    await collectBill(tx, rental)
    // An appeal may have made it less since it was worked out.
    if (rental.bill) await changeRun(tx, turn.run, { facts: factsWith(turn.run, rental.bill) })
    await tellDue(tx, turn, rental)
  },
}

/** What was not paid in time is asked for once more; until when stands in `form.pay_by`. */
const collectAgain: FlowWord<object> = {
  name: 'ask_bill_again',
  args: z.strictObject({}),
  async run(tx, turn) {
    const rental = await rentalOf(tx, turn)
    await askAgain(tx, rental, turn.step.id)
    await tellDue(tx, turn, rental)
  },
}

/** What was not paid on the phone was paid otherwise, or is given up. */
const closeDue: FlowWord<{ as: 'paid' | 'lost' }> = {
  name: 'close_bill',
  args: z.strictObject({ as: z.enum(['paid', 'lost']) }),
  async run(tx, turn, { as }) {
    await closeBill(tx, await rentalOf(tx, turn), as, turn.step.id)
  },
}

/** Until when violations are waited for stands in `form.release_at`: so long the deposit is kept. */
const holdDeposit: FlowWord<object> = {
  name: 'hold_deposit',
  args: z.strictObject({}),
  async run(tx, turn) {
    const rental = await rentalOf(tx, turn)
    const booking = await bookingById(tx, rental.id)
    const terms = await termsOf(tx, booking)
    const at = (booking.returnedAt ?? tx.now) + terms.violations.hold_for
    await nameTimes(tx, turn.run, terms, { release_at: at })
    await earnPrice(tx, rental)
    if (booking.state === 'returned') await settleBooking(tx, booking)
    const left = (await depositOf(tx, subjectOf(rental)))?.left() ?? 0
    await tellCustomer(tx, turn, 'rental_hold', { left, until: at })
  },
}

/** Violations that were found: fines, how many, points. Whether something is to be paid stands in `violation.due`. */
const violations: FlowWord<{ fines: string; count: string; points: string }> = {
  name: 'charge_violations',
  args: z.strictObject({
    fines: field.default('fines'),
    count: field.default('count'),
    points: field.default('points'),
  }),
  async run(tx, turn, args) {
    const rental = await rentalOf(tx, turn)
    const number = (name: string) => Number(turn.step.answers?.[name] ?? 0)
    const found = { fines: number(args.fines), count: number(args.count), points: number(args.points) }
    const due = await chargeViolations(tx, rental, found)
    await changeRun(tx, turn.run, { answers: { ...turn.run.answers, violation: { due, at: tx.now } } })
    await tellCustomer(tx, turn, 'rental_violation', { count: found.count, due })
  },
}

/** The rest of the deposit goes back at once. */
const release: FlowWord<object> = {
  name: 'release_deposit',
  args: z.strictObject({}),
  async run(tx, turn) {
    const rental = await rentalOf(tx, turn)
    const deposit = await depositOf(tx, subjectOf(rental))
    if (!deposit || deposit.state === 'settled') return
    const left = deposit.left()
    await releaseDeposit(tx, deposit.id, { at: tx.now, by: byOf(turn) })
    if (left > 0) await tellCustomer(tx, turn, 'rental_deposit', { left })
  },
}

/** The words of bills, deposits and appeals. */
export const billWords = [
  ...[settle, billCustomer, collect, collectAgain, closeDue, holdDeposit, violations, release],
  ...appealWords,
] as FlowWord[]

/** The customer hears what is asked for, and the flow until when it can be paid. */
async function tellDue(tx: Tx, turn: Turn, rental: Rental): Promise<void> {
  const asked = await askedFor(tx, rental)
  if (!asked) return
  const terms = await termsOf(tx, await bookingById(tx, rental.id))
  await nameTimes(tx, turn.run, terms, { pay_by: await askedUntil(tx, rental) })
  await tellCustomer(tx, turn, 'rental_due', { due: asked.amount, until: asked.payBy })
}
