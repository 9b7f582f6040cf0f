/** Where a vehicle stands, in the words of MDS. */
export const STATES = [
  'available',
  'reserved',
  'on_trip',
  'non_operational',
  'removed',
  'elsewhere',
  'unknown',
] as const
export type State = (typeof STATES)[number]

/** Why a vehicle is out of service; it comes back when the last reason is gone. */
export type Cause = 'maintenance' | 'battery' | 'hours' | 'system' | 'other' | 'scrap'

interface Rule {
  /** The states in which the event may happen; in any other it is recorded and marked. */
  from: readonly State[]
  /** Where it leads; `back` is where the vehicle stood before contact was lost. */
  to: State | 'back'
  adds?: Cause
  ends?: readonly Cause[]
}

const OUT: readonly State[] = ['non_operational', 'removed', 'unknown']
const PLACED: readonly State[] = ['removed', 'elsewhere', 'unknown', 'non_operational']
const PICKABLE: readonly State[] = ['available', 'non_operational', 'elsewhere', 'unknown']
const RIDDEN: readonly State[] = ['on_trip']
const STANDING: readonly State[] = ['available', 'reserved']
const STOPPABLE: readonly State[] = ['available', 'reserved', 'non_operational']
const ANYWHERE: readonly State[] = ['available', 'reserved', 'on_trip', 'non_operational', 'removed', 'elsewhere']
const PASSING: readonly Cause[] = ['maintenance', 'battery', 'hours', 'system', 'other']

/**
 * What can happen to a vehicle: MDS's event types with their legal prior states. Work on it has a start and an end of
 * its own, where MDS has the one word `maintenance` for both.
 */
export const EVENTS = {
  reservation_start: { from: ['available'], to: 'reserved' },
  reservation_cancel: { from: ['reserved'], to: 'available' },
  trip_start: { from: STANDING, to: 'on_trip' },
  trip_end: { from: RIDDEN, to: 'available' },
  trip_cancel: { from: ['on_trip', 'reserved'], to: 'available' },
  trip_leave_jurisdiction: { from: RIDDEN, to: 'elsewhere' },
  trip_enter_jurisdiction: { from: ['elsewhere'], to: 'on_trip' },
  battery_low: { from: STOPPABLE, to: 'non_operational', adds: 'battery' },
  battery_charged: { from: ['non_operational'], to: 'available', ends: ['battery'] },
  off_hours: { from: STOPPABLE, to: 'non_operational', adds: 'hours' },
  on_hours: { from: ['non_operational'], to: 'available', ends: ['hours'] },
  system_suspend: { from: STOPPABLE, to: 'non_operational', adds: 'system' },
  system_resume: { from: ['non_operational'], to: 'available', ends: ['system'] },
  unspecified_stop: { from: STOPPABLE, to: 'non_operational', adds: 'other' },
  unspecified_resume: { from: ['non_operational'], to: 'available', ends: ['other'] },
  maintenance_start: { from: [...STOPPABLE, 'on_trip', 'unknown'], to: 'non_operational', adds: 'maintenance' },
  maintenance_end: { from: OUT, to: 'available', ends: ['maintenance'] },
  maintenance_pick_up: { from: PICKABLE, to: 'removed', adds: 'maintenance' },
  rebalance_pick_up: { from: PICKABLE, to: 'removed' },
  agency_pick_up: { from: PICKABLE, to: 'removed' },
  compliance_pick_up: { from: PICKABLE, to: 'removed' },
  decommissioned: { from: [...PICKABLE, 'removed'], to: 'removed', adds: 'scrap' },
  provider_drop_off: { from: PLACED, to: 'available', ends: PASSING },
  agency_drop_off: { from: PLACED, to: 'available' },
  missing: { from: ANYWHERE, to: 'unknown' },
  comms_lost: { from: ANYWHERE, to: 'unknown' },
  located: { from: ['unknown'], to: 'back' },
  comms_restored: { from: ['unknown'], to: 'back' },
} as const satisfies Record<string, Rule>
export type EventType = keyof typeof EVENTS
export const EVENT_TYPES = Object.keys(EVENTS) as [EventType, ...EventType[]]

/** How a vehicle stands: its state, what keeps it out of service, where it was before contact was lost. */
export interface Standing {
  state: State
  causes: Cause[]
  lostFrom: State | null
}

/** How a vehicle stands that is registered and was not set down yet. */
export const REGISTERED: Standing = { state: 'removed', causes: [], lostFrom: null }

const DROP_OFFS: ReadonlySet<EventType> = new Set(['provider_drop_off', 'agency_drop_off'])

/** How a vehicle stands after an event, and whether the event was legal where it stood: it is never rejected. */
export function apply(before: Standing, type: EventType): Standing & { legal: boolean } {
  const rule: Rule = EVENTS[type]
  const legal = rule.from.includes(before.state) && !before.causes.includes('scrap')
  const left = before.causes.filter((cause) => !rule.ends?.includes(cause))
  const causes = rule.adds && !left.includes(rule.adds) ? [...left, rule.adds] : left
  const to = rule.to === 'back' ? (before.lostFrom ?? 'available') : rule.to
  const state = settled(to, type, before.state, causes)
  const lostFrom = state === 'unknown' ? (before.lostFrom ?? (before.state === 'unknown' ? null : before.state)) : null
  return { state, causes, lostFrom, legal }
}

/** Several events reported as one happen in their order and show as the last: a trip that ends with an empty battery. */
export function applyAll(before: Standing, types: EventType[]): Standing & { legal: boolean } {
  let standing = { ...before, legal: true }
  for (const type of types) {
    const next = apply(standing, type)
    standing = { ...next, legal: standing.legal && next.legal }
  }
  return standing
}

/** Nothing makes a vehicle available that something keeps out, and what was carried off stays away until it is set down. */
function settled(to: State, type: EventType, from: State, causes: Cause[]): State {
  if (causes.includes('scrap')) return 'removed'
  if (to === 'non_operational') return from === 'removed' ? 'removed' : to
  if (causes.length === 0 || (to !== 'available' && to !== 'reserved')) return to
  return from === 'removed' && !DROP_OFFS.has(type) ? 'removed' : 'non_operational'
}

/** An event as its order needs it. */
export interface Dated {
  id: string
  occurredAt: number
}

/** The order in which events happened, whenever they arrived. */
export function byTime(a: Dated, b: Dated): number {
  return a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}
