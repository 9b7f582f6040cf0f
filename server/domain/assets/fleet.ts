import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type Flow, spanMs, spanSchema } from '../../engines/flows/flow.ts'
import type { Shelf } from '../../engines/packs/shelf.ts'
import { type PackProblem, parseSource, readSource, type Source, unknown } from '../../engines/packs/source.ts'
import { DAY } from '../../lib/clock.ts'

const identifier = z.string().regex(/^[a-z][a-z0-9_]*$/, 'use lower-case letters, digits and underscores')

const FORM_FACTORS = [
  'bicycle',
  'cargo_bicycle',
  'car',
  'moped',
  'scooter_standing',
  'scooter_seated',
  'other',
] as const
const PROPULSIONS = [
  'human',
  'electric_assist',
  'electric',
  'combustion',
  'combustion_diesel',
  'hybrid',
  'plug_in_hybrid',
  'hydrogen_fuel_cell',
] as const

const planSchema = z
  .strictObject({
    name: identifier,
    title: z.string().min(1).max(20),
    every: spanSchema.optional(),
    every_km: z.number().positive().optional(),
    flow: identifier,
  })
  .refine(({ every, every_km }) => every || every_km, { message: 'say how often: "every", "every_km" or both' })

const kindSchema = z
  .strictObject({
    title: z.string().min(1).max(20),
    /** What customers ride is in the public feed under this form and drive. */
    form_factor: z.enum(FORM_FACTORS).optional(),
    propulsion: z.enum(PROPULSIONS).default('human'),
    max_range_km: z.number().positive().optional(),
    /** A place where vehicles stand. */
    station: z.boolean().default(false),
    /** The forms with which customers report that something is wrong with it. */
    forms: z.array(identifier).default([]),
    maintenance: z.array(planSchema).default([]),
  })
  .refine(({ form_factor, propulsion, max_range_km }) => !form_factor || propulsion === 'human' || max_range_km, {
    path: ['max_range_km'],
    message: 'a vehicle with a motor needs its range, "max_range_km"',
  })

/** A rule of a zone, in GBFS's own words. */
const ruleSchema = z.strictObject({
  vehicle_type_ids: z.array(identifier).min(1).optional(),
  ride_start_allowed: z.boolean().default(true),
  ride_end_allowed: z.boolean().default(true),
  ride_through_allowed: z.boolean().default(true),
  maximum_speed_kph: z.int().min(1).optional(),
  station_parking: z.boolean().optional(),
})
const FREE: ZoneRule = { ride_start_allowed: true, ride_end_allowed: true, ride_through_allowed: true }

const fleetSchema = z.strictObject({
  /** What the public feed says of the operator. */
  system: z
    .strictObject({
      id: z.string().regex(/^[\w-]{1,60}$/, 'use letters, digits, "_" and "-"'),
      name: z.string().min(1),
      language: z
        .string()
        .regex(/^[a-z]{2,3}(-[A-Z]{2})?$/, 'write a language such as "zh-CN"')
        .default('zh-CN'),
      contact: z.email(),
      opening_hours: z.string().min(1).default('24/7'),
      zone: z.string().default('Asia/Shanghai'),
    })
    .optional(),
  kinds: z.record(identifier, kindSchema),
  /** What holds where no zone says otherwise. */
  rules: z.array(ruleSchema).min(1).default([FREE]),
})

const ring = z.array(z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]).rest(z.number())).min(4)
const zonesSchema = z.object({
  type: z.literal('FeatureCollection'),
  features: z.array(
    z.object({
      type: z.literal('Feature'),
      properties: z.object({
        zone: z.string().min(1),
        start: z.iso.datetime({ offset: true }).optional(),
        end: z.iso.datetime({ offset: true }).optional(),
        rules: z.array(ruleSchema).min(1).optional(),
      }),
      /** Without a geometry its rules hold wherever no other zone is. */
      geometry: z
        .discriminatedUnion('type', [
          z.object({ type: z.literal('Polygon'), coordinates: z.array(ring).min(1) }),
          z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(z.array(ring).min(1)).min(1) }),
        ])
        .nullable(),
    }),
  ),
})

type FleetSource = z.infer<typeof fleetSchema>
export type ZoneRule = z.infer<typeof ruleSchema>
type ZoneSource = z.infer<typeof zonesSchema>['features'][number]
/** A zone that has an outline. */
export type Zone = ZoneSource & { geometry: NonNullable<ZoneSource['geometry']> }
export type Plan = z.infer<typeof planSchema> & { everyMs?: number }
export type AssetKind = Omit<FleetSource['kinds'][string], 'maintenance'> & { maintenance: Plan[] }

/** What the packs say of the things we own: their kinds, the zones in the order in which they win, the public feed. */
export interface Fleet {
  system?: FleetSource['system']
  kinds: Record<string, AssetKind>
  rules: ZoneRule[]
  /** Coordinates in GCJ-02, as everything that we store. */
  zones: Zone[]
}

