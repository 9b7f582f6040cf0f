import { DateTime } from 'luxon'
import { record, SYSTEM } from '../../engines/events/events.ts'
import type { Flow } from '../../engines/flows/flow.ts'
import { cancelRun, changeRun, runOf, signalFlows, startFlow } from '../../engines/flows/flows.ts'
import { calendarOf } from '../../engines/flows/ladder.ts'
import { OWN_LISTS, type OwnLists } from '../../engines/flows/own-lists.ts'
import type { FlowRun } from '../../engines/flows/run.ts'
import { groupedYuan, maskName, maskPhone } from '../../lib/format.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { Asset } from '../assets/asset.ts'
import type { Booking } from '../bookings/booking.ts'
import { bookingById, termsOf } from '../bookings/bookings.ts'
import { modelOf, shotsOf, storeOf } from '../bookings/rental-file.ts'
import type { Shot, Terms } from '../bookings/terms.ts'
import { customerById } from '../customers/customers.ts'
import { isSigned } from './contracts.ts'
import { dropDeposit, isDepositSettled, openRentalDeposit } from './deposit.ts'
import { showMissingAgain } from './missing.ts'
import { Rental } from './rental.ts'
import { hasRules, rulesNow } from './rules.ts'

/** The flow that runs a rental, by its name in the packs. */
export const RENTAL_FLOW = 'rental'
/** What cards say of the rental; their words stand under cards/facts. */
const TOLD = ['rental', 'rental_back']
/** The names of the lists that a booking brings to its flow. */
export const SHOTS = 'shots'
export const DAMAGE = 'damage'

type FindFlow = () => { id: string; body: Flow } | undefined
let findFlow: FindFlow = () => undefined

/** Hands over where the flow of rentals is found. */
export function useRentalFlow(find: FindFlow): void {
  findFlow = find
}

/** The flow that runs rentals from now on. */
export function rentalFlow(): Flow | undefined {
  return findFlow()?.body
}

/** What a booking's change means for its rental: it begins when it is confirmed, and ends when it is called off. */
export async function hearOfBooking(tx: Tx, booking: Booking): Promise<void> {
  if (booking.state === 'confirmed') await openRental(tx, booking)
  else if (booking.state === 'cancelled' || booking.state === 'no_show') await stopRental(tx, booking)
}

/** Opens what happens in a booking, once: its deposit is asked for, the store gets to work in time. */
export async function openRental(tx: Tx, booking: Booking): Promise<Rental | undefined> {
  const flow = findFlow()
  if (!flow || !hasRules()) return undefined
  const known = await tx.get(Rental, booking.id)
  if (known) return known
  const { id: rulesId, body: rules } = rulesNow()
  const terms = await termsOf(tx, booking)
  const row = {
    ...{ id: booking.id, customerId: booking.customerId, number: booking.number, rulesId, runId: null },
    ...{ pickup: null, giveback: null, bill: null, billState: 'none' as const, billedAt: null, paymentId: null },
    ...{ appealId: null, createdAt: tx.now, endedAt: null, version: 0 },
  }
  if (!(await tx.insertOnce(Rental, row))) throw new LostRace()
  const rental = Object.assign(new Rental(), row)
  await openRentalDeposit(tx, booking, terms, rules)
  const prepareAt = Math.max(tx.now, calendarOf(flow.body).before(booking.fromAt, rules.prepare_before))
  const run = await startFlow(tx, {
    definitionId: flow.id,
    subject: subjectOf(rental),
    customerId: booking.customerId,
    facts: await factsOf(tx, booking, terms),
    // With `at`, so that a wait can end at a time that is named here.
    answers: { ...times(terms, { from: booking.fromAt, until: booking.untilAt, prepare_at: prepareAt }), at: tx.now },
    tier: booking.tier,
    about: { [OWN_LISTS]: listsOf(terms, booking.model), model: booking.model, store: booking.storeId },
  })
  await changeRental(tx, rental, { runId: run.id })
  return rental
}

/** A booking that is called off needs nothing more: its flow ends, its deposit goes back. */
async function stopRental(tx: Tx, booking: Booking): Promise<void> {
  const rental = await tx.get(Rental, booking.id)
  if (!rental || rental.endedAt !== null) return
  const run = await runOf(tx, rental.id)
  if (run?.state === 'running') await cancelRun(tx, run, SYSTEM, booking.state)
  await dropDeposit(tx, rental, SYSTEM)
  await tx.run(`UPDATE contracts SET state = 'void' WHERE rentalId = ? AND state = 'open'`, [rental.id])
  await changeRental(tx, rental, { endedAt: tx.now })
}

