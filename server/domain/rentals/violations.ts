import { type Actor, record, SYSTEM } from '../../engines/events/events.ts'
import { changeRun, liveSteps, runOf, turnOf } from '../../engines/flows/flows.ts'
import type { FlowRun } from '../../engines/flows/run.ts'
import { waitsFor } from '../../engines/flows/wait.ts'
import { touchCards } from '../../engines/messages/outbox.ts'
import { NotFound } from '../../lib/errors.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import type { Asset } from '../assets/asset.ts'
import { assetByCode } from '../assets/assets.ts'
import { Rental } from './rental.ts'
import { about, tell } from './rentals.ts'
import { isSame, joins, ofMinute, slotOf } from './same-violation.ts'
import { RentalViolation, type Violation } from './violation.ts'

/** What a flow waits for: another system has looked after all violations of a rental. */
const REPORTED = 'violations.reported'
/** Under this name templates/cards/facts.yaml has the words for what cards show of them. */
const FACT = 'violations'

/** What became of a violation: whose it is, and whether that rental is over already. */
export interface Taken {
  id: string
  status: 'accepted' | 'duplicate'
  rental: string | null
  late: boolean
}

interface Report {
  source: string
  /** The plate. */
  code: string
  violations: Violation[]
  /** Who tells of them, where it is no system. */
  by?: Actor
  /** Up to then all violations of this car are known. */
  checkedUntil?: number
}

/**
 * Takes the violations of a car that another system reports, each once, to the rental in which they happened. A rental
 * that ended before the time up to which everything is known goes on: without violations by itself. Returns what became
 * of each, and the numbers of the rentals that went on. Throws NotFound.
 */
export async function reportViolations(tx: Tx, report: Report): Promise<{ taken: Taken[]; checked: string[] }> {
  const asset = await assetByCode(tx, report.code)
  if (!asset) throw new NotFound('asset')
  const taken: Taken[] = []
  for (const violation of report.violations) taken.push(await take(tx, asset, report, violation))
  const checked: string[] = []
  if (report.checkedUntil !== undefined)
    for (const rental of await endedBy(tx, asset, report.checkedUntil))
      if (await goesOn(tx, rental)) checked.push(rental.number)
  return { taken, checked }
}

async function take(tx: Tx, asset: Asset, { source, by = SYSTEM }: Report, violation: Violation): Promise<Taken> {
  const { id: number, happenedAt, fine, points, reason = null, place = null } = violation
  const id = `${source}:${number}`
  const minute = await ofMinute(tx, asset, happenedAt)
  const named = await tx.first(RentalViolation, 'WHERE id = ? OR otherId = ?', [id, id])
  const known = named ?? minute.find((one) => isSame(one, { source, reason }))
  const rental = known ? await rentalOf(tx, known.rentalId) : await rentalAt(tx, asset, happenedAt)
  const told = { id: number, rental: rental?.number ?? null, late: rental !== undefined && rental.endedAt !== null }
  if (known) {
    if (known !== named && (await joins(tx, known, { id, source, violation })) && rental) await show(tx, rental)
    return { ...told, status: 'duplicate' }
  }
  const row = { id, assetId: asset.id, rentalId: rental?.id ?? null, happenedAt, fine, points, reason, place }
  const slot = slotOf(asset, happenedAt, minute)
  if (!(await tx.insertOnce(RentalViolation, { ...row, reportedAt: tx.now, slot, otherId: null }))) throw new LostRace()
  if (rental) {
    const data = { number: rental.number, at: happenedAt, fine, points, late: rental.endedAt !== null }
    await record(tx, 'rental.violation', { ...about(rental), by, data })
    await show(tx, rental)
  }
  return { ...told, status: 'accepted' }
}

/** Whoever works on the rental sees what is known. */
async function show(tx: Tx, rental: Rental): Promise<void> {
  const run = await runOf(tx, rental.id)
  if (run?.state !== 'running') return
  const sum = await sumOf(tx, rental)
  const told = (run.facts.told ?? []).filter(({ word }) => word !== FACT)
  await changeRun(tx, run, { facts: { ...run.facts, told: [...told, { word: FACT, data: sum }] } })
  for (const step of await liveSteps(tx, run.id)) await touchCards(tx, step.id)
}

/** Lets the flow of a rental go on that waits for its violations; false where it does not. */
async function goesOn(tx: Tx, rental: Rental): Promise<boolean> {
  const run = await runOf(tx, rental.id)
  if (run?.state !== 'running' || !(await waits(tx, run))) return false
  const sum = await sumOf(tx, rental)
  await tell(tx, rental, REPORTED, { ...sum, clean: sum.count === 0 })
  return true
}

async function waits(tx: Tx, run: FlowRun): Promise<boolean> {
  for (const { id } of await liveSteps(tx, run.id))
    if (waitsFor((await turnOf(tx, id)).definition.wait, REPORTED)) return true
  return false
}

async function sumOf(tx: Tx, { id }: Rental): Promise<{ count: number; fines: number; points: number }> {
  const [row] = await tx.query<{ count: number; fines: number | null; points: number | null }>(
    'SELECT COUNT(*) AS count, SUM(fine) AS fines, SUM(points) AS points FROM rental_violations WHERE rentalId = ?',
    [id],
  )
  return { count: Number(row?.count ?? 0), fines: Number(row?.fines ?? 0), points: Number(row?.points ?? 0) }
}

async function rentalOf(tx: Tx, id: string | null): Promise<Rental | undefined> {
  return id === null ? undefined : tx.get(Rental, id)
}

/** How many violations of a car are known from about that time. */
export async function alikeAt(tx: Tx, { id }: Asset, at: number, within: number): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    'SELECT COUNT(*) AS count FROM rental_violations WHERE assetId = ? AND happenedAt BETWEEN ? AND ?',
    [id, at - within, at + within],
  )
  return Number(row?.count ?? 0)
}

/** Who had the car at that time. */
export async function rentalAt(tx: Tx, asset: Asset, at: number): Promise<Rental | undefined> {
  const [row] = await tx.query<{ id: string }>(
    `SELECT id FROM bookings WHERE assetId = ? AND startedAt <= ? AND (returnedAt IS NULL OR returnedAt >= ?)
     ORDER BY startedAt DESC LIMIT 1`,
    [asset.id, at, at],
  )
  return row && (await tx.get(Rental, row.id))
}

/** The rentals of a car that were over by then and are not closed yet. */
function endedBy(tx: Tx, asset: Asset, at: number): Promise<Rental[]> {
  return tx.find(
    Rental,
    `WHERE endedAt IS NULL AND id IN (SELECT id FROM bookings WHERE assetId = ? AND returnedAt <= ?) ORDER BY id`,
    [asset.id, at],
  )
}
