import { randomBytes } from 'node:crypto'
import { plainCode } from '../../engines/forms/asset-field.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { Asset, AssetEvent, type EventData } from './asset.ts'
import { planServices, serviceDueBy } from './maintenance.ts'
import { applyAll, byTime, type Dated, type EventType, REGISTERED, type Standing, type State } from './states.ts'

const SLICE = 500

export interface Registration {
  code: string
  kind: string
  name?: string
  capacity?: number
  /** Where it is set down (GCJ-02); without, it waits in the depot. */
  place?: { lat: number; lng: number; stationId?: string }
  meters?: number
  battery?: number
}

/** Takes things into the books, those whose code is known already are left as they are; returns how many were new. */
export async function registerAssets(tx: Tx, list: Registration[]): Promise<number> {
  const known = new Set<string>()
  for (let from = 0; from < list.length; from += SLICE) {
    const codes = list.slice(from, from + SLICE).map(({ code }) => code)
    const rows = await tx.query<{ code: string }>(
      `SELECT code FROM assets WHERE code IN (${codes.map(() => '?').join(',')})`,
      codes,
    )
    for (const { code } of rows) known.add(code)
  }
  const fresh = [...new Map(list.map((one) => [one.code, one])).values()].filter(({ code }) => !known.has(code))
  const rows = fresh.map((given) => newAsset(tx, given))
  await tx.insert(Asset, rows)
  await tx.insert(
    AssetEvent,
    rows.filter(({ eventId }) => eventId).map((row) => setDown(row, tx.now)),
  )
  await planServices(tx, rows)
  return rows.length
}

function newAsset(tx: Tx, given: Registration) {
  const { code, kind, name = null, capacity = null, place, meters = 0, battery = null } = given
  const id = newId(tx.now)
  const standing = place ? applyAll(REGISTERED, ['provider_drop_off']) : REGISTERED
  return {
    id,
    code,
    kind,
    name,
    state: standing.state,
    causes: standing.causes,
    lostFrom: null,
    reason: null,
    stateAt: tx.now,
    eventId: place ? `registered:${id}` : null,
    lat: place?.lat ?? null,
    lng: place?.lng ?? null,
    placedAt: place ? tx.now : null,
    stationId: place?.stationId ?? null,
    capacity,
    meters,
    battery,
    publicId: newPublicId(),
    registeredAt: tx.now,
    version: 0,
  }
}

function setDown(row: ReturnType<typeof newAsset>, now: number) {
  const data: EventData = { place: { lat: row.lat ?? 0, lng: row.lng ?? 0 } }
  return {
    id: `registered:${row.id}`,
    assetId: row.id,
    type: 'provider_drop_off' as const,
    occurredAt: now,
    receivedAt: now,
    fromState: REGISTERED.state,
    toState: row.state,
    legal: true,
    causes: row.causes,
    doneBy: 'registration',
    data,
  }
}

/** The asset with this code, however it was typed, or undefined. */
export async function assetByCode(tx: Tx, code: string): Promise<Asset | undefined> {
  return tx.first(Asset, 'WHERE code = ?', [plainCode(code)])
}

/** What happened to an asset, newest first. */
export function historyOf(tx: Tx, assetId: string, limit = 50): Promise<AssetEvent[]> {
  return tx.find(AssetEvent, `WHERE assetId = ? ORDER BY occurredAt DESC, id DESC LIMIT ${limit}`, [assetId])
}

export interface Report {
  /** The reporter's own id of the event. */
  id: string
  /** Several that were reported as one show as the last. */
  types: [EventType, ...EventType[]]
  occurredAt: number
  doneBy: string
  reason?: string
  runId?: string
  data?: Omit<EventData, 'types'>
}

/**
 * Writes down that something happened to an asset, now or earlier, and how it stands since. What is reported twice is
 * written once; what arrives late takes its place among what is known, and what came after it is worked out again.
 * Returns whether it was new.
 */
