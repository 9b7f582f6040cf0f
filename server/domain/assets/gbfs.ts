import { setImmediate } from 'node:timers/promises'
import type { v3 } from 'gbfs-typescript-types'
import library from 'gcoord'
import type { Tx } from '../../lib/tx.ts'
import type { Asset } from './asset.ts'
import { type AssetKind, type Fleet, fleet, type Zone } from './fleet.ts'
import { publicPlans } from './plans.ts'

/** The version of GBFS that the feed speaks. */
const VERSION = '3.0'
/** For how many seconds an answer may be kept. */
export const TTL = 60
/** Finer than a hand's breadth says nothing. */
const PRECISION = 1e6
/** The states in which a vehicle is in the feed: one that is ridden, carried off or lost is not. */
const SHOWN = `('available', 'reserved', 'non_operational')`

// The package's types speak of an ES module, node is handed CommonJS.
const gcoord = library as unknown as typeof library.default

/** The files of the public feed by their names; undefined stands for one that this fleet does not have. */
export const FEEDS: Record<string, (tx: Tx, base: string) => Promise<object | undefined>> = {
  gbfs: async (tx, base) => page(tx, index(base)),
  gbfs_versions: async (tx, base) =>
    page(tx, { versions: [{ version: VERSION, url: address(base, 'gbfs') }] } satisfies v3.GbfsVersions['data']),
  system_information: async (tx) => page(tx, systemInformation()),
  vehicle_types: async (tx) => page(tx, vehicleTypes()),
  vehicle_status: async (tx) => page(tx, await vehicleStatus(tx)),
  station_information: async (tx) => (hasStations() ? page(tx, await stationInformation(tx)) : undefined),
  station_status: async (tx) => (hasStations() ? page(tx, await stationStatus(tx)) : undefined),
  geofencing_zones: async (tx) => page(tx, geofencingZones(fleet())),
  system_pricing_plans: async (tx) => (hasPlans() ? page(tx, pricingPlans()) : undefined),
}

function page(tx: Tx, data: object) {
  return { last_updated: stamp(tx.now), ttl: TTL, version: VERSION, data }
}

function index(base: string): v3.Gbfs['data'] {
  const names = Object.keys(FEEDS).filter((name) => {
    if (name === 'system_pricing_plans') return hasPlans()
    return hasStations() || !name.startsWith('station_')
  })
  return {
    feeds: names.map((name) => ({ name: name as v3.Gbfs['data']['feeds'][number]['name'], url: address(base, name) })),
  }
}

function systemInformation(): v3.SystemInformation['data'] {
  const { system } = fleet()
  if (!system) throw new Error('no system')
  const { id, name, language, contact, opening_hours, zone } = system
  return {
    system_id: id,
    languages: [language],
    name: said(name),
    opening_hours,
    feed_contact_email: contact,
    timezone: zone as v3.SystemInformation['data']['timezone'],
  }
}

function vehicleTypes(): v3.VehicleTypes['data'] {
  return {
    vehicle_types: vehicles().map(([name, kind]) => ({
      vehicle_type_id: name,
      form_factor: kind.form_factor,
      propulsion_type: kind.propulsion,
      name: said(kind.title),
      ...(kind.max_range_km !== undefined && { max_range_meters: kind.max_range_km * 1000 }),
      ...planIds(name),
    })),
  }
}

/** By which plans a kind is ridden. */
function planIds(kind: string) {
  const ids = publicPlans().flatMap(({ kinds, plan }) => (kinds.includes(kind) ? plan.plan_id : []))
  return ids.length > 0 ? { default_pricing_plan_id: ids[0], pricing_plan_ids: ids } : {}
}

type Row = Pick<Asset, 'publicId' | 'kind' | 'state' | 'lat' | 'lng' | 'stationId' | 'battery' | 'stateAt'>

async function vehicleStatus(tx: Tx): Promise<v3.VehicleStatus['data']> {
  const kinds = new Map(vehicles())
  if (kinds.size === 0) return { vehicles: [] }
  const rows = await tx.query<Row>(
    `SELECT publicId, kind, state, lat, lng, stationId, battery, stateAt FROM assets
     WHERE kind IN (${[...kinds].map(() => '?').join(',')}) AND state IN ${SHOWN} AND lat IS NOT NULL`,
    [...kinds.keys()],
  )
  const list: v3.VehicleStatus['data']['vehicles'] = []
  for (const [index, row] of rows.entries()) {
    // Fifty thousand take a second, in which others want to be answered.
    if (index % 1000 === 999) await setImmediate()
    list.push({
      vehicle_id: row.publicId,
      vehicle_type_id: row.kind,
      ...wgs84(row.lat ?? 0, row.lng ?? 0),
      is_reserved: row.state === 'reserved',
      is_disabled: row.state === 'non_operational',
      last_reported: stamp(Number(row.stateAt)),
      ...(row.stationId !== null && { station_id: row.stationId }),
      ...charge(kinds.get(row.kind), row.battery),
    })
  }
  return { vehicles: list }
}

