import { z } from 'zod'
import { type Actor, record } from '../../engines/events/events.ts'
import { startFlow } from '../../engines/flows/flows.ts'
import type { FlowSubject, FlowWord, Turn } from '../../engines/flows/hooks.ts'
import type { Facts, FlowRun } from '../../engines/flows/run.ts'
import type { Shelf } from '../../engines/packs/shelf.ts'
import { opened } from '../../lib/crypto.ts'
import type { Tx } from '../../lib/tx.ts'
import { Asset, AssetEvent } from './asset.ts'
import { assetByCode, recordAssetEvent } from './assets.ts'
import { fleet, type Plan } from './fleet.ts'
import type { OpenWork } from './maintenance.ts'
import type { EventType } from './states.ts'

const DESTINATIONS = ['available', 'renter', 'workshop', 'scrap'] as const
type Destination = (typeof DESTINATIONS)[number]

const ARRIVALS: Record<Destination, EventType> = {
  available: 'maintenance_end',
  // Back to whoever rents it, if somebody still does; else it is free.
  renter: 'maintenance_end',
  workshop: 'maintenance_pick_up',
  scrap: 'decommissioned',
}

const takeOut: FlowWord<{ reason?: string }> = {
  name: 'take_asset_out',
  args: z.strictObject({ reason: z.string().min(1).max(200).optional() }),
  async run(tx, turn, { reason }) {
    await reportFor(tx, turn, 'out', 'maintenance_start', { reason: reason ?? turn.run.facts.title })
  },
}

const giveBack: FlowWord<{ to: Destination | { from: string } }> = {
  name: 'return_asset',
  args: z.strictObject({
    /** Where it goes, or the field of the step's form in which that was chosen. */
    to: z.union([z.enum(DESTINATIONS), z.strictObject({ from: z.string() })]).default('available'),
  }),
  async run(tx, turn, { to }) {
    const chosen = typeof to === 'string' ? to : opened(turn.step.answers?.[to.from])
    const destination = DESTINATIONS.find((one) => one === chosen) ?? 'available'
    const asset = await assetOf(tx, turn.run)
    if (!asset) return
    // Another case has found something else: it gives the asset back when that is repaired too.
    const free = destination === 'available' || destination === 'renter'
    if (free && (await heldByOthers(tx, asset, turn.run))) {
      return record(tx, 'asset.kept_out', { ...about(asset), by: { type: 'system' }, data: { run: turn.run.id } })
    }
    const drivesOn = destination === 'renter' && (await isStillRented(tx, asset, turn.run))
    await reportFor(tx, turn, destination, ARRIVALS[destination], drivesOn ? { also: 'trip_start' } : {})
  },
}

/** The words that assets lend to the flows. */
export const assetWords = [takeOut, giveBack] as FlowWord[]

/** Work on an asset that no customer asked for: nobody outside hears of it. */
export const assetSubject: FlowSubject = {
  async stepOpened() {},
  async stepFinished() {},
  async questionAsked() {},
  async runEnded() {},
}

/** What tickets want to know of the thing that a customer reports. */
export async function findAsset(tx: Tx, code: string) {
  const asset = await assetByCode(tx, code)
  if (!asset) return undefined
  const { id, kind, lat, lng, state, stateAt, placedAt } = asset
  // On its way, and not heard of since: it is anywhere but there.
  const gone = state === 'on_trip' && (placedAt ?? 0) < stateAt
  const place = lat !== null && lng !== null && !gone ? { lat, lng } : undefined
  return { asset: { id, code: asset.code, kind }, ...(place && { place }) }
}

/** How far it has gone, where that counts, and how often it is looked after; their words stand under cards/facts. */
function toldOf({ meters }: Asset, { every, every_km: km }: Plan): FlowRun['facts']['told'] {
  const gone = { word: 'service_mileage', data: { km: Math.round(meters / 1000) } }
  return [...(km ? [gone] : []), { word: 'service_every', data: { km: km ?? 0, every: every ?? '' } }]
}

/** Opens the work that a plan asks for as a flow of the pack. */
export function maintenanceFlow(shelf: Shelf): OpenWork {
  return async (tx, asset, plan) => {
    const flow = shelf.flows.get(plan.flow)
    if (!flow) throw new Error(`no flow ${plan.flow}`)
    const facts = {
      number: asset.code,
      title: `${fleet().kinds[asset.kind]?.title ?? asset.kind} · ${plan.title}`,
      text: '',
      customer: '',
      phone: '',
      rows: [],
      safety: 'pass' as const,
      photos: [],
      told: toldOf(asset, plan),
      asset: { id: asset.id, code: asset.code, kind: asset.kind },
      ...(asset.lat !== null && asset.lng !== null && { place: { lat: asset.lat, lng: asset.lng } }),
    }
    const subject = { type: 'asset', id: asset.id }
    return (await startFlow(tx, { definitionId: flow.id, subject, customerId: null, facts, answers: {} })).id
  }
}

