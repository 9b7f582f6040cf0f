import { DateTime } from 'luxon'
import { z } from 'zod'
import type { Calendar } from '../../lib/calendar.ts'
import { oneOf } from '../../lib/one-of.ts'
import { type Span, spanOf, spanSchema } from '../../lib/span.ts'

const identifier = z.string().regex(/^[a-z][a-z0-9_]*$/, 'use lower-case letters, digits and underscores')
const eventSchema = z.string().regex(/^[a-z][a-z0-9_.]*$/, 'write the name of an event such as "payment.received"')
/** One event by its name, or several. */
export const eventsSchema = oneOf<string | string[]>([z.array(eventSchema).min(1).max(5)], (value) =>
  Array.isArray(value) ? z.array(eventSchema).min(1).max(5) : eventSchema,
)
export const answerSchema = z.string().regex(/^[a-z_0-9]+\.[a-z][a-z_0-9]*$/i, 'write <step>.<field>')
const answersSchema = z.array(answerSchema).min(1).max(5)

const namedDaySchema = z.strictObject({
  /** Where the day (or minute) was named; of several steps, the one that was done last counts. */
  answer: oneOf<string | string[]>([answersSchema], (value) => (Array.isArray(value) ? answersSchema : answerSchema)),
  /** How long when nobody has named one. */
  else: spanSchema,
})

/** What a step that waits for an event from outside says. */
export const waitSchema = z.strictObject({
  /** The event, or several of which the first counts. */
  for: eventsSchema,
  /** How long at most: so long, or to the day that somebody named in an answer. */
  until: oneOf<string | z.infer<typeof namedDaySchema>>([namedDaySchema], (value) =>
    typeof value === 'object' && value !== null ? namedDaySchema : spanSchema,
  ),
  timeout: identifier,
  /** From when on an event counts: from the start of the run, or of the waiting. */
  since: z.enum(['start', 'wait']).default('wait'),
})
export type WaitSource = z.infer<typeof waitSchema>

/** Where in a run's answers something stands. */
export interface AnswerPlace {
  step: string
  field: string
}

/** The day or minute that a person named for the end of a wait. */
export interface NamedDay {
  answers: AnswerPlace[]
  else: Span
}

/** A wait as it is frozen into its flow. */
export interface Wait extends Omit<WaitSource, 'until'> {
  until: Span | NamedDay
}

export type Answers = Record<string, Record<string, unknown>>

/** A wait with its spans in milliseconds. */
export function freezeWait({ until, ...wait }: WaitSource, workdayMs: number): Wait {
  if (typeof until === 'string') return { ...wait, until: spanOf(until, workdayMs) }
  return { ...wait, until: { answers: placesIn(until.answer).map(splitPlace), else: spanOf(until.else, workdayMs) } }
}

/** A `<step>.<field>` in its two parts. */
export function splitPlace(answer: string): AnswerPlace {
  const [step = '', field = ''] = answer.split('.')
  return { step, field }
}

/** Whether a wait ends with this event. */
export function waitsFor(wait: Pick<Wait, 'for'> | undefined, event: string): boolean {
  return wait !== undefined && eventsOf(wait).includes(event)
}

/** The events of which any ends a wait. */
export function eventsOf(wait: Pick<Wait, 'for'>): string[] {
  return [wait.for].flat()
}

/** The `<step>.<field>` in which the end of a wait can be named. */
export function placesIn(answer: string | string[]): string[] {
  return [answer].flat()
}

/** The instant after which a span has passed, by the clock on the wall or in working time. */
export function afterSpan(calendar: Calendar, from: number, { ms, working }: Span): number {
  return working ? calendar.add(from, ms) : from + ms
}

/**
 * When a wait that begins now is over at the latest. A day that somebody named begins with its first working time (on a
 * day off, with the next that comes); a minute is that minute; what has passed already is now.
 */
export function wakeOf({ until }: Wait, answers: Answers, calendar: Calendar, now: number): number {
  if (!('answers' in until)) return afterSpan(calendar, now, until)
  const at = instantOf(lastNamed(until, answers), calendar)
  return at === undefined ? afterSpan(calendar, now, until.else) : Math.max(at, now)
}

/** What was named in the step that was done last; undefined when nothing was. */
function lastNamed({ answers: places }: NamedDay, answers: Answers): unknown {
  let newest: { at: number; named: unknown } | undefined
  for (const { step, field } of places) {
    const given = answers[step]
    if (given && Number(given.at) >= (newest?.at ?? 0)) newest = { at: Number(given.at), named: given[field] }
  }
  return newest?.named
}

/** The instant that an answer names: the minute, or the first working time of the day; undefined where it names none. */
export function instantOf(named: unknown, calendar: Calendar): number | undefined {
  if (typeof named !== 'string') return undefined
  const at = DateTime.fromSQL(named, { zone: calendar.zone })
  if (!at.isValid) return undefined
  return named.length > 10 ? at.toMillis() : calendar.nextWorking(at.toMillis())
}