/** What the packs have that a kind may name: the forms that customers fill in to open a flow, and the flows. */
export interface Known {
  forms: string[]
  flows: string[]
  /** Those of the flows that nobody but the system opens. */
  system: string[]
}

const NONE: Fleet = { kinds: {}, rules: [], zones: [] }
let inForce: Fleet = NONE

/** The fleet in force. */
export function fleet(): Fleet {
  return inForce
}

/** Puts the packs' fleet in force unless it has a mistake; returns the mistakes. */
export function useFleet(
  { templatesDir, packs }: { templatesDir: string; packs: string[] },
  { flows }: Pick<Shelf, 'flows'>,
): PackProblem[] {
  const problems: PackProblem[] = []
  const known = knownIn([...flows.values()].map(({ body }) => body))
  const next = readFleet(join(templatesDir, 'packs'), packs, known, problems)
  if (problems.length === 0) inForce = next
  return problems
}

/** What kinds may name among these flows. */
export function knownIn(flows: Pick<Flow, 'flow' | 'form' | 'openedBy'>[]): Known {
  return {
    forms: flows.flatMap(({ form, openedBy }) => (openedBy !== 'system' && form) || []),
    flows: flows.map(({ flow }) => flow),
    system: flows.flatMap(({ flow, openedBy }) => (openedBy === 'system' ? flow : [])),
  }
}

/** Puts the packs' fleet in force at the start; throws when it has a mistake. */
export function openFleet(...given: Parameters<typeof useFleet>): void {
  const problems = useFleet(...given)
  if (problems.length === 0) return
  const list = problems.map(({ file, line, field, reason }) => `  ${file}:${line} ${field}: ${reason}`)
  throw new Error(`The packs cannot be used:\n${list.join('\n')}`)
}

/** The work that a kind of asset needs again and again. */
export function plansOf(kind: string): Plan[] {
  return inForce.kinds[kind]?.maintenance ?? []
}

/** Reads `assets.yaml` and `zones/*.geojson` of each pack. */
export function readFleet(root: string, packs: string[], known: Known, problems: PackProblem[]): Fleet {
  const all: Fleet = { ...NONE, kinds: {}, zones: [] }
  for (const pack of packs) {
    const files = filesOf(join(root, pack))
    const source = files.includes('assets.yaml')
      ? readSource(root, join(root, pack, 'assets.yaml'), problems)
      : undefined
    const own = source && parseSource(source, fleetSchema, problems)
    if (source && own) take(all, own, source, known, problems)
    for (const name of filesOf(join(root, pack, 'zones')).filter((one) => one.endsWith('.geojson'))) {
      const zones = readSource(root, join(root, pack, 'zones', name), problems)
      const read = zones && parseSource(zones, zonesSchema, problems)
      if (!zones || !read) continue
      read.features.forEach((zone, index) => {
        const { rules = [] } = zone.properties
        checkRules(rules, all, zones, ['features', index, 'properties', 'rules'], problems)
        if (zone.geometry) all.zones.push(zone as Zone)
        else all.rules = [...rules, ...all.rules]
      })
    }
  }
  return all
}

function take(all: Fleet, own: FleetSource, source: Source, known: Known, problems: PackProblem[]): void {
  const { forms, flows, system } = known
  for (const [name, kind] of Object.entries(own.kinds)) {
    const at = (...path: PropertyKey[]) => ['kinds', name, ...path]
    if (all.kinds[name]) problems.push(source.problem(at(), `the kind "${name}" stands in another pack already`))
    kind.forms.forEach((form, index) => {
      if (!forms.includes(form)) problems.push(source.problem(at('forms', index), unknown('form', form, forms)))
    })
    kind.maintenance.forEach(({ name: plan, flow }, index) => {
      if (!flows.includes(flow))
        problems.push(source.problem(at('maintenance', index, 'flow'), unknown('flow', flow, flows)))
      else if (!system.includes(flow))
        problems.push(
          source.problem(
            at('maintenance', index, 'flow'),
            `customers are offered "${flow}": it needs "opened_by: system"`,
          ),
        )
      if (kind.maintenance.findIndex((other) => other.name === plan) < index)
        problems.push(source.problem(at('maintenance', index, 'name'), `the plan "${plan}" stands twice`))
    })
    const maintenance = kind.maintenance.map((plan) => ({
      ...plan,
      ...(plan.every && { everyMs: spanMs(plan.every, DAY) }),
    }))
    all.kinds[name] = { ...kind, maintenance }
  }
  all.system ??= own.system
  if (all.rules.length === 0) all.rules = own.rules
  checkRules(own.rules, all, source, ['rules'], problems)
}

function checkRules(rules: ZoneRule[], all: Fleet, source: Source, path: PropertyKey[], problems: PackProblem[]): void {
  rules.forEach(({ vehicle_type_ids = [] }, index) => {
    vehicle_type_ids.forEach((kind, position) => {
      if (all.kinds[kind]?.form_factor) return
      const reason = unknown('kind of vehicle', kind, Object.keys(all.kinds))
      problems.push(source.problem([...path, index, 'vehicle_type_ids', position], reason))
    })
  })
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}
