import { Asset } from './domain/assets/asset.ts'
import { assetByCode, recordAssetEvent, registerAssets } from './domain/assets/assets.ts'
import { fleet } from './domain/assets/fleet.ts'
import type { EventType } from './domain/assets/states.ts'
import type { House } from './house.ts'
import type { Tx } from './lib/tx.ts'

const VEHICLES = 48
/** About a hundred metres. */
const STEP = 0.001

/** The make-believe city, in GCJ-02: its stations, the vehicles in rings around them. */
export const STATIONS = [
  { code: 'ST01', name: '人民广场站', lat: 31.2322, lng: 121.4752 },
  { code: 'ST02', name: '南京西路站', lat: 31.2304, lng: 121.46 },
  { code: 'ST03', name: '静安寺站', lat: 31.2239, lng: 121.4472 },
  { code: 'ST04', name: '新天地站', lat: 31.2203, lng: 121.4745 },
  { code: 'ST05', name: '苏州河站', lat: 31.241, lng: 121.4665 },
  { code: 'ST06', name: '常熟路站', lat: 31.2168, lng: 121.4555 },
]

/** What has happened to some of the vehicles when the curtain rises. */
const PAST: Record<number, [EventType, ...EventType[]]> = {
  3: ['reservation_start'],
  8: ['trip_start'],
  14: ['trip_start'],
  17: ['reservation_start'],
  19: ['maintenance_start'],
  22: ['trip_start'],
  26: ['battery_low'],
  29: ['maintenance_start', 'maintenance_pick_up'],
  33: ['trip_start'],
  40: ['trip_start'],
  45: ['reservation_start'],
}

/** Fills the make-believe city with stations and vehicles of the packs' kinds, once. */
export async function seedCity({ db }: House): Promise<void> {
  const vehicle = vehicleKind()
  const station = Object.entries(fleet().kinds).find(([, kind]) => kind.station)?.[0]
  if (!vehicle) return
  await db.write(async (tx) => {
    if (await tx.first(Asset, '')) return
    if (station) {
      const list = STATIONS.map(({ lat, lng, ...one }) => ({
        ...one,
        kind: station,
        capacity: 16,
        place: { lat, lng },
      }))
      await registerAssets(tx, list)
    }
    await registerAssets(tx, await vehicles(tx, vehicle))
    for (const [index, types] of Object.entries(PAST)) await happen(tx, codeOf(Number(index)), types)
  })
}

/** The kind of vehicle that the packs have, if they have any: where there is one, there is a city. */
export function vehicleKind(): string | undefined {
  return Object.entries(fleet().kinds).find(([, { form_factor }]) => form_factor)?.[0]
}

/** Every second vehicle stands at a station, the others near one. */
async function vehicles(tx: Tx, kind: string) {
  const ids = await Promise.all(STATIONS.map(async ({ code }) => (await assetByCode(tx, code))?.id))
  return Array.from({ length: VEHICLES }, (_, index) => {
    const place = index % STATIONS.length
    const meters = index * 7000
    const { lat, lng } = STATIONS[place] ?? { lat: 0, lng: 0 }
    // Whole rounds of the stations take turns, or all at one station would stand alike.
    if ((index + Math.floor(index / STATIONS.length)) % 2 === 0)
      return { code: codeOf(index), kind, place: { lat, lng, stationId: ids[place] }, meters }
    const turn = index * 2.4
    const far = STEP * (1 + (index % 5))
    return {
      code: codeOf(index),
      kind,
      place: { lat: lat + far * Math.sin(turn), lng: lng + far * Math.cos(turn) },
      meters,
    }
  })
}

async function happen(tx: Tx, code: string, types: [EventType, ...EventType[]]): Promise<void> {
  const asset = await assetByCode(tx, code)
  if (!asset) return
  await recordAssetEvent(tx, asset, { id: `city:${code}`, types, occurredAt: asset.stateAt + 1, doneBy: 'city' })
}

function codeOf(index: number): string {
  return `YK${1001 + index}`
}
