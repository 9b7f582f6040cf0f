import { z } from 'zod'
import { clockTime } from '../../lib/clock-time.ts'
import { conditionSchema } from '../../lib/condition.ts'
import { oneOf } from '../../lib/one-of.ts'
import { identifier } from '../flows/step-source.ts'
import { type Near, nearSchema } from './near.ts'
import { daysSchema, pathSchema, wallSpan } from './terms.ts'

/** The name of an event, as packs write it. */
export const eventName = z
  .string()
  .regex(/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$/, 'write the name of an event such as "payment.received"')

export const offsetSchema = z
  .string()
  .regex(/^[-+]?\d+(\.\d+)? ?(min|h|d)$/, 'write an offset such as "-30 d", "2 h" or "0 d"')

const shapes = {
  /** Something happens; `where` asks only for the event itself. */
  event: z.strictObject({
    event: z.union([eventName, z.array(eventName).min(1).max(20)]),
    where: conditionSchema.optional(),
    /** Only where it happened in a zone of the pack, or so near to it. */
    near: nearSchema.optional(),
  }),
  /** A customer comes into a segment, or leaves it. */
  segment: z.strictObject({ segment: identifier, is: z.enum(['entered', 'left']).default('entered') }),
  /** What is known of somebody or something changes. */
  field: z.strictObject({
    field: pathSchema,
    from: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
    to: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
  }),
  /** A date that is known of somebody or something comes near, comes, or has passed. */
  date: z.strictObject({
    date: pathSchema,
    offset: offsetSchema.default('0 d'),
    /** At this time of that day; without it to the minute. */
    at: clockTime.optional(),
    /** Month and day count, every year: birthdays, anniversaries. */
    yearly: z.boolean().default(false),
    /** For how long it is still worth doing if the house was down, or the date became known late. */
    grace: wallSpan.default('1 d'),
  }),
  /** The clock: once, or for each customer (or whatever is named) that is there. */
  every: z
    .strictObject({
      every: z.enum(['day', 'workday', 'week', 'month', 'year']),
      at: clockTime,
      /** The weekdays of a week, the day of a month (the last where it has fewer), month and day of a year. */
      on: z.union([daysSchema, z.int().min(1).max(31), z.string().regex(/^\d{2}-\d{2}$/)]).optional(),
      each: identifier.optional(),
      /** Of those only who is in this segment. */
      in: identifier.optional(),
      grace: wallSpan.default('2 h'),
    })
    .superRefine(({ every, on }, issues) => {
      const wanted = { day: 'undefined', workday: 'undefined', week: 'object', month: 'number', year: 'string' }[every]
      if (typeof on === wanted) return
      const message = ON[every] ?? 'means nothing here: leave it out'
      issues.addIssue({ code: 'custom', path: ['on'], message })
    }),
}

const ON: Record<string, string> = {
  week: 'write the weekdays, such as "on: [mon, thu]"',
  month: 'write the day of the month, such as "on: 1"',
  year: `write month and day, such as "on: '01-31'"`,
}

type Shapes = { [K in keyof typeof shapes]: z.infer<(typeof shapes)[K]> }
export type EventTrigger = Omit<Shapes['event'], 'near'> & { near?: Near }
export type SegmentTrigger = Shapes['segment']
export type FieldTrigger = Shapes['field']
export type DateTrigger = Shapes['date']
export type ScheduleTrigger = Shapes['every']
export type Trigger = EventTrigger | Exclude<Shapes[keyof Shapes], Shapes['event']>

/** What sets a rule going. */
const triggerSchema = oneOf<Trigger>(Object.values(shapes), (value) => {
  const given = typeof value === 'object' && value !== null ? value : {}
  const kind = (Object.keys(shapes) as (keyof typeof shapes)[]).find((key) => key in given)
  return shapes[kind ?? 'event']
})

/** One trigger or several, any of which sets the rule going. */
export const triggersSchema = oneOf<Trigger | Trigger[]>(
  [triggerSchema, z.array(triggerSchema).min(1).max(8)],
  (value) => (Array.isArray(value) ? z.array(triggerSchema).min(1).max(8) : triggerSchema),
)

/** An event by which a trigger is heard; undefined for those that go by the clock. */
export function eventOf(trigger: Trigger): EventTrigger | undefined {
  if ('event' in trigger) return trigger
  if ('segment' in trigger) {
    // Whoever belongs there because the segment is new, or another one, has done nothing.
    const where = { 'event.segment': trigger.segment, 'event.because': { $ne: 'definition' } }
    return { event: `segment.${trigger.is}`, where }
  }
  if (!('field' in trigger)) return undefined
  const [type = '', ...rest] = trigger.field.split('.')
  const field = rest.join('.')
  const side = (name: 'from' | 'to') => (trigger[name] === undefined ? {} : { [`event.${name}`]: trigger[name] })
  return { event: `${type}.changed`, where: { 'event.field': field, ...side('from'), ...side('to') } }
}
