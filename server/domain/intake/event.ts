import { z } from 'zod'
import { type Objection, readBy } from '../../engines/api/objection.ts'
import { type DeclaredEvent, dataObjection } from '../../engines/packs/events.ts'
import { DAY, MINUTE } from '../../lib/clock.ts'
import { instantOf, instantSchema } from '../../lib/instant.ts'
import { plainData } from '../../lib/plain-data.ts'
import { type Given, givenSchema } from '../customers/given.ts'
import { nameRefused } from './names.ts'

/** Clocks of others go wrong by as much; what is later than now counts as now. */
const AHEAD_MS = 10 * MINUTE
/** Nothing that is older says anything about a customer of today. */
const OLDEST_MS: Record<From, number> = { system: 5 * 365 * DAY, app: 30 * DAY }

/** Who reports: an outside system, or the customer's own app. */
export type From = 'system' | 'app'

const base = {
  /** Its own name where it comes from: the same id again is the same event. */
  id: z.string().regex(/^[\w.:@/+=-]{1,100}$/),
  name: z
    .string()
    .max(60)
    .regex(/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$/),
  /** When it happened; not told: now. */
  at: instantSchema.optional(),
  data: plainData.optional(),
}

/** An event as an outside system reports it. */
export const eventSchema = z.strictObject({ ...base, customer: givenSchema })
/** An event as the customer's app reports it: the session or the device says whose it is. */
export const appEventSchema = z.strictObject({ ...base, at: instantSchema })

/** An event that is right as far as it can be told without looking anything up. */
export interface Reported {
  id: string
  name: string
  at: number
  data: Record<string, unknown>
}

/** What is wrong with a well-formed event, or undefined. */
export function eventObjection(
  { name, at, data }: Reported,
  now: number,
  from: From,
  declared: ReadonlyMap<string, DeclaredEvent>,
): Objection | undefined {
  const own = declared.get(name)
  const refused = nameRefused(name, from, own !== undefined && (from === 'system' || own.app))
  if (refused) return { field: 'name', ...refused }
  if (at > now + AHEAD_MS) return { field: 'at', why: 'event_future', data: { minutes: AHEAD_MS / MINUTE } }
  if (at < now - OLDEST_MS[from]) return { field: 'at', why: 'event_old', data: { days: OLDEST_MS[from] / DAY } }
  // It would speak to a rule's run as only the house does.
  if (Object.hasOwn(data, 'rule_run')) return { field: 'data.rule_run', why: 'value_unknown' }
  return own && dataObjection(own, data)
}

/** An event as a system sends it, read as far as it can be without looking anything up. */
export function readEvent(
  given: unknown,
  now: number,
  declared: ReadonlyMap<string, DeclaredEvent>,
): { event: Reported; customer: Given } | { objection: Objection } {
  const read = readBy(eventSchema, given)
  if ('objection' in read) return read
  const event = reported(read.data, now)
  const objection = eventObjection(event, now, 'system', declared)
  return objection ? { objection } : { event, customer: read.data.customer }
}

/** A parsed event with its time as a number. */
export function reported(
  { id, name, at, data }: Pick<z.infer<typeof eventSchema>, 'id' | 'name' | 'at' | 'data'>,
  now: number,
): Reported {
  return { id, name, at: at === undefined ? now : instantOf(at), data: data ?? {} }
}
