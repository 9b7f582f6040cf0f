import { pathsOf } from '../../lib/condition.ts'
import { NotFound } from '../../lib/errors.ts'
import { explain, type Part } from '../../lib/explain.ts'
import type { Tx } from '../../lib/tx.ts'
import { idsBehind } from '../events/aliases.ts'
import { Event } from '../events/event.ts'
import { Message } from '../messages/message.ts'
import { RuleClock, RuleDate } from './clock.ts'
import type { RuleSwitch } from './heard.ts'
import { house, type RuleVersion, type World } from './hooks.ts'
import { knownOf, occasionOf, subjectsOf } from './known.ts'
import { marketsByBehaviour } from './profiled.ts'
import { type RuleRun, RuleTrace, RuleRun as Run } from './run.ts'
import { stateOf } from './switches.ts'
import { tracesOf } from './traces.ts'
import { type EventTrigger, eventOf, type Trigger } from './trigger.ts'

const MOST_RUNS = 3
const MOST_REFUSALS = 3
/** How many events of a name are looked through for the last one about a segment or a field. */
const FAR = 200

/** Why a rule did, or did not do, something for a customer: what it has noted, and how things stand now (K19). */
export interface Why {
  rule: string
  title: string
  state: RuleSwitch['state']
  /** The last times it set out, with what it did, newest first. */
  runs: { run: RuleRun; traces: RuleTrace[] }[]
  /** The last times it was asked and did not. */
  refusals: RuleTrace[]
  /** What would set it going: when that happened last, or comes next. */
  triggers: TriggerNow[]
  /** The purpose that the customer has refused, so that the rule does nothing for marketing. */
  refused?: string
  /** Its condition as of now; with the last event where it asks for one. */
  condition?: { holds: boolean; parts: Part[] }
}

export interface TriggerNow {
  trigger: Trigger
  /** When what it listens to happened last for this customer; null: never. */
  lastAt?: number | null
  /** What of the event alone keeps it from being meant. */
  unmeant?: Part[]
  /** When it fires next; null: not as things stand. */
  nextAt?: number | null
  /** The date it goes by is not known. */
  unknown?: boolean
}

/** Explains a rule to whoever asks about a customer. Throws NotFound. */
export async function explainRule(tx: Tx, name: string, customerId: string, world: World = house): Promise<Why> {
  const version = world.rules().get(name)
  const runs = await tx.find(Run, `WHERE rule = ? AND customerId = ? ORDER BY id DESC LIMIT ${MOST_RUNS}`, [
    name,
    customerId,
  ])
  if (!version && runs.length === 0) throw new NotFound('rule_unknown', { rule: name })
  const ids = await idsBehind(tx, customerId)
  const refusals = await tx.find(
    RuleTrace,
    `WHERE customerId IN (${ids.map(() => '?').join(',')}) AND rule = ? AND kind IN ('refused', 'missed')
     ORDER BY id DESC LIMIT ${MOST_REFUSALS}`,
    [...ids, name],
  )
  const withTraces = await Promise.all(runs.map(async (run) => ({ run, traces: await delivered(tx, run) })))
  const head = { rule: name, state: await stateOf(tx, name), runs: withTraces, refusals }
  if (!version) return { ...head, title: name, triggers: [] }
  const refused = marketsByBehaviour(version.body, world) ? await world.unprofiled(tx, customerId) : undefined
  const { now, last } = await triggersNow(tx, version, customerId)
  return {
    ...head,
    title: version.body.title,
    triggers: now,
    ...(refused && { refused }),
    ...(await conditionNow(world, tx, version, customerId, last)),
  }
}

/** What a run did, and of its messages to the customer what became of them. */
async function delivered(tx: Tx, { id }: RuleRun): Promise<RuleTrace[]> {
  const traces = await tracesOf(tx, id)
  for (const trace of traces) {
    if (trace.kind !== 'done' || typeof trace.data.effect !== 'string') continue
    const message = await tx.first(Message, 'WHERE dedupKey = ?', [trace.data.effect])
    trace.data = { ...trace.data, delivery: message?.state ?? '' }
  }
  return traces
}

async function triggersNow(
  tx: Tx,
  { body }: RuleVersion,
  customerId: string,
): Promise<{ now: TriggerNow[]; last?: Event }> {
  const now: TriggerNow[] = []
  let last: Event | undefined
  for (const [i, trigger] of body.on.entries()) {
    const heard = eventOf(trigger)
    if (heard) {
      const event = await lastEvent(tx, heard, customerId, thingOf(trigger))
      if (event && (!last || event.id > last.id)) last = event
      const parts = event && heard.where ? explain(heard.where, { event: occasionOf(event) }) : []
      const unmeant = parts.filter(({ holds }) => !holds)
      now.push({ trigger, lastAt: event?.at ?? null, ...(unmeant.length > 0 && { unmeant }) })
    } else if ('date' in trigger) {
      const row = await tx.first(RuleDate, 'WHERE customerId = ? AND clockId = ? ORDER BY wakeAt DESC', [
        customerId,
        `${body.rule}#${i}`,
      ])
      now.push({ trigger, nextAt: row?.wakeAt ?? null, ...(!row && { unknown: true }) })
    } else {
      now.push({ trigger, nextAt: (await tx.get(RuleClock, `${body.rule}#${i}`))?.nextAt ?? null })
    }
  }
  return { now, last }
}

async function conditionNow(
  world: World,
  tx: Tx,
  { body }: RuleVersion,
  customerId: string,
  last: Event | undefined,
): Promise<Pick<Why, 'condition'>> {
  if (!body.if) return {}
  const known = knownOf(world, tx, {
    customerId,
    subjects: last ? subjectsOf(world, last) : { customer: customerId },
    occasion: last ? occasionOf(last) : { name: '', at: tx.now },
  })
  const parts = explain(body.if, await known.data(pathsOf(body.if)))
  return { condition: { holds: await known.holds(body.if), parts } }
}

/** The segment or field of a trigger, and where events name it: what happened with others is beside the point. */
function thingOf(trigger: Trigger): [field: string, thing: string] | undefined {
  if ('segment' in trigger) return ['segment', trigger.segment]
  return 'field' in trigger ? ['field', trigger.field.slice(trigger.field.indexOf('.') + 1)] : undefined
}

async function lastEvent(
  tx: Tx,
  { event }: EventTrigger,
  customerId: string,
  thing: ReturnType<typeof thingOf>,
): Promise<Event | undefined> {
  const names = [event].flat()
  const ids = await idsBehind(tx, customerId)
  const places = (values: string[]) => values.map(() => '?').join(',')
  const tail = `WHERE customerId IN (${places(ids)}) AND name IN (${places(names)}) ORDER BY id DESC LIMIT ${thing ? FAR : 1}`
  const events = await tx.find(Event, tail, [...ids, ...names])
  return thing ? events.find(({ data }) => data[thing[0]] === thing[1]) : events[0]
}
