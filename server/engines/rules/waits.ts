import { DateTime } from 'luxon'
import { DAY } from '../../lib/clock.ts'
import { clockParts } from '../../lib/clock-time.ts'
import { compile, pathsOf } from '../../lib/condition.ts'
import type { Tx } from '../../lib/tx.ts'
import { WEEKDAYS } from '../../lib/workday.ts'
import { isZone } from '../../lib/zone.ts'
import type { Event } from '../events/event.ts'
import { instantOf } from './dates.ts'
import { happenedSince } from './happened.ts'
import { type Known, occasionOf, valueAt } from './known.ts'
import { listOf, programOf } from './program.ts'
import { goTo } from './rows.ts'
import type { Node, Rule } from './rule.ts'
import type { RuleRun } from './run.ts'
import type { WaitDate, WaitFor, WaitUntil } from './steps.ts'
import { afterSpan, calendarOf } from './times.ts'
import { traceRun } from './traces.ts'

/** When a wait that begins now is over; undefined where it waits for a date that is not known. */
export async function waitEnds(
  rule: Rule,
  wait: string | WaitUntil | WaitDate,
  known: Known,
  now: number,
): Promise<number | undefined> {
  if (typeof wait === 'string') return afterSpan(rule, now, wait)
  const { customer } = await known.data(['customer.zone'])
  const own = valueAt(customer, 'zone')
  const zone = typeof own === 'string' && isZone(own) ? own : rule.zone
  if ('until' in wait) return nextTime(rule, { zone, ...wait }, now)
  const value = valueAt(await known.data([wait.date]), wait.date)
  return instantOf(value, { ...wait, zone })
}

/** The next such time of day on such a day, now included. */
function nextTime(rule: Rule, { until, on, zone }: WaitUntil & { zone: string }, now: number): number {
  const calendar = calendarOf(rule)
  const here = DateTime.fromMillis(now, { zone }).startOf('day')
  for (let ahead = 0; ahead < 370; ahead++) {
    const day = here.plus({ days: ahead })
    const at = day.set(clockParts(until)).toMillis()
    if (at < now) continue
    if (on === 'any') return at
    if (Array.isArray(on) ? on.includes(WEEKDAYS[day.weekday - 1] as (typeof WEEKDAYS)[number]) : isWorkday(day))
      return at
  }
  return now + DAY

  function isWorkday(day: DateTime): boolean {
    if (!calendar) return day.weekday <= 5
    return calendar.between(day.toMillis(), day.plus({ days: 1 }).toMillis()) > 0
  }
}

/** The names of the events that a run waits for at a step. */
export function namesIn({ first_of: ways }: WaitFor): string[] {
  return ways.flatMap(({ event }) => event)
}

/**
 * Sends a run into the branch of what happened first, if any of this did since an id. The log decides, not the moment
 * of hearing: nothing is missed, however late the run looks.
 */
export async function takeBranch(
  tx: Tx,
  run: RuleRun,
  rule: Rule,
  node: Node,
  wait: WaitFor,
  known: Known,
  sinceId: string,
): Promise<boolean> {
  for (const event of await happenedSince(tx, run, rule, namesIn(wait), sinceId)) {
    const n = await branchOf(wait, event, known)
    if (n === undefined) continue
    const answer = occasionOf(event)
    await traceRun(tx, run, 'happened', { event: event.name, at: event.at, answer: told(answer), way: n })
    const memory = { ...run.memory, answers: { ...run.memory.answers, [wait.as]: answer } }
    await goTo(tx, run, listOf(programOf(rule), node, n), { memory })
    return true
  }
  return false
}

async function branchOf(wait: WaitFor, event: Event, known: Known): Promise<number | undefined> {
  for (const [n, { event: names, if: condition }] of wait.first_of.entries()) {
    if (![names].flat().includes(event.name)) continue
    if (!condition) return n
    const data = { ...(await known.data(pathsOf(condition))), event: occasionOf(event) }
    if (compile(condition)(data)) return n
  }
  return undefined
}

/** What the trace keeps of an answer: what is short. */
function told(answer: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(answer).filter(([, value]) => typeof value !== 'object' && String(value).length <= 60),
  )
}
