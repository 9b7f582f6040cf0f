import { type Condition, pathsOf } from '../../lib/condition.ts'
import type { Tx } from '../../lib/tx.ts'
import { happenedSince, stopEvent } from './happened.ts'
import type { Known } from './known.ts'
import { programOf } from './program.ts'
import { goTo } from './rows.ts'
import type { Rule, Stop } from './rule.ts'
import type { RuleRun } from './run.ts'
import { traceRun } from './traces.ts'

/** Whether a run is past its own end already and only does what is done on the way out. */
export function isLeaving(run: Pick<RuleRun, 'node'>): boolean {
  return run.node?.startsWith('stop/') ?? false
}

/** Why a run is to stop now, or undefined: by what has happened since it set out, and by what is known now. */
export async function reasonToStop(
  tx: Tx,
  run: RuleRun,
  rule: Rule,
  known: Known,
): Promise<Record<string, unknown> | undefined> {
  if (!rule.stop || isLeaving(run)) return undefined
  const { by, reasons } = rule.stop
  const names = reasons.flatMap(({ event }) => event ?? [])
  const events = await happenedSince(tx, run, rule, names, run.sinceId)
  const found = await Promise.all(reasons.map((reason) => grounds(reason, events, known)))
  const enough = by === 'all' ? found.every((one) => one) : found.some((one) => one)
  return enough ? found.find((one) => one) : undefined
}

/** Sends a run out: what is done on the way out comes next. */
export async function stopRun(tx: Tx, run: RuleRun, rule: Rule, why: Record<string, unknown>): Promise<void> {
  await traceRun(tx, run, 'stopped', why)
  await goTo(tx, run, programOf(rule).stopped, { memory: { ...run.memory, stopped: true } })
}

async function grounds(
  reason: Stop,
  events: Parameters<typeof stopEvent>[1],
  known: Known,
): Promise<Record<string, unknown> | undefined> {
  if (reason.event) {
    const event = stopEvent(reason, events)
    return event && { event: event.name, at: event.at }
  }
  const condition = reason.if as Condition
  return (await known.holds(condition)) ? { values: await known.values(pathsOf(condition)) } : undefined
}
