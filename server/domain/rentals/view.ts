import { picturePath, picturesOf } from '../../engines/files/files.ts'
import { liveSteps, runOf, turnOf } from '../../engines/flows/flows.ts'
import type { FlowRun } from '../../engines/flows/run.ts'
import { HOUR } from '../../lib/clock.ts'
import { NotFound } from '../../lib/errors.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { Asset } from '../assets/asset.ts'
import type { Booking } from '../bookings/booking.ts'
import { bookingById, termsOf } from '../bookings/bookings.ts'
import { storeOf } from '../bookings/rental-file.ts'
import { depositOf } from '../payments/deposits.ts'
import { paymentsOf } from '../payments/payments.ts'
import { isDisputable } from './appeals.ts'
import { contractsOf } from './contracts.ts'
import { foundIn } from './handover.ts'
import { mayUrge } from './hurry.ts'
import { judgePapers, papersOfDriver } from './papers.ts'
import { type Inspection, Rental, type ShotTaken } from './rental.ts'
import { subjectOf } from './rentals.ts'
import { rulesOf } from './rules.ts'
import type { Bill } from './settlement.ts'

const WORDS = 'messages/rentals'
/** How long a picture's link in an answer holds; it changes only once an hour. */
const LINK_MS = 2 * HOUR

/** A rental as its customer sees it. */
export type RentalView = Awaited<ReturnType<typeof rentalView>>

/** With what a rental is shown. */
export interface Seen {
  words: Words
  /** Whether WeChat has admitted the merchant to pay score. */
  score: boolean
}

/** A rental of this customer; throws NotFound. */
export async function rentalFor(tx: Tx, customerId: string, id: string): Promise<Rental> {
  const rental = await tx.get(Rental, id)
  if (rental?.customerId !== customerId) throw new NotFound('rental_missing')
  return rental
}

/** A rental as its customer sees it: how it stands, what comes next, papers, contract, pictures, bill. */
export async function rentalView(tx: Tx, { words, score }: Seen, rental: Rental) {
  const booking = await bookingById(tx, rental.id)
  const run = await runOf(tx, rental.id)
  const terms = await termsOf(tx, booking)
  const asset = await tx.get(Asset, booking.assetId)
  const rules = await rulesOf(tx, rental.rulesId)
  const papers = judgePapers(await papersOfDriver(tx, rental.customerId, rules), rules, booking)
  const contracts = await contractsOf(tx, rental.id)
  const pending = run && !rental.pickup ? foundIn(run) : undefined
  const stage = run && (await stageOf(tx, run))
  const waits = stage?.for ?? []
  const store = (name: string) => storeOf(terms, name).title
  return {
    id: rental.id,
    number: rental.number,
    state: booking.state,
    plate: asset?.code ?? '',
    ...(stage && { stage: { title: stage.title, progress: stage.progress, since: stage.since } }),
    papers: papers.map(({ kind, why }) => ({ kind, ok: !why, text: why ? words.text(`${WORDS}.papers.${why}`) : '' })),
    contracts: contracts.map(({ id, kind, state, seq, signedAt, hash }) => ({ id, kind, state, seq, signedAt, hash })),
    deposit: await depositLook(tx, rental, booking.returnedAt && booking.returnedAt + terms.violations.hold_for),
    pickup: rental.pickup
      ? await inspectionLook(tx, rental.pickup, store)
      : pending && { ...pending, shots: await shotLooks(tx, pending.shots), signed: false },
    giveback: rental.giveback && (await inspectionLook(tx, rental.giveback, store)),
    bill: rental.bill && billLook(words, rental.bill, rental),
    help: { form: 'car_fault', car: asset?.code ?? '' },
    can: {
      sign: isSignable(booking) && papers.every(({ why }) => !why),
      accept_car: waits.includes('handover.signed'),
      sign_giveback: rental.giveback !== null && rental.giveback.signatureId === null,
      return: booking.state === 'running' && waits.includes('rental.return_asked'),
      extend: booking.state === 'confirmed' || booking.state === 'running',
      confirm: rental.billState === 'asked',
      dispute: await isDisputable(tx, rental),
      help: booking.state === 'running',
      score: score && terms.waiver.pay_score && (await depositOf(tx, subjectOf(rental)))?.state === 'due',
      urge: await mayUrge(tx, rental),
    },
  }
}

/** What a bill says, each line in words. */
export function billLook(
  words: Words,
  { lines, total, fromDeposit, due }: Bill,
  rental: Pick<Rental, 'billState' | 'billedAt' | 'paymentId' | 'appealId'>,
) {
  return {
    state: rental.billState,
    lines: lines.map(({ kind, amount, about }) => ({ title: words.text(`${WORDS}.lines.${kind}`, about), amount })),
    ...{ total, fromDeposit, due, at: rental.billedAt, payment: rental.paymentId, ticket: rental.appealId },
  }
}

function isSignable({ state }: Booking): boolean {
  return state === 'confirmed' || state === 'running'
}

/** What is going on now, and the events for which it waits. */
async function stageOf(tx: Tx, run: FlowRun) {
  const [step] = await liveSteps(tx, run.id)
  if (!step) return undefined
  const { definition } = await turnOf(tx, step.id)
  const { title, progress, wait } = definition
  return { title, progress, since: step.openedAt, for: wait ? [wait.for].flat() : [] }
}

/** The deposit of a rental; until it is let go, it is kept until violations are known. */
async function depositLook(tx: Tx, rental: Rental, keptUntil: number | null) {
  const subject = subjectOf(rental)
  const deposit = await depositOf(tx, subject)
  if (!deposit) return null
  const { state, amount, deducted, refunded, waived, scoreNumber, releaseAt: letGoAt } = deposit
  const releaseAt = letGoAt ?? (state === 'held' ? keptUntil : null)
  const payment = (await paymentsOf(tx, subject)).find(({ purpose }) => purpose === 'deposit')
  return {
    ...{ state, amount, deducted, refunded, releaseAt, left: deposit.left(), payment: payment?.id ?? null },
    byScore: waived === 'pay_score',
    /** WeChat was asked to vouch: whoever comes back from its page may have agreed. */
    asked: state === 'due' && scoreNumber !== null,
  }
}

async function inspectionLook(tx: Tx, inspection: Inspection, store: (name: string) => string) {
  const { at, odometer, fuel, note, place, signatureId } = inspection
  return {
    ...{ at, odometer, fuel, note, place, store: store(inspection.store), signed: signatureId !== null },
    shots: await shotLooks(tx, inspection.shots),
  }
}

async function shotLooks(tx: Tx, shots: ShotTaken[]) {
  const until = Math.ceil((tx.now + LINK_MS) / HOUR) * HOUR
  const rows = await picturesOf(
    tx,
    shots.map(({ pictureId }) => pictureId),
  )
  const at = new Map(rows.map((row) => [row.id, row]))
  return shots.map(({ shot, title, pictureId }) => {
    const row = at.get(pictureId)
    return { shot, title, at: row?.createdAt ?? null, url: row?.isVisible() ? picturePath(pictureId, until) : '' }
  })
}
