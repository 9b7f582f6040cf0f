import { record } from '../../engines/events/events.ts'
import { MINUTE } from '../../lib/clock.ts'
import { Conflict, NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { readableNumber } from '../../lib/numbers.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import type { Asset } from '../assets/asset.ts'
import { assetByCode } from '../assets/assets.ts'
import { assetOf, changeRide, noteTrip, openRideOf, openRideOn, ownRide } from './change.ts'
import { about } from './pay.ts'
import { LockCommand, Ride } from './ride.ts'
import { planFor, termsById } from './terms.ts'
import { mayStart } from './zones.ts'

const ZONE = 'Asia/Shanghai'
/** A lock service that says nothing for so long after its time is not waited for: the rider is free again. */
const GIVE_UP_MS = 10 * MINUTE

/** Why this customer cannot ride this vehicle now, or undefined. */
export async function whyNot(tx: Tx, customerId: string, asset: Asset): Promise<Conflict | undefined> {
  const open = await openRideOf(tx, customerId)
  if (open) return new Conflict('ride_open', { code: open.code })
  const unpaid = await unpaidRideOf(tx, customerId)
  if (unpaid) return new Conflict('ride_unpaid', { number: unpaid.number, amount: unpaid.amount })
  if (!planFor(asset.kind)) return new Conflict('ride_no_plan')
  if (asset.state !== 'available' || (await openRideOn(tx, asset.id))) return new Conflict('ride_not_free')
  const { lat, lng } = asset
  const place = lat === null || lng === null ? undefined : { lat, lng }
  return mayStart(asset.kind, place, tx.now) ? undefined : new Conflict('ride_no_start')
}

/** A ride of this customer's that is not paid, the oldest. */
export function unpaidRideOf(tx: Tx, customerId: string): Promise<Ride | undefined> {
  return tx.first(Ride, `WHERE customerId = ? AND state = 'ended' ORDER BY id`, [customerId])
}

/**
 * A customer wants to ride the vehicle with this code: it is theirs, and its lock is told to open. Who has begun with it
 * already goes on with that. Throws NotFound, Conflict.
 */
export async function startRide(
  tx: Tx,
  { customerId, code, couponId = null }: { customerId: string; code: string; couponId?: string | null },
): Promise<Ride> {
  const asset = await assetByCode(tx, code)
  if (!asset) throw new NotFound('asset')
  const open = await openRideOf(tx, customerId)
  if (open?.assetId === asset.id) return open
  const objection = await whyNot(tx, customerId, asset)
  if (objection) throw objection
  const meant = planFor(asset.kind)
  if (!meant) throw new Conflict('ride_no_plan')
  const { terms, plan } = meant
  const row = {
    id: newId(tx.now),
    number: readableNumber('R', tx.now, ZONE),
    customerId,
    assetId: asset.id,
    code: asset.code,
    kind: asset.kind,
    state: 'unlocking' as const,
    openFor: customerId,
    openOn: asset.id,
    termsId: terms.id,
    plan: plan.plan,
    couponId,
    cardId: null,
    askedAt: tx.now,
    startedAt: null,
    pausedAt: null,
    endedAt: null,
    endedBy: null,
    lat: null,
    lng: null,
    zone: null,
    zoneResult: null,
    metersBefore: asset.meters,
    meters: 0,
    parts: [],
    fare: 0,
    amount: 0,
    refunded: 0,
    voidFor: null,
    paymentId: null,
    ticketId: null,
    wakeAt: tx.now + terms.body.unlockMs + GIVE_UP_MS,
    version: 0,
  }
  // Another ride of theirs, or of somebody else on this vehicle, was there first: the transaction runs again and says so.
  if (!(await tx.insertOnce(Ride, row))) throw new LostRace()
  const ride = Object.assign(new Ride(), row)
  await noteTrip(tx, ride, asset, 'reserved', { types: ['reservation_start'], at: tx.now })
  await tellLock(tx, ride, 'start', terms.body.unlockMs)
  return ride
}

/** The lock has opened: the ride begins, or goes on. What comes again, or too late, changes nothing for the rider. */
export async function rideUnlocked(tx: Tx, command: LockCommand, at: number): Promise<void> {
  const ride = await rideById(tx, command.rideId)
  if (ride.state === 'void') return openedLate(tx, ride)
  if (command.purpose === 'resume') return resumed(tx, ride, at)
  if (ride.state !== 'unlocking') return
  const { longestMs } = await termsById(tx, ride.termsId)
  const startedAt = Math.max(ride.askedAt, Math.min(at, tx.now))
  await changeRide(tx, ride, { state: 'riding', startedAt, wakeAt: startedAt + longestMs })
  const asset = await assetOf(tx, ride)
  await noteTrip(tx, ride, asset, 'started', { types: ['trip_start'], at: startedAt })
  const { id, customerId, number, code, kind } = ride
  const place = asset.lat === null ? undefined : { lat: asset.lat, lng: asset.lng }
  await record(tx, 'ride.started', {
    by: { type: 'customer', id: customerId },
    subject: about(ride),
    customerId,
    at: startedAt,
    dedupKey: `ride.started:${id}`,
    data: { number, asset: code, kind, place },
  })
}

/** The lock does not open: the ride costs nothing, and the vehicle is free again. */
export async function lockFailed(tx: Tx, command: LockCommand, why: string): Promise<void> {
  const ride = await rideById(tx, command.rideId)
  if (command.purpose === 'start' && ride.state === 'unlocking') await voidRide(tx, ride, why)
}

/** Ends a ride that has not begun. */
export async function voidRide(tx: Tx, ride: Ride, why: string): Promise<void> {
  await changeRide(tx, ride, {
    state: 'void',
    openFor: null,
    openOn: null,
    endedAt: tx.now,
    wakeAt: null,
    voidFor: why.slice(0, 40),
  })
  await noteTrip(tx, ride, await assetOf(tx, ride), 'dropped', { types: ['reservation_cancel'], at: tx.now })
  const { customerId, number, code } = ride
  await record(tx, 'ride.not_begun', {
    by: { type: 'system' },
    subject: about(ride),
    customerId,
    data: { number, asset: code, why },
  })
}

/** The rider changes their mind before the lock has opened; they are free when the service has said that it stays shut. */
export async function cancelUnlocking(tx: Tx, ride: Ride): Promise<void> {
  const [command] = await commandsOf(tx, ride)
  if (!command || command.nextAt === null) return
  const now = { endBy: tx.now, nextAt: tx.now }
  if (!(await tx.update(LockCommand, command.id, now, { state: command.state }))) throw new LostRace()
}

/** The rider locks it for a while and goes on later; its time runs on. Throws Conflict. */
export async function pauseRide(tx: Tx, customerId: string, id: string): Promise<Ride> {
  const ride = await ownRide(tx, customerId, id)
  const { pauseMs } = await termsById(tx, ride.termsId)
  if (ride.state !== 'riding' || ride.startedAt === null) throw new Conflict('ride_over')
  if (pauseMs === undefined) throw new Conflict('ride_no_pause')
  if (ride.pausedAt !== null) return ride
  await changeRide(tx, ride, { pausedAt: tx.now, wakeAt: Math.min(ride.wakeAt ?? tx.now, tx.now + pauseMs) })
  return ride
}

/** The rider goes on: the lock is told to open again. Throws Conflict. */
export async function resumeRide(tx: Tx, customerId: string, id: string): Promise<Ride> {
  const ride = await ownRide(tx, customerId, id)
  if (ride.state !== 'riding') throw new Conflict('ride_over')
  if (ride.pausedAt === null) return ride
  const [last] = await commandsOf(tx, ride)
  const underWay = last?.purpose === 'resume' && last.nextAt !== null
  if (!underWay) {
    const { unlockMs } = await termsById(tx, ride.termsId)
    await changeRide(tx, ride, {})
    await tellLock(tx, ride, 'resume', unlockMs)
  }
  return ride
}

/** What the lock of a ride was told, the last first. */
export function commandsOf(tx: Tx, { id }: Pick<Ride, 'id'>): Promise<LockCommand[]> {
  return tx.find(LockCommand, 'WHERE rideId = ? ORDER BY id DESC', [id])
}

/** How often a customer has ridden, this ride not counted; what was over at once was no ride. */
export async function riddenBefore(tx: Tx, customerId: string, except = ''): Promise<number> {
  const [row] = await tx.query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM rides WHERE customerId = ? AND state IN ('ended', 'paid') AND id <> ?
     AND parts NOT LIKE '%"kind":"grace"%'`,
    [customerId, except],
  )
  return Number(row?.n ?? 0)
}

/** A ride by its id; throws NotFound. */
export async function rideById(tx: Tx, id: string): Promise<Ride> {
  const ride = await tx.get(Ride, id)
  if (!ride) throw new NotFound('ride')
  return ride
}

async function resumed(tx: Tx, ride: Ride, at: number): Promise<void> {
  if (ride.state !== 'riding' || ride.pausedAt === null || ride.startedAt === null || at < ride.pausedAt) return
  const { longestMs } = await termsById(tx, ride.termsId)
  await changeRide(tx, ride, { pausedAt: null, wakeAt: ride.startedAt + longestMs })
}

/** It opened when nobody waited any more: it stands open in the street, and somebody has to look after it. */
async function openedLate(tx: Tx, ride: Ride): Promise<void> {
  const asset = await assetOf(tx, ride)
  if (await openRideOn(tx, asset.id)) return
  await noteTrip(tx, ride, asset, 'opened_late', { types: ['unspecified_stop'], at: tx.now })
}

async function tellLock(tx: Tx, ride: Ride, purpose: LockCommand['purpose'], unlockMs: number): Promise<void> {
  await tx.insert(LockCommand, {
    id: newId(tx.now),
    rideId: ride.id,
    code: ride.code,
    purpose,
    state: 'asked',
    attempts: 0,
    askedAt: tx.now,
    endBy: tx.now + unlockMs,
    nextAt: tx.now,
    failure: null,
  })
}