/** A booking has another end: what waits for the end waits for that one. */
export async function hearOfExtension(tx: Tx, bookingId: string): Promise<void> {
  const rental = await tx.get(Rental, bookingId)
  const run = rental && (await runOf(tx, bookingId))
  if (!rental || run?.state !== 'running') return
  const booking = await bookingById(tx, bookingId)
  const terms = await termsOf(tx, booking)
  await nameTimes(tx, run, terms, { until: booking.untilAt })
  await changeRun(tx, run, { facts: await factsOf(tx, booking, terms, run.facts) })
  await tell(tx, rental, 'rental.extended', { extended: true })
}

/** Says that papers, contract and deposit are all there, once they are. */
export async function tellReady(tx: Tx, rental: Rental): Promise<void> {
  await showMissingAgain(tx, rental)
  if (!(await isSigned(tx, rental.id)) || !(await isDepositSettled(tx, rental.id))) return
  const dedupKey = `rental.ready:${rental.id}`
  await record(tx, 'rental.ready', { ...about(rental), by: SYSTEM, data: { number: rental.number }, dedupKey })
  await signalFlows(tx, subjectOf(rental), 'rental.ready')
}

/** Records that something happened in a rental and tells its flow of it, under the same name. */
export async function tell(tx: Tx, rental: Rental, name: string, data: Record<string, unknown> = {}): Promise<void> {
  await record(tx, name, { ...about(rental), by: SYSTEM, data: { number: rental.number, ...data } })
  await signalFlows(tx, subjectOf(rental), name, data)
}

/** Lets waits of a run end at times that are known only now: each is an answer `form.<name>`. */
export async function nameTimes(tx: Tx, run: FlowRun, terms: Terms, named: Record<string, number>): Promise<void> {
  const form = { ...run.answers.form, ...times(terms, named), at: tx.now }
  await changeRun(tx, run, { answers: { ...run.answers, form } })
}

/** Writes a change of a rental if it is still as it was read; otherwise the transaction runs again. */
export async function changeRental(tx: Tx, rental: Rental, changes: Partial<Rental>): Promise<void> {
  const next = { ...changes, version: rental.version + 1 }
  if (!(await tx.update(Rental, rental.id, next, { version: rental.version }))) throw new LostRace()
  Object.assign(rental, next)
}

/** What flows, payments and documents of a rental are for: its booking. */
export function subjectOf({ id }: Pick<Rental, 'id'>) {
  return { type: 'booking', id }
}

/** What an event of a rental is about. */
export function about(rental: Rental) {
  return { subject: subjectOf(rental), customerId: rental.customerId }
}

/** What cards of the flow show: the car, the times, the stores. */
export async function factsOf(
  tx: Tx,
  booking: Booking,
  terms: Terms,
  before?: FlowRun['facts'],
): Promise<FlowRun['facts']> {
  const [customer, asset] = [await customerById(tx, booking.customerId), await tx.get(Asset, booking.assetId)]
  const model = modelOf(terms, booking.model)
  const [store, back] = [storeOf(terms, booking.storeId), storeOf(terms, booking.returnStoreId)]
  const data = {
    ...{ model: model.title, plate: asset?.code ?? '', from: booking.fromAt, until: booking.untilAt },
    ...{
      store: store.title,
      back: back.title,
      deliver: booking.doors?.deliver !== undefined,
      days: booking.price.days,
    },
  }
  const facts = {
    number: booking.number,
    title: `${terms.title} · ${model.title}`,
    text: '',
    customer: maskName(customer.nickname ?? ''),
    phone: maskPhone(customer.phone ?? ''),
    rows: [],
    safety: 'pass' as const,
    photos: [],
    ...(before?.documents && { documents: before.documents }),
    told: [...TOLD.map((word) => ({ word, data })), ...(before?.told ?? []).filter(({ word }) => !TOLD.includes(word))],
    // The store knows where it is.
    ...(booking.doors?.deliver && { place: booking.doors.deliver }),
    ...(asset && { asset: { id: asset.id, code: asset.code, kind: asset.kind } }),
  }
  return facts
}

/** The pictures that are taken of the car, and the price list of damages, as the flow's forms ask for them. */
function listsOf(terms: Terms, model: string): OwnLists {
  const shots = shotsOf(terms, model).map(({ shot, title, hint }: Shot) => ({
    value: shot,
    label: title,
    ...(hint && { hint }),
  }))
  const damage = terms.damage.map(({ damage: value, title, price }) => ({
    value,
    label: title,
    hint: `￥${groupedYuan(price)}`,
  }))
  return { [SHOTS]: shots, [DAMAGE]: damage }
}

function times({ zone }: Terms, named: Record<string, number>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(named).map(([name, at]) => [name, DateTime.fromMillis(at, { zone }).toFormat('yyyy-MM-dd HH:mm')]),
  )
}
