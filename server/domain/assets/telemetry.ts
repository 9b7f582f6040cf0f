import { LostRace, type Tx } from '../../lib/tx.ts'
import { Asset } from './asset.ts'
import { recordAssetEvent } from './assets.ts'

/** Below so many percent a vehicle with a battery is not given out any more. */
const LOW = 15

export interface Telemetry {
  /** The reporter's own id. */
  id: string
  at: number
  place?: { lat: number; lng: number }
  battery?: number
}

/** What a vehicle tells of itself while nothing happens to it; what is older than what is known changes nothing. */
export async function noteTelemetry(tx: Tx, asset: Asset, { id, at, place, battery }: Telemetry): Promise<void> {
  if (place && at >= (asset.placedAt ?? 0)) await change(tx, asset, { ...place, placedAt: at })
  if (battery === undefined) return
  const empty = asset.causes.includes('battery')
  const low = battery < LOW
  // An end or a beginning is an event of its own; all else is only known.
  if (low !== empty && asset.state !== 'on_trip')
    await recordAssetEvent(tx, asset, {
      id: `lock:${id}`.slice(0, 64),
      types: [low ? 'battery_low' : 'battery_charged'],
      occurredAt: Math.max(at, asset.stateAt + 1),
      doneBy: 'lock',
      data: { battery },
    })
  else await change(tx, asset, { battery })
}

async function change(tx: Tx, asset: Asset, changes: Partial<Asset>): Promise<void> {
  const next = { ...changes, version: asset.version + 1 }
  if (!(await tx.update(Asset, asset.id, next, { version: asset.version }))) throw new LostRace()
  Object.assign(asset, next)
}