/** Reports what a step of a flow has done to its asset, once. */
async function reportFor(
  tx: Tx,
  turn: Turn,
  what: string,
  type: EventType,
  { reason, also }: { reason?: string; also?: EventType } = {},
): Promise<void> {
  const asset = await assetOf(tx, turn.run)
  if (!asset) return
  const { run, step } = turn
  const fresh = await recordAssetEvent(tx, asset, {
    id: `${step.id}:${what}`,
    types: also ? [type, also] : [type],
    // What our own people do comes after all that is known.
    occurredAt: Math.max(tx.now, asset.stateAt + 1),
    doneBy: step.finishedBy ? `staff:${step.finishedBy}` : 'flow',
    reason,
    runId: run.id,
  })
  if (!fresh) return
  await record(tx, what === 'out' ? 'asset.taken_out' : 'asset.returned', {
    ...about(asset),
    by: step.finishedBy ? { type: 'staff', id: step.finishedBy } : { type: 'system' },
    data: { run: run.id, code: asset.code, to: what, reason },
  })
}

/** A report that its customer takes back lets go of its asset, unless another one holds it. */
export async function letGo(tx: Tx, run: FlowRun, by: Actor): Promise<void> {
  const asset = by.type === 'customer' ? await assetOf(tx, run) : undefined
  if (!asset || !(await isHeldBy(tx, asset, run)) || (await heldByOthers(tx, asset, run))) return
  const drivesOn = await isStillRented(tx, asset, run)
  const fresh = await recordAssetEvent(tx, asset, {
    id: `${run.id}:stopped`,
    types: drivesOn ? ['maintenance_end', 'trip_start'] : ['maintenance_end'],
    occurredAt: Math.max(tx.now, asset.stateAt + 1),
    doneBy: 'flow',
    runId: run.id,
  })
  const data = { run: run.id, code: asset.code, to: 'stopped' }
  if (fresh) await record(tx, 'asset.returned', { ...about(asset), by: { type: 'system' }, data })
}

/** Whether an asset was with a renter when a run took it out, and their trip goes on. */
async function isStillRented(tx: Tx, asset: Asset, run: FlowRun): Promise<boolean> {
  const tail = `WHERE assetId = ? AND runId = ? AND type = 'maintenance_start' ORDER BY occurredAt`
  const taken = await tx.first(AssetEvent, tail, [asset.id, run.id])
  if (taken?.fromState !== 'on_trip') return false
  const [ended] = await tx.query(
    `SELECT 1 FROM asset_events WHERE assetId = ? AND occurredAt >= ? AND type IN ('trip_end', 'trip_cancel') LIMIT 1`,
    [asset.id, taken.occurredAt],
  )
  return ended === undefined
}

async function isHeldBy(tx: Tx, asset: Asset, run: FlowRun): Promise<boolean> {
  const events = await tx.find(AssetEvent, 'WHERE assetId = ? AND runId = ? ORDER BY occurredAt', [asset.id, run.id])
  return events.at(-1)?.type === 'maintenance_start'
}

async function assetOf(tx: Tx, run: FlowRun): Promise<Asset | undefined> {
  const id = run.subjectType === 'asset' ? run.subjectId : (run.facts as KnowsAsset).asset?.id
  return id ? tx.get(Asset, id) : undefined
}

type KnowsAsset = Facts & { asset?: { id: string } }

async function heldByOthers(tx: Tx, asset: Asset, run: FlowRun): Promise<boolean> {
  const [other] = await tx.query(
    `SELECT e.id FROM asset_events e JOIN flow_runs r ON r.id = e.runId
     WHERE e.assetId = ? AND e.type = 'maintenance_start' AND r.state = 'running' AND r.id <> ?
     AND NOT EXISTS (SELECT 1 FROM asset_events b WHERE b.runId = e.runId AND b.type <> 'maintenance_start') LIMIT 1`,
    [asset.id, run.id],
  )
  return other !== undefined
}

function about(asset: Asset) {
  return { subject: { type: 'asset', id: asset.id } }
}
