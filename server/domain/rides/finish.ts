import { record } from '../../engines/events/events.ts'
import { enqueue } from '../../engines/messages/outbox.ts'
import { MINUTE } from '../../lib/clock.ts'
import type { Tx } from '../../lib/tx.ts'
import type { EventData } from '../assets/asset.ts'
import { partsOf } from './bill.ts'
import { assetOf, changeRide, noteTrip } from './change.ts'
import { sumOf } from './parts.ts'
import { about, askForRide, bookRide } from './pay.ts'
import type { EndedBy, Ride } from './ride.ts'
import { termsById } from './terms.ts'
import { endingAt } from './zones.ts'

/** How a ride came to its end. */
export interface Ending {
  at: number
  by: EndedBy
  place?: { lat: number; lng: number; stationId?: string | null }
  /** How far the vehicle has gone in all. */
  meters?: number
  battery?: number
  /** Nobody has seen its lock shut. */
  open?: true
}

/** Ends a ride: where, how long and how far, what it comes to and why, and that the rider is asked for it and told. */
export async function finishRide(tx: Tx, ride: Ride, ending: Ending): Promise<void> {
  if (ride.state !== 'riding' || ride.startedAt === null) return
  const terms = await termsById(tx, ride.termsId)
  const plan = terms.plans.find((one) => one.plan === ride.plan)
  if (!plan) throw new Error(`the terms ${ride.termsId} have no plan ${ride.plan}`)
  const asset = await assetOf(tx, ride)
  const last =
    asset.lat === null || asset.lng === null ? undefined : { lat: asset.lat, lng: asset.lng, ...station(asset) }
  const place = ending.place ?? last
  const endedAt = Math.max(ride.startedAt, Math.min(ending.at, tx.now))
  // Where nobody has seen it end, nothing is held against the rider.
  const { zone, result } = ending.open ? { zone: null, result: 'fine' as const } : endingAt(ride.kind, place, endedAt)
  const meters = Math.max(0, (ending.meters ?? ride.metersBefore) - ride.metersBefore)
  Object.assign(ride, { endedAt, meters })
  const { parts, fare, cardId } = await partsOf(tx, ride, { terms, plan, result })
  const amount = Math.max(0, sumOf(parts))
  await changeRide(tx, ride, {
    state: amount > 0 ? 'ended' : 'paid',
    openFor: null,
    openOn: null,
    endedAt,
    endedBy: ending.by,
    pausedAt: null,
    lat: place?.lat ?? null,
    lng: place?.lng ?? null,
    zone,
    zoneResult: result,
    meters,
    parts,
    fare,
    amount,
    cardId,
    wakeAt: null,
  })
  await bookRide(tx, ride)
  if (amount > 0) {
    const { id } = await askForRide(tx, ride, plan.title, tx.now + terms.payMs)
    await changeRide(tx, ride, { paymentId: id })
  }
  const data: EventData = { place: ending.place && spot(ending.place), meters: ending.meters, battery: ending.battery }
  const types = ending.open ? (['trip_end', 'unspecified_stop'] as const) : (['trip_end'] as const)
  await noteTrip(tx, ride, asset, 'ended', { types: [...types], at: endedAt, data })
  await tell(tx, ride, endedAt - ride.startedAt)
}

async function tell(tx: Tx, ride: Ride, ms: number): Promise<void> {
  const { id, customerId, number, code, kind, amount, meters, parts, zone, zoneResult, endedBy, lat, lng } = ride
  const minutes = Math.ceil(ms / MINUTE)
  const place = lat === null || lng === null ? undefined : { lat, lng }
  await record(tx, 'ride.ended', {
    by: { type: 'customer', id: customerId },
    subject: about(ride),
    customerId,
    at: ride.endedAt ?? tx.now,
    dedupKey: `ride.ended:${id}`,
    data: { number, asset: code, kind, minutes, meters, amount, place, zone, zone_result: zoneResult, by: endedBy },
  })
  const free = parts.find(({ kind }) => kind === 'first' || kind === 'card' || kind === 'grace' || kind === 'coupon')
  const fee = parts.find(({ kind }) => kind === 'no_parking' || kind === 'out_of_area')
  await enqueue(tx, {
    key: `ride:${id}`,
    channel: 'customer',
    to: customerId,
    kind: 'ride',
    subjectId: id,
    data: {
      number,
      minutes,
      amount,
      endedBy,
      at: ride.endedAt,
      free: free?.kind ?? '',
      title: free?.title ?? '',
      off: -(free?.amount ?? 0),
      fee: fee?.kind ?? '',
      feeAmount: fee?.amount ?? 0,
    },
  })
}

function station({ stationId }: { stationId: string | null }) {
  return stationId === null ? {} : { stationId }
}

function spot({ lat, lng, stationId }: NonNullable<Ending['place']>) {
  return { lat, lng, ...(stationId && { stationId }) }
}
