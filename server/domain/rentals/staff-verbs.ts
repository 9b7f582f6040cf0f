import { chainRoles } from '../../engines/flows/assign.ts'
import { liveSteps, runOf, turnOf } from '../../engines/flows/flows.ts'
import { person } from '../../engines/flows/guards.ts'
import { plainCode } from '../../engines/forms/asset-field.ts'
import type { RentalVerbs } from '../../engines/staff/rentals.ts'
import { holdsRole } from '../../engines/staff/roster.ts'
import type { Staff } from '../../engines/staff/staff.ts'
import { HOUR } from '../../lib/clock.ts'
import { Conflict, Forbidden, Invalid, NotFound } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { Asset } from '../assets/asset.ts'
import { assetByCode } from '../assets/assets.ts'
import { Booking } from '../bookings/booking.ts'
import { hurryByStaff, mayHurry } from './hurry.ts'
import { Rental } from './rental.ts'
import { rentalFlow } from './rentals.ts'
import { TYPED } from './same-violation.ts'
import { alikeAt, rentalAt, reportViolations } from './violations.ts'

const NUMBER = /^R\d{6}-?[0-9A-Z]{5}$/
const TAIL = /^[0-9A-Z]{5}$/

/** What rentals lend to those who work for a store in the chat. */
export const rentalVerbs: RentalVerbs = {
  may: mayTend,

  async lastUse(tx, said) {
    const { asset, rental } = await meant(tx, said)
    const booking = rental
      ? await tx.get(Booking, rental.id)
      : await tx.first(Booking, 'WHERE assetId = ? AND startedAt IS NOT NULL ORDER BY startedAt DESC', [asset.id])
    return { plate: asset.code, at: Math.min(tx.now, booking?.returnedAt ?? tx.now) }
  },

  async violation(tx, { plate, happenedAt }) {
    const { asset } = await meant(tx, plate)
    const rental = await rentalAt(tx, asset, happenedAt)
    return {
      plate: asset.code,
      rental: rental?.number ?? null,
      late: rental !== undefined && rental.endedAt !== null,
      alike: await alikeAt(tx, asset, happenedAt, HOUR / 2),
    }
  },

  async report(tx, staff, { plate, ...violation }) {
    await guard(tx, staff)
    const { taken } = await reportViolations(tx, {
      ...{ source: TYPED, code: plate, by: person(staff), violations: [violation] },
    })
    return taken[0]?.status === 'accepted'
  },

  async hurry(tx, staff, said) {
    await guard(tx, staff)
    const { asset, rental } = await meant(tx, said)
    const open = rental ? [rental] : await openOf(tx, asset)
    for (const one of open) if (await mayHurry(tx, one)) return hurried(tx, staff, one)
    throw new Conflict('rental_no_hurry')
  },
}

async function hurried(tx: Tx, staff: Staff, rental: Rental): Promise<{ number: string; step: string }> {
  await hurryByStaff(tx, rental, staff)
  const run = await runOf(tx, rental.id)
  const [step] = run ? await liveSteps(tx, run.id) : []
  return { number: rental.number, step: step ? (await turnOf(tx, step.id)).definition.title : '' }
}

/** Whoever has a step of the flow of rentals, or hears of it when it is late. */
async function mayTend(tx: Tx, staff: Staff): Promise<boolean> {
  const flow = rentalFlow()
  if (!flow) return false
  const roles = new Set([...flow.steps.flatMap(({ role }) => role || []), ...chainRoles(flow)])
  for (const role of roles) if (await holdsRole(tx, staff.id, role)) return true
  return false
}

async function guard(tx: Tx, staff: Staff): Promise<void> {
  if (!(await mayTend(tx, staff))) throw new Forbidden('rental_not_yours')
}

/** The car, and with a rental's number the rental, that a text stands for. Throws NotFound, Invalid. */
async function meant(tx: Tx, said: string): Promise<{ asset: Asset; rental?: Rental }> {
  const code = plainCode(said)
  const rental = await byNumber(tx, code)
  const booking = rental && (await tx.get(Booking, rental.id))
  const asset = booking ? await tx.get(Asset, booking.assetId) : await assetByCode(tx, code)
  if (!asset) throw new NotFound('rental_unknown', { said })
  return { asset, rental }
}

async function byNumber(tx: Tx, code: string): Promise<Rental | undefined> {
  if (NUMBER.test(code)) return tx.first(Rental, 'WHERE number = ?', [`${code.slice(0, 7)}-${code.slice(-5)}`])
  if (!TAIL.test(code)) return undefined
  const alike = await tx.find(Rental, 'WHERE number LIKE ? ORDER BY id DESC LIMIT 2', [`%-${code}`])
  if (alike.length > 1) throw new Invalid('number', 'number_twice', { number: code })
  return alike[0]
}

/** The rentals of a car that are not over, those that begin first before the others. */
function openOf(tx: Tx, { id }: Asset): Promise<Rental[]> {
  return tx.find(
    Rental,
    'WHERE endedAt IS NULL AND id IN (SELECT id FROM bookings WHERE assetId = ?) ORDER BY id LIMIT 20',
    [id],
  )
}
