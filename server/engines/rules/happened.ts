import { compile } from '../../lib/condition.ts'
import type { Tx } from '../../lib/tx.ts'
import { idsBehind } from '../events/aliases.ts'
import { Event } from '../events/event.ts'
import { RULE_RUN } from './hooks.ts'
import { keyOf, occasionOf } from './known.ts'
import type { Rule, Stop } from './rule.ts'
import type { RuleRun } from './run.ts'

/** More than so many are not looked through: what counts comes first. */
const MOST = 200

/** Whether an event is one of a run's: it names the run itself, or has its key, or has none and is the same customer's. */
export function belongsTo(run: Pick<RuleRun, 'id' | 'runKey' | 'customerId'>, { key }: Rule, event: Event): boolean {
  const named = event.data[RULE_RUN]
  if (named !== undefined && named !== null) return named === run.id
  const own = key === 'event' ? undefined : keyOf(key, event)
  if (own !== undefined) return own === run.runKey
  return event.customerId !== null && event.customerId === run.customerId
}

/** The events of a run with one of these names, behind an id, in order of their arrival. */
export async function happenedSince(
  tx: Tx,
  run: RuleRun,
  rule: Rule,
  names: string[],
  sinceId: string,
): Promise<Event[]> {
  if (names.length === 0) return []
  const places = (values: string[]) => values.map(() => '?').join(',')
  const subjects = Object.values(run.subjects)
  const whose = run.customerId ? await idsBehind(tx, run.customerId) : subjects
  const of = `${run.customerId ? 'customerId' : 'subjectId'} IN (${places(whose)})`
  if (whose.length === 0) return []
  const tail = `WHERE ${of} AND id > ? AND name IN (${places(names)}) ORDER BY id LIMIT ${MOST}`
  const found = await tx.find(Event, tail, [...whose, sinceId, ...names])
  // Whatever name they went by then: what happened to a customer happened to them.
  const named = found.map((event) => (run.customerId ? Object.assign(event, { customerId: run.customerId }) : event))
  return named.filter((event) => belongsTo(run, rule, event))
}

/** The first of these events that is what a reason to stop means. */
export function stopEvent({ event: name, where }: Stop, events: Event[]): Event | undefined {
  return events.find((event) => event.name === name && (!where || compile(where)({ event: occasionOf(event) })))
}
