import { z } from 'zod'
import type { Event } from '../../engines/events/event.ts'
import { type Condition, conditionSchema } from '../../lib/condition.ts'

/** What a fact is: a number, an instant, a day of any year (1123), a text, or whatever the event had there. */
export type FactKind = 'number' | 'time' | 'month_day' | 'text' | 'any'

/** Events that a fact is made of. */
export interface FactSource {
  /** Undefined: every event. */
  names?: ReadonlySet<string>
  by?: Event['actorType']
  when?: Condition
  /** These take away what the others add. */
  minus?: boolean
}

/** One thing that is known of a customer by what happened: how often, how much, when last. */
export interface Fact {
  fact: string
  how: 'count' | 'sum' | 'last' | 'first' | 'distinct' | 'gap'
  kind: FactKind
  sources: FactSource[]
  /** Where in the event's data the value stands; without it, of `last` and `first`, the time counts. */
  of?: string
  /** Only the last so many days count, today included. */
  days?: number
}

const identifier = z.string().regex(/^[a-z][a-z0-9_]*$/, 'use lower-case letters, digits and underscores')
const eventName = z
  .string()
  .regex(/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$/, 'write the name of an event such as "payment.received"')
const eventNames = z.union([eventName, z.array(eventName).min(1)])
const days = z.string().regex(/^\d{1,3} ?d$/, 'write whole days such as "30 d"')
const dataPath = z.string().regex(/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/, 'is not a field path such as "customer.tier"')

const WAYS = ['count', 'sum', 'last', 'first', 'distinct', 'gap'] as const

/** A fact as packs write it: `{ fact: suv_rentals, title: …, count: rental.returned, when: { class: suv }, within: 365 d }`. */
export const factSchema = z
  .strictObject({
    fact: identifier,
    title: z.string().min(1).max(20),
    count: eventNames.optional(),
    sum: eventNames.optional(),
    last: eventNames.optional(),
    first: eventNames.optional(),
    distinct: eventNames.optional(),
    /** The days between the last two. */
    gap: eventNames.optional(),
    /** Events that take away again: a refund from what was paid. */
    minus: eventNames.optional(),
    of: dataPath.optional(),
    when: conditionSchema.optional(),
    within: days.optional(),
  })
  .superRefine((source, issues) => {
    const complain = (path: string, message: string) => issues.addIssue({ code: 'custom', path: [path], message })
    const [way, more] = WAYS.filter((one) => source[one] !== undefined)
    if (!way) return complain('fact', `say how it is made: ${WAYS.join(', ')}`)
    if (more) complain(more, `a fact is made in one way: there is "${way}" already`)
    if (!source.of && (way === 'sum' || way === 'distinct')) complain(way, `"${way}" needs "of": which value`)
    if (source.of && (way === 'count' || way === 'gap')) complain('of', `"of" means nothing for "${way}"`)
    if (source.minus && way !== 'count' && way !== 'sum') complain('minus', `"minus" means nothing for "${way}"`)
    if (source.within && !['count', 'sum', 'distinct'].includes(way))
      complain('within', `"within" means nothing for "${way}"`)
  })
export type FactYaml = z.infer<typeof factSchema>

/** A pack's fact, made ready for counting. */
export function factOf(yaml: FactYaml): Fact {
  const how = WAYS.find((way) => yaml[way] !== undefined) ?? 'count'
  const { fact, of, when, minus, within } = yaml
  const source = (names: string | string[] = []) => ({ names: new Set([names].flat()), ...(when && { when }) })
  return {
    fact,
    how,
    kind: how === 'last' || how === 'first' ? (of ? 'any' : 'time') : 'number',
    sources: [source(yaml[how]), ...(minus ? [{ ...source(minus), minus: true }] : [])],
    ...(of && { of }),
    ...(within && { days: Number.parseInt(within, 10) }),
  }
}

const ORDER = new Set(['order.paid'])
const REFUND = new Set(['refund.made'])
const RIDE = new Set(['ride.ended'])
const PROFILE = new Set(['customer.profiled'])
/** Customer and house have had to do with each other, whoever reports it. */
const CONTACT = new Set([
  'customer.registered',
  'customer.contact_left',
  'interaction.recorded',
  'customer.asked',
  'ticket.replied',
  'quote.sent',
  'contract.signed',
  'order.placed',
  'order.paid',
  'ride.ended',
])

/** The facts that every house knows; a pack may make one of them in its own way. */
export const CORE_FACTS: readonly Fact[] = [
  {
    fact: 'registered_at',
    how: 'first',
    kind: 'time',
    sources: [{ names: new Set(['customer.registered', 'customer.contact_left']) }],
  },
  { fact: 'last_seen_at', how: 'last', kind: 'time', sources: [{ by: 'customer' }] },
  { fact: 'last_interaction_at', how: 'last', kind: 'time', sources: [{ by: 'customer' }, { names: CONTACT }] },
  { fact: 'orders', how: 'count', kind: 'number', sources: [{ names: ORDER }] },
  { fact: 'last_order_at', how: 'last', kind: 'time', sources: [{ names: ORDER }] },
  { fact: 'order_gap_days', how: 'gap', kind: 'number', sources: [{ names: ORDER }] },
  {
    fact: 'spent_fen',
    how: 'sum',
    kind: 'number',
    sources: [{ names: ORDER }, { names: REFUND, minus: true }],
    of: 'amount',
  },
  { fact: 'rides', how: 'count', kind: 'number', sources: [{ names: RIDE }] },
  { fact: 'last_ride_at', how: 'last', kind: 'time', sources: [{ names: RIDE }] },
  { fact: 'ride_gap_days', how: 'gap', kind: 'number', sources: [{ names: RIDE }] },
  { fact: 'tickets', how: 'count', kind: 'number', sources: [{ names: new Set(['ticket.opened']) }] },
  {
    fact: 'fault_reports',
    how: 'count',
    kind: 'number',
    sources: [{ names: new Set(['fault.confirmed']) }],
    days: 90,
  },
  { fact: 'birthday', how: 'last', kind: 'month_day', sources: [{ names: PROFILE }], of: 'birthday' },
  { fact: 'region', how: 'last', kind: 'text', sources: [{ names: PROFILE }], of: 'region' },
]