export async function recordAssetEvent(tx: Tx, asset: Asset, report: Report): Promise<boolean> {
  const stoodAs = asset.state
  const late = asset.eventId !== null && byTime({ id: asset.eventId, occurredAt: asset.stateAt }, report) > 0
  const before = late ? await standingBefore(tx, asset.id, report) : asset
  const after = applyAll(before, report.types)
  const data = { ...report.data, ...(report.types.length > 1 && { types: report.types }) }
  const fresh = await tx.insertOnce(AssetEvent, {
    id: report.id,
    assetId: asset.id,
    type: report.types.at(-1) ?? report.types[0],
    occurredAt: report.occurredAt,
    receivedAt: tx.now,
    fromState: before.state,
    toState: after.state,
    legal: after.legal,
    causes: after.causes,
    lostFrom: after.lostFrom,
    reason: report.reason?.slice(0, 200),
    doneBy: report.doneBy,
    runId: report.runId,
    data,
  })
  if (!fresh) return false
  const standing = late ? await replayAfter(tx, asset.id, report, after) : after
  await changeAsset(tx, asset, {
    state: standing.state,
    causes: standing.causes,
    lostFrom: standing.lostFrom,
    reason: standing.causes.length > 0 ? (report.reason?.slice(0, 200) ?? asset.reason) : null,
    ...(!late && { stateAt: report.occurredAt, eventId: report.id }),
    ...(!late && AWAY.has(standing.state) && { stationId: null }),
    ...reported(asset, report, late),
    ...(report.types.some((type) => TRIP_ENDS.has(type)) && { publicId: newPublicId() }),
  })
  if (asset.meters > 0) await serviceDueBy(tx, asset)
  if (standing.state !== stoodAs) for (const hear of hearers) await hear(tx, asset)
  return true
}

type HearAsset = (tx: Tx, asset: Asset) => Promise<void>
const hearers = new Set<HearAsset>()

/** Lets a noun above hear of every asset that has come to stand otherwise, in the transaction that makes it so. */
export function whenAssetChanges(hear: HearAsset): void {
  hearers.add(hear)
}

/** Where nothing stands at a station. */
const AWAY: ReadonlySet<State> = new Set(['on_trip', 'removed', 'elsewhere'])
const TRIP_ENDS: ReadonlySet<EventType> = new Set(['trip_end', 'trip_cancel', 'trip_leave_jurisdiction'])

/** What a report tells beside the event: an older place or charge does not replace a newer one. */
function reported(asset: Asset, { data = {}, occurredAt }: Report, late: boolean): Partial<Asset> {
  const { place, meters, battery } = data
  return {
    ...(place &&
      occurredAt >= (asset.placedAt ?? 0) && {
        lat: place.lat,
        lng: place.lng,
        stationId: place.stationId ?? null,
        placedAt: occurredAt,
      }),
    ...(meters !== undefined && { meters: Math.max(asset.meters, meters) }),
    ...(battery !== undefined && !late && { battery }),
  }
}

async function standingBefore(tx: Tx, assetId: string, event: Dated): Promise<Standing> {
  const row = await tx.first(
    AssetEvent,
    'WHERE assetId = ? AND (occurredAt < ? OR (occurredAt = ? AND id < ?)) ORDER BY occurredAt DESC, id DESC',
    [assetId, event.occurredAt, event.occurredAt, event.id],
  )
  return row ? { state: row.toState, causes: row.causes, lostFrom: row.lostFrom } : REGISTERED
}

/** Works out again what came after a late event; returns how the asset stands in the end. */
async function replayAfter(tx: Tx, assetId: string, event: Dated, after: Standing): Promise<Standing> {
  const later = await tx.find(
    AssetEvent,
    'WHERE assetId = ? AND (occurredAt > ? OR (occurredAt = ? AND id > ?)) ORDER BY occurredAt, id',
    [assetId, event.occurredAt, event.occurredAt, event.id],
  )
  let standing = after
  for (const row of later) {
    const next = applyAll(standing, row.data.types ?? [row.type])
    await tx.update(AssetEvent, row.id, {
      fromState: standing.state,
      toState: next.state,
      legal: next.legal,
      causes: next.causes,
      lostFrom: next.lostFrom,
    })
    standing = next
  }
  return standing
}

/** Writes a change of an asset if it is still as it was read; otherwise the transaction runs again. */
async function changeAsset(tx: Tx, asset: Asset, changes: Partial<Asset>): Promise<void> {
  const next = { ...changes, version: asset.version + 1 }
  if (!(await tx.update(Asset, asset.id, next, { version: asset.version }))) throw new LostRace()
  Object.assign(asset, next)
}

/** A word for the public feed that tells nothing and is not used again. */
function newPublicId(): string {
  return randomBytes(15).toString('base64url')
}
