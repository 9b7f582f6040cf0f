import { z } from 'zod'
import { type Calendar, type CalendarDefinition, makeCalendar } from '../../lib/calendar.ts'
import { DAY } from '../../lib/clock.ts'
import { clockTime } from '../../lib/clock-time.ts'
import { spanMs, spanSchema } from '../flows/flow.ts'
import type { SummaryRule } from '../flows/summary.ts'
import type { DigestRule } from '../messages/digest.ts'
import type { ContactClass, ContactRule } from '../rules/contacts.ts'
import { type PackProblem, type Source, unknown } from './source.ts'

const contactSchema = z.strictObject({
  per_day: z.int().min(1).max(50).optional(),
  /** In any seven days. */
  per_week: z.int().min(1).max(200).optional(),
  quiet: z.strictObject({ from: clockTime, to: clockTime }).optional(),
})

/** What a pack says of manners beside its quiet hours (C9). */
export const mannersShape = {
  /** Messages of these kinds wait while their receiver is off duty or on a break, unless they are urgent. */
  off_duty: z.strictObject({ holds: z.array(z.string()).default([]) }).default({ holds: [] }),
  /** More than so many cards to one person within so long: further reminders of these kinds become one message. */
  digest: z
    .strictObject({
      more_than: z.int().min(1).max(25),
      within: spanSchema,
      kinds: z.array(z.string()).min(1),
    })
    .optional(),
  /** On working days at this time, each person of these roles gets one message about their open work. */
  summary: z
    .strictObject({
      at: clockTime,
      /** Whose working days count. */
      calendar: z.string(),
      roles: z.array(z.string()).min(1),
      /** Roles that also get the figures of everybody. */
      team: z.array(z.string()).default([]),
    })
    .optional(),
  /**
   * How often, and when, rules may speak to one customer: all of them together, by the class of the message (`marketing`,
   * `service`). A class that is not named is free.
   */
  contacts: z
    .strictObject({
      zone: z.string().default('Asia/Shanghai'),
      marketing: contactSchema.optional(),
      service: contactSchema.optional(),
    })
    .optional(),
  /** A card that nobody accepts: after so much working time its receivers are reminded. */
  reminders: z
    .array(spanSchema)
    .max(5)
    .refine((spans) => spans.every((span, i) => i === 0 || lengthOf(span) > lengthOf(spans[i - 1] ?? '')), {
      message: 'write the spans in ascending order, each longer than the one before',
    })
    .default([]),
}

interface Mannered {
  roles: Record<string, unknown>
  calendars: Record<string, CalendarDefinition>
  digest?: { more_than: number; within: string; kinds: string[] }
  contacts?: { zone: string; marketing?: ContactClass; service?: ContactClass }
  summary?: { at: string; calendar: string; roles: string[]; team: string[] }
}

/** Checks that the manners of a pack point at roles and calendars that it has. */
export function checkManners(head: Mannered, source: Source, problems: PackProblem[]): void {
  const { summary } = head
  if (!summary) return
  if (!head.calendars[summary.calendar]) {
    const reason = unknown('calendar', summary.calendar, Object.keys(head.calendars))
    problems.push(source.problem(['summary', 'calendar'], reason))
  }
  for (const key of ['roles', 'team'] as const) {
    summary[key].forEach((role, index) => {
      if (head.roles[role]) return
      problems.push(source.problem(['summary', key, index], unknown('role', role, Object.keys(head.roles))))
    })
  }
}

/** How rules may speak to customers: as the first pack says that says anything of it. */
export function contactRule({ heads }: { heads: Mannered[] }): ContactRule {
  const { zone, ...classes } = heads.find(({ contacts }) => contacts)?.contacts ?? { zone: 'Asia/Shanghai' }
  return { zone, classes: classes as ContactRule['classes'] }
}

/** The rule for digests in force: that of the first pack. */
export function digestRule({ heads: [head] }: { heads: Mannered[] }): DigestRule | undefined {
  const digest = head?.digest
  return digest && { moreThan: digest.more_than, withinMs: lengthOf(digest.within), kinds: digest.kinds }
}

const calendars = new WeakMap<CalendarDefinition, Calendar>()

/** The rule for morning summaries in force: that of the first pack. */
export function summaryRule({ heads: [head] }: { heads: Mannered[] }): SummaryRule | undefined {
  const summary = head?.summary
  const definition = summary && head.calendars[summary.calendar]
  if (!definition) return undefined
  const calendar = calendars.get(definition) ?? makeCalendar(definition)
  calendars.set(definition, calendar)
  const [hours = 0, minutes = 0] = summary.at.split(':').map(Number)
  return { at: hours * 60 + minutes, calendar, roles: summary.roles, team: summary.team }
}

/** Where no calendar is at hand a working day counts as a whole day. */
function lengthOf(span: string): number {
  return spanSchema.safeParse(span).success ? spanMs(span, DAY) : Number.NaN
}
