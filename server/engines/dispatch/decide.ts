import { MINUTE } from '../../lib/clock.ts'
import { MovingPoints, metresBetween, type Point } from '../../lib/geo.ts'
import type { DispatchRule } from './rule.ts'

/** Somebody who can be sent, as things stand now. */
export interface WorkerState {
  id: string
  onDuty: boolean
  /** When their break ends; null: they are not on a break. */
  breakUntil: number | null
  skills: string[]
  zones: string[]
  /** Where they will be: the place of the last job they were given, else where they were last seen. */
  at: Point | null
  /** How many open steps they have. */
  load: number
  capacity: number
}

/** What has to be done. */
export interface Job {
  place?: Point
  /** The zone of the place, if it lies in one. */
  zone?: string
  skills: string[]
  urgent: boolean
  /** What was promised. */
  dueAt: number | null
  /** Who was asked before. */
  asked: ReadonlySet<string>
  /** Who has been given as much as one may. */
  full?: ReadonlySet<string>
  /** Who did it last time. */
  previousId?: string
}

/** Why somebody was chosen; `tier` tells how far down one had to go. */
export interface Why {
  tier: 'previous' | 'free' | 'away'
  metres?: number
  minutes?: number
  load: number
  capacity: number
  /** Skills that are needed and that they have not. */
  lacks?: string[]
  zone?: 'own' | 'any' | 'foreign'
}

/** Somebody is asked, or it waits until hands are free, or it goes to the role above. */
export type Decision =
  | { kind: 'offer'; worker: WorkerState; score: number; why: Why }
  | { kind: 'wait' }
  | { kind: 'overflow' }

/** Everybody who can be sent, and who of them is nearest. */
export interface Crew {
  workers: ReadonlyMap<string, WorkerState>
  /** Where those on duty are. */
  places: MovingPoints
}

/** A score of 1 is as bad as half an hour on the way. */
const HALF_HOUR = 30

/** The crew of a list of workers. */
export function crewOf(workers: WorkerState[]): Crew {
  const places = new MovingPoints()
  for (const { id, onDuty, at } of workers) if (onDuty) places.set(id, at)
  return { workers: new Map(workers.map((worker) => [worker.id, worker])), places }
}

/**
 * Who is sent. Whoever did it last time if they are on duty; else the best of those on duty with hands free; else of
 * those on a break. While somebody who was not asked is only busy, it waits; else it goes to the role above.
 *
 * People are scored, not filtered: by the way there, what they have to do already, skills, zone, and how late they would
 * be. Whoever stands nowhere comes after those who stand somewhere, and whoever has other zones comes last.
 */
export function decide(rule: DispatchRule, job: Job, crew: Crew, now: number): Decision {
  const previous = job.previousId ? crew.workers.get(job.previousId) : undefined
  if (previous?.onDuty && !job.asked.has(previous.id)) return offer(rule, job, previous, now, 'previous')
  const askable = ({ id, load, capacity }: WorkerState) => !job.asked.has(id) && !job.full?.has(id) && load < capacity
  const best = nearby(rule, job, crew, now, askable) ?? bestOf(rule, job, crew, now, askable, 'free')
  if (best) return best
  const onBreak = bestOf(rule, job, crew, now, askable, 'away')
  if (onBreak) return onBreak
  for (const { id, onDuty } of crew.workers.values()) if (onDuty && !job.asked.has(id)) return { kind: 'wait' }
  return { kind: 'overflow' }
}

type Offer = Extract<Decision, { kind: 'offer' }>

/** The best of those who stand somewhere and may work there, from the nearest on until no other can be better. */
function nearby(
  rule: DispatchRule,
  job: Job,
  crew: Crew,
  now: number,
  askable: (worker: WorkerState) => boolean,
): Offer | undefined {
  if (!job.place) return undefined
  let best: Offer | undefined
  const fits = (id: string) => {
    const worker = crew.workers.get(id)
    return worker !== undefined && askable(worker) && zoneOf(worker, job) !== 'foreign'
  }
  for (const { key, metres } of crew.places.nearest(job.place, fits)) {
    const least = (rule.weights.distance * metres) / rule.metresPerMinute / HALF_HOUR
    if (best && least >= best.score) return best
    const next = offer(rule, job, crew.workers.get(key) as WorkerState, now, 'free')
    if (!best || next.score < best.score) best = next
  }
  return best
}

function bestOf(
  rule: DispatchRule,
  job: Job,
  { workers }: Crew,
  now: number,
  askable: (worker: WorkerState) => boolean,
  tier: 'free' | 'away',
): Offer | undefined {
  let best: { offer: Offer; rank: number } | undefined
  for (const worker of workers.values()) {
    const there = tier === 'free' ? worker.onDuty : !worker.onDuty && worker.breakUntil !== null
    if (!there || !askable(worker)) continue
    const next = { offer: offer(rule, job, worker, now, tier), rank: rankOf(worker, job) }
    if (!best || next.rank < best.rank || (next.rank === best.rank && next.offer.score < best.offer.score)) best = next
  }
  return best?.offer
}

function rankOf(worker: WorkerState, job: Job): number {
  const nowhere = job.place && !worker.at ? 1 : 0
  return zoneOf(worker, job) === 'foreign' ? 2 + nowhere : nowhere
}

function zoneOf({ zones }: WorkerState, { zone, place }: Job): NonNullable<Why['zone']> {
  if (zones.length === 0 || !place) return 'any'
  return zone !== undefined && zones.includes(zone) ? 'own' : 'foreign'
}

const OF_ZONE = { own: 0, any: 0.5, foreign: 1 }

function offer(rule: DispatchRule, job: Job, worker: WorkerState, now: number, tier: Why['tier']): Offer {
  const { weights } = rule
  const metres = job.place && worker.at ? metresBetween(worker.at, job.place) : undefined
  const minutes = metres === undefined ? 0 : metres / rule.metresPerMinute
  const lacks = job.skills.filter((skill) => !worker.skills.includes(skill))
  const zone = zoneOf(worker, job)
  const lateMs = job.dueAt === null ? 0 : Math.max(0, now + minutes * MINUTE - job.dueAt)
  const score =
    weights.distance * (minutes / HALF_HOUR) +
    // What is urgent goes to whoever can begin at once.
    weights.load * (worker.load / worker.capacity) * (job.urgent ? 2 : 1) +
    weights.skill * (job.skills.length === 0 ? 0 : lacks.length / job.skills.length) +
    weights.zone * OF_ZONE[zone] +
    weights.promised * Math.min(1, lateMs / MINUTE / HALF_HOUR)
  const why: Why = {
    tier,
    ...(metres !== undefined && { metres: Math.round(metres), minutes: Math.ceil(minutes) }),
    load: worker.load,
    capacity: worker.capacity,
    ...(lacks.length > 0 && { lacks }),
    ...(job.zone !== undefined && { zone }),
  }
  return { kind: 'offer', worker, score, why }
}
