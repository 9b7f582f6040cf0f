import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Asset } from './domain/assets/asset.ts'
import { assetByCode, recordAssetEvent, registerAssets } from './domain/assets/assets.ts'
import { fleet } from './domain/assets/fleet.ts'
import type { EventType } from './domain/assets/states.ts'
import type { House } from './house.ts'
import type { Config } from './lib/config.ts'
import type { Tx } from './lib/tx.ts'
import { PEOPLE, type Person } from './sandbox/people.ts'

const VEHICLES = 30
/** About a hundred metres. */
const STEP = 0.001

/** The make-believe city, in GCJ-02: three stations, the vehicles in rings around them. */
const STATIONS = [
  { code: 'ST01', name: '人民广场站', lat: 31.2322, lng: 121.4752 },
  { code: 'ST02', name: '南京西路站', lat: 31.2304, lng: 121.46 },
  { code: 'ST03', name: '静安寺站', lat: 31.2239, lng: 121.4472 },
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
}

const CITY_STAFF: Person[] = [
  {
    userid: 'zhaolei',
    name: '赵磊',
    mobile: '13700000201',
    jobNumber: 'YK201',
    departments: [3],
    position: '外勤维修员',
  },
  {
    userid: 'sunhao',
    name: '孙浩',
    mobile: '13700000202',
    jobNumber: 'YK202',
    departments: [3],
    position: '外勤维修员',
  },
  {
    userid: 'liuyang',
    name: '刘洋',
    mobile: '13700000203',
    jobNumber: 'YK203',
    departments: [3],
    position: '外勤维修员',
  },
  { userid: 'mali', name: '马丽', mobile: '13700000204', jobNumber: 'YK204', departments: [3], position: '外勤维修员' },
  { userid: 'qianfang', name: '钱芳', mobile: '13700000205', jobNumber: 'YK205', departments: [1], position: '财务' },
].map((person) => ({ ...person, directLeaders: ['zhoumin'] }))

/** Who works in the sandbox's company where its packs have vehicles: somebody repairs them in the street, somebody pays back. */
export function cityPeople({ templatesDir, packs }: Readonly<Config>): Person[] | undefined {
  const city = packs.some((pack) => existsSync(join(templatesDir, 'packs', pack, 'assets.yaml')))
  return city ? [...PEOPLE, ...CITY_STAFF] : undefined
}

/** Fills the make-believe city with stations and vehicles of the packs' kinds, once. */
export async function seedCity({ db }: House): Promise<void> {
  const kinds = Object.entries(fleet().kinds)
  const vehicle = kinds.find(([, { form_factor }]) => form_factor)?.[0]
  const station = kinds.find(([, kind]) => kind.station)?.[0]
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

/** Every second vehicle stands at a station, the others near one. */
async function vehicles(tx: Tx, kind: string) {
  const ids = await Promise.all(STATIONS.map(async ({ code }) => (await assetByCode(tx, code))?.id))
  return Array.from({ length: VEHICLES }, (_, index) => {
    const place = index % STATIONS.length
    const { lat, lng } = STATIONS[place] ?? { lat: 0, lng: 0 }
    if (index % 2 === 0)
      return { code: codeOf(index), kind, place: { lat, lng, stationId: ids[place] }, meters: index * 7000 }
    const turn = index * 2.4
    const far = STEP * (1 + (index % 5))
    return {
      code: codeOf(index),
      kind,
      place: { lat: lat + far * Math.sin(turn), lng: lng + far * Math.cos(turn) },
      meters: index * 7000,
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
