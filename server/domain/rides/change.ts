import { NotFound } from '../../lib/errors.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { Asset, type EventData } from '../assets/asset.ts'
import { recordAssetEvent } from '../assets/assets.ts'
import type { EventType } from '../assets/states.ts'
import { Ride } from './ride.ts'

/** Writes a change of a ride if it is still as it was read; otherwise the transaction runs again. */
export async function changeRide(tx: Tx, ride: Ride, changes: Partial<Ride>): Promise<void> {
  const next = { ...changes, version: ride.version + 1 }
  if (!(await tx.update(Ride, ride.id, next, { version: ride.version }))) throw new LostRace()
  Object.assign(ride, next)
}

/** A customer's own ride; throws NotFound. */
export async function ownRide(tx: Tx, customerId: string, id: string): Promise<Ride> {
  const ride = await tx.get(Ride, id)
  if (ride?.customerId !== customerId) throw new NotFound('ride')
  return ride
}

/** The ride that a customer is on, if they are on one. */
export function openRideOf(tx: Tx, customerId: string): Promise<Ride | undefined> {
  return tx.first(Ride, `WHERE customerId = ? AND state IN ('unlocking', 'riding') ORDER BY id DESC`, [customerId])
}

/** The ride that runs on a vehicle, if one does. */
export function openRideOn(tx: Tx, assetId: string): Promise<Ride | undefined> {
  return tx.first(Ride, 'WHERE openOn = ?', [assetId])
}

/** The vehicle of a ride. */
export async function assetOf(tx: Tx, { assetId }: Pick<Ride, 'assetId'>): Promise<Asset> {
  const asset = await tx.get(Asset, assetId)
  if (!asset) throw new NotFound('asset')
  return asset
}

type Happened = 'reserved' | 'started' | 'ended' | 'dropped' | 'opened_late' | 'closed_late'

/** Writes down what a ride has made happen to its vehicle, once, after all that is known of it. */
export async function noteTrip(
  tx: Tx,
  ride: Pick<Ride, 'id'>,
  asset: Asset,
  what: Happened,
  { types, at, data }: { types: [EventType, ...EventType[]]; at: number; data?: Omit<EventData, 'types'> },
): Promise<boolean> {
  return recordAssetEvent(tx, asset, {
    id: `ride:${ride.id}:${what}`,
    types,
    occurredAt: Math.max(at, asset.stateAt + 1),
    doneBy: 'ride',
    data,
  })
}
