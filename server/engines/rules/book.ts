import { createHash } from 'node:crypto'
import { compile } from '../../lib/condition.ts'
import type { RuleVersion, World } from './hooks.ts'
import { isNear } from './near.ts'
import type { Rule } from './rule.ts'
import type { Occasion } from './run.ts'
import { isWaitFor, listsIn, type Step } from './steps.ts'
import {
  type DateTrigger,
  type EventTrigger,
  eventOf,
  type FieldTrigger,
  type ScheduleTrigger,
  type Trigger,
} from './trigger.ts'

/** A trigger of a rule that an event may set off. */
export interface Ear {
  version: RuleVersion
  /** Whether it is meant, by what the event alone tells. */
  meant(occasion: { event: Occasion }): boolean
}

/** A trigger that goes by the clock or by what becomes known. */
export interface Clock<T extends Trigger = Trigger> {
  id: string
  version: RuleVersion
  trigger: T
  mark: string
}

/** The rules in force, by what sets them off. */
export interface Book {
  /** By the names of events. */
  ears: ReadonlyMap<string, Ear[]>
  /** Events that runs of these rules may wait or stop for. */
  awaited: ReadonlySet<string>
  schedules: Clock<ScheduleTrigger>[]
  dates: Clock<DateTrigger>[]
  fields: Clock<FieldTrigger>[]
  /** The kinds of which a date or field is watched, with the names of these. */
  watched: ReadonlyMap<string, readonly string[]>
}

const books = new WeakMap<ReadonlyMap<string, RuleVersion>, Book>()

/** The rules of a world by what sets them off, put together once for each state of the packs. */
export function bookOf(world: World): Book {
  const rules = world.rules()
  let book = books.get(rules)
  if (!book) {
    book = makeBook([...rules.values()])
    books.set(rules, book)
  }
  return book
}

/** Puts rules together by what sets them off. */
export function makeBook(versions: RuleVersion[]): Book {
  const ears = new Map<string, Ear[]>()
  const awaited = new Set<string>()
  const clocks = versions.flatMap((version) =>
    version.body.on.map((trigger, i) => ({
      id: `${version.body.rule}#${i}`,
      version,
      trigger,
      mark: markOf(version, trigger),
    })),
  )
  for (const { version, trigger } of clocks) {
    const heard = eventOf(trigger)
    if (!heard) continue
    const ear = { version, meant: testOf(heard) }
    for (const name of [heard.event].flat()) ears.set(name, [...(ears.get(name) ?? []), ear])
  }
  for (const { body } of versions) for (const name of awaitedBy(body)) awaited.add(name)
  const of = <T extends Trigger>(key: string) => clocks.filter(({ trigger }) => key in trigger) as Clock<T>[]
  const [dates, fields] = [of<DateTrigger>('date'), of<FieldTrigger>('field')]
  return {
    ears,
    awaited,
    schedules: of<ScheduleTrigger>('every'),
    dates,
    fields,
    watched: watchedBy([...dates.map(({ trigger }) => trigger.date), ...fields.map(({ trigger }) => trigger.field)]),
  }
}

/** The rules that an event sets off, by the event and what is known of the case: in memory, without any run. */
export function setOff(book: Book, data: { event: Occasion; [group: string]: unknown }): RuleVersion[] {
  const found: RuleVersion[] = []
  for (const { version, meant } of book.ears.get(data.event.name) ?? []) {
    const { if: condition } = version.body
    if (meant(data) && (!condition || compile(condition)(data))) found.push(version)
  }
  return found
}

/** The events for which runs of a rule may wait or stop. */
export function awaitedBy(rule: Rule): string[] {
  const names = new Set(rule.stop?.reasons.flatMap(({ event }) => event ?? []))
  const walk = (steps: Step[]) => {
    for (const step of steps) {
      if (isWaitFor(step))
        for (const { event } of step.wait_for.first_of) for (const name of [event].flat()) names.add(name)
      for (const list of listsIn(step)) walk(list)
    }
  }
  walk(rule.steps)
  // What sets it going again reaches the run that is under way.
  if (rule.again === 'restart')
    for (const trigger of rule.on) for (const name of [eventOf(trigger)?.event ?? []].flat()) names.add(name)
  return [...names]
}

function testOf({ where, near }: EventTrigger): Ear['meant'] {
  const fits = where ? compile(where) : () => true
  return near ? (occasion) => fits(occasion) && isNear(near, occasion.event) : fits
}

function watchedBy(paths: string[]): Book['watched'] {
  const fields = new Map<string, string[]>()
  for (const path of new Set(paths)) {
    const [type = '', ...rest] = path.split('.')
    fields.set(type, [...(fields.get(type) ?? []), rest.join('.')])
  }
  return fields
}

function markOf({ body: { zone } }: RuleVersion, trigger: Trigger): string {
  return createHash('sha256')
    .update(JSON.stringify([trigger, zone]))
    .digest('base64url')
}
