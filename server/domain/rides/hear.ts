import { takeOnce } from '../../engines/messages/outbox.ts'
import type { Tx } from '../../lib/tx.ts'
import type { LockEvent } from '../../platforms/lock.ts'
import type { Asset } from '../assets/asset.ts'
import { assetByCode } from '../assets/assets.ts'
import { noteTelemetry } from '../assets/telemetry.ts'
import { noteTrip } from './change.ts'
import { hearCommand } from './commands.ts'
import { finishRide } from './finish.ts'
import { LockCommand, type Ride } from './ride.ts'
import { commandsOf, rideById } from './rides.ts'

/**
 * Takes what a lock has told, once. Whenever and in whatever order it comes: a lock that has shut has been open, and what
 * belongs to a ride that is over does not end another one.
 */
export async function hearLock(tx: Tx, event: LockEvent): Promise<void> {
  if (!(await takeOnce(tx, `lock:${event.id}`))) return
  const { type, command, at, code } = event
  if (type === 'unlocked' && command) await hearCommand(tx, command, { state: 'done', at })
  if (type === 'failed' && command) await hearCommand(tx, command, { state: 'failed', at, code })
  if (type === 'locked' && command) await shut(tx, command, event)
  const asset = await assetByCode(tx, event.lock)
  if (asset) await noteTelemetry(tx, asset, event)
}

async function shut(tx: Tx, id: string, event: LockEvent): Promise<void> {
  // That it has opened was not heard, or is not yet.
  await hearCommand(tx, id, { state: 'done', at: event.opened_at ?? event.at })
  const command = await tx.get(LockCommand, id)
  const asset = await assetByCode(tx, event.lock)
  if (!command || !asset) return
  const ride = await rideById(tx, command.rideId)
  if (ride.assetId !== asset.id) return
  if (ride.state !== 'riding') return shutLate(tx, ride, asset, event)
  // A pause has shut it; the ride goes on, or went on meanwhile by a newer command.
  const [last] = (await commandsOf(tx, ride)).filter(({ state }) => state === 'done')
  if (ride.pausedAt !== null || last?.id !== command.id) return
  const { at, place, meters, battery } = event
  await finishRide(tx, ride, {
    at,
    by: 'lock',
    place: place && { ...place, ...(await standsAt(tx, place)) },
    meters,
    battery,
  })
}

/** The ride was ended without it: what stands shut again can be ridden again. */
async function shutLate(tx: Tx, ride: Ride, asset: Asset, { at }: LockEvent): Promise<void> {
  if (asset.causes.includes('other'))
    await noteTrip(tx, ride, asset, 'closed_late', { types: ['unspecified_resume'], at })
}

/** The station at which something stands, within some steps. */
async function standsAt(tx: Tx, { lat, lng }: { lat: number; lng: number }): Promise<{ stationId?: string }> {
  const [near] = await tx.query<{ id: string }>(
    `SELECT id FROM assets WHERE capacity IS NOT NULL AND lat BETWEEN ? AND ? AND lng BETWEEN ? AND ?
     ORDER BY (lat - ?) * (lat - ?) + (lng - ?) * (lng - ?) LIMIT 1`,
    [lat - STEPS, lat + STEPS, lng - STEPS, lng + STEPS, lat, lat, lng, lng],
  )
  return near ? { stationId: near.id } : {}
}

/** About thirty metres. */
const STEPS = 0.0003
