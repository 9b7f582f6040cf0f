import { Asset } from './domain/assets/asset.ts'
import { assetByCode, recordAssetEvent, registerAssets } from './domain/assets/assets.ts'
import { type AssetKind, fleet } from './domain/assets/fleet.ts'
import type { EventType } from './domain/assets/states.ts'
import type { House } from './house.ts'
import type { Tx } from './lib/tx.ts'
import { seedRental } from './stage-rental.ts'

/** About a hundred metres. */
const STEP = 0.001

/** The make-believe city, in GCJ-02: three stations, the vehicles in rings around them. */
const STATIONS = [
  { code: 'ST01', name: '人民广场站', lat: 31.2322, lng: 121.4752 },
  { code: 'ST02', name: '南京西路站', lat: 31.2304, lng: 121.46 },
  { code: 'ST03', name: '静安寺站', lat: 31.2239, lng: 121.4472 },
  { code: 'ST04', name: '新天地站', lat: 31.2203, lng: 121.4745 },
  { code: 'ST05', name: '苏州河站', lat: 31.241, lng: 121.4665 },
  { code: 'ST06', name: '常熟路站', lat: 31.2168, lng: 121.4555 },
]

/** The vehicles of one form factor: how many, what they are called, how far each has gone more than the one before. */
interface Vehicles {
  count: number
  codeOf(index: number): string
  meters: number
  /** Whether every second one stands at a station. */
  stationed: boolean
  /** What has happened to some of them when the curtain rises. */
  past: Record<number, [EventType, ...EventType[]]>
}

const BIKES: Vehicles = {
  count: 48,
  codeOf: (index) => `YK${1001 + index}`,
  meters: 7000,
  stationed: true,
  past: {
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
  },
}

const CARS: Vehicles = {
  count: 10,
  codeOf: (index) => `沪A${12301 + index}`,
  meters: 800_000,
  stationed: false,
  past: { 1: ['trip_start'], 4: ['trip_start'], 6: ['maintenance_start'], 8: ['reservation_start'] },
}

/** Which vehicles stand for a kind of this form factor. */
function vehiclesFor(formFactor: AssetKind['form_factor']): Vehicles | undefined {
  if (formFactor === undefined) return undefined
  return formFactor === 'car' ? CARS : BIKES
}

/** Fills the make-believe city with stations and vehicles of the packs' kinds, each kind once. */
export async function seedCity({ db }: House): Promise<void> {
  const kinds = Object.entries(fleet().kinds)
  await db.write(async (tx) => {
    // Stations first: vehicles stand at them.
    const [station] = kinds.find(([, { station }]) => station) ?? []
    if (station && (await isEmpty(tx, station))) {
      const list = STATIONS.map(({ lat, lng, ...one }) => ({
        ...one,
        kind: station,
        capacity: 16,
        place: { lat, lng },
      }))
      await registerAssets(tx, list)
    }
    for (const [kind, { form_factor }] of kinds) {
      const vehicles = vehiclesFor(form_factor)
      if (!vehicles || !(await isEmpty(tx, kind))) continue
      await registerAssets(tx, await parked(tx, kind, vehicles))
      for (const [index, types] of Object.entries(vehicles.past)) {
        await happen(tx, vehicles.codeOf(Number(index)), types)
      }
    }
    await seedRental(
      tx,
      Array.from({ length: CARS.count }, (_, index) => CARS.codeOf(index)),
    )
  })
}

/** The kind of vehicle that the packs have, if they have any: where there is one, there is a city. */
export function vehicleKind(): string | undefined {
  return Object.entries(fleet().kinds).find(([, { form_factor }]) => form_factor)?.[0]
}

async function isEmpty(tx: Tx, kind: string): Promise<boolean> {
  return (await tx.first(Asset, 'WHERE kind = ?', [kind])) === undefined
}

/** Vehicles at the stations, and near them. */
async function parked(tx: Tx, kind: string, { count, codeOf, meters, stationed }: Vehicles) {
  const ids = await Promise.all(STATIONS.map(async ({ code }) => (await assetByCode(tx, code))?.id))
  return Array.from({ length: count }, (_, index) => {
    const place = index % STATIONS.length
    const { lat, lng } = STATIONS[place] ?? { lat: 0, lng: 0 }
    const vehicle = { code: codeOf(index), kind, meters: index * meters }
    // Whole rounds of the stations take turns, or all at one station would stand alike.
    const round = Math.floor(index / STATIONS.length)
    if (stationed && (index + round) % 2 === 0) return { ...vehicle, place: { lat, lng, stationId: ids[place] } }
    const turn = index * 2.4
    const far = STEP * (1 + (index % 5))
    return { ...vehicle, place: { lat: lat + far * Math.sin(turn), lng: lng + far * Math.cos(turn) } }
  })
}

async function happen(tx: Tx, code: string, types: [EventType, ...EventType[]]): Promise<void> {
  const asset = await assetByCode(tx, code)
  if (!asset) return
  await recordAssetEvent(tx, asset, { id: `city:${code}`, types, occurredAt: asset.stateAt + 1, doneBy: 'city' })
}