/** How far it still goes; where nothing is known of its charge, as far as it can. */
function charge(kind: AssetKind | undefined, battery: number | null) {
  if (!kind?.max_range_km || kind.propulsion === 'human') return {}
  const share = (battery ?? 100) / 100
  return {
    current_range_meters: Math.round(kind.max_range_km * 1000 * share),
    ...(battery !== null && { current_fuel_percent: share }),
  }
}

async function stationInformation(tx: Tx): Promise<v3.StationInformation['data']> {
  return {
    stations: (await stations(tx)).map(({ id, code, name, lat, lng, capacity }) => ({
      station_id: id,
      name: said(name ?? code),
      ...wgs84(lat ?? 0, lng ?? 0),
      ...(capacity !== null && { capacity }),
    })),
  }
}

interface Count {
  stationId: string
  kind: string
  state: string
  n: number
}

async function stationStatus(tx: Tx): Promise<v3.StationStatus['data']> {
  const types = new Set(vehicles().map(([name]) => name))
  const counts = await tx.query<Count>(
    `SELECT stationId, kind, state, COUNT(*) AS n FROM assets WHERE stationId IS NOT NULL AND state IN ${SHOWN}
     GROUP BY stationId, kind, state`,
  )
  const at = new Map<string, Count[]>()
  for (const count of counts)
    if (types.has(count.kind)) at.set(count.stationId, [...(at.get(count.stationId) ?? []), count])
  return { stations: (await stations(tx)).map((station) => statusOf(station, at.get(station.id) ?? [])) }
}

function statusOf(station: Asset, counts: Count[]): v3.StationStatus['data']['stations'][number] {
  const sum = (some: Count[]) => some.reduce((total, { n }) => total + Number(n), 0)
  const ready = counts.filter(({ state }) => state === 'available')
  const working = station.state === 'available'
  return {
    station_id: station.id,
    num_vehicles_available: sum(ready),
    vehicle_types_available: ready.map(({ kind, n }) => ({ vehicle_type_id: kind, count: Number(n) })),
    num_vehicles_disabled: sum(counts.filter(({ state }) => state === 'non_operational')),
    ...(station.capacity !== null && { num_docks_available: Math.max(0, station.capacity - sum(counts)) }),
    is_installed: true,
    is_renting: working,
    is_returning: working,
    last_reported: stamp(station.stateAt),
  }
}

/** The zones in their order, of which an earlier one wins over a later one and each over the global rules. */
function geofencingZones({ zones, rules }: Fleet): v3.GeofencingZones['data'] {
  return {
    geofencing_zones: { type: 'FeatureCollection', features: zones.map(feature) },
    global_rules: rules,
  }
}

function feature({ properties, geometry }: Zone): v3.GeofencingZones['data']['geofencing_zones']['features'][number] {
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates
  const { zone, start, end, rules } = properties
  return {
    type: 'Feature',
    properties: { name: said(zone), ...(start && { start }), ...(end && { end }), ...(rules && { rules }) },
    geometry: {
      type: 'MultiPolygon',
      coordinates: polygons.map((rings) =>
        rings.map((ring) =>
          ring.map(([lng, lat]) => {
            const point = wgs84(lat, lng)
            return [point.lon, point.lat]
          }),
        ),
      ),
    },
  }
}

function stations(tx: Tx): Promise<Asset[]> {
  const kinds = Object.entries(fleet().kinds).flatMap(([name, { station }]) => (station ? [name] : []))
  return tx.query<Asset>(
    `SELECT id, code, name, lat, lng, capacity, state, stateAt FROM assets
     WHERE kind IN (${kinds.map(() => '?').join(',')}) AND state NOT IN ('removed', 'elsewhere') AND lat IS NOT NULL
     ORDER BY id`,
    kinds,
  )
}

function hasPlans(): boolean {
  return publicPlans().length > 0
}

function pricingPlans(): v3.SystemPricingPlans['data'] {
  return { plans: publicPlans().map(({ plan }) => plan) }
}

function hasStations(): boolean {
  return Object.values(fleet().kinds).some(({ station }) => station)
}

type Vehicle = AssetKind & { form_factor: NonNullable<AssetKind['form_factor']> }

function vehicles(): [string, Vehicle][] {
  return Object.entries(fleet().kinds).flatMap(([name, kind]) =>
    kind.form_factor ? [[name, { ...kind, form_factor: kind.form_factor }]] : [],
  )
}

function said(text: string) {
  return [{ text, language: fleet().system?.language ?? 'zh-CN' }]
}

function address(base: string, name: string): string {
  return `${base}/gbfs/${name}.json`
}

/** From GCJ-02, in which we store, to WGS-84, in which the world reads. */
function wgs84(lat: number, lng: number): { lat: number; lon: number } {
  const [x, y] = gcoord.transform([lng, lat], gcoord.GCJ02, gcoord.WGS84)
  return { lat: Math.round(y * PRECISION) / PRECISION, lon: Math.round(x * PRECISION) / PRECISION }
}

function stamp(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
}
