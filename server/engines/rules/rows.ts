import { NotFound } from '../../lib/errors.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { definitionById } from '../definitions/definitions.ts'
import type { RuleVersion } from './hooks.ts'
import { programOf } from './program.ts'
import type { Rule } from './rule.ts'
import { type Outcome, RuleRun } from './run.ts'
import { traceRun } from './traces.ts'

/** A run that has just begun. */
export const EMPTY_RUN = {
  state: 'running' as const,
  outcome: null,
  arrived: false,
  arrivedId: null,
  heldSince: null,
  round: 0,
  attempts: 0,
  staggered: false,
  endedAt: null,
  version: 0,
}

/** The rule of a run, in the version with which it began. */
export async function ruleOf(tx: Tx, run: Pick<RuleRun, 'definitionId'>): Promise<Rule> {
  return (await definitionById<Rule>(tx, run.definitionId)).body
}

/** A run by its id. Throws NotFound. */
export async function runById(tx: Tx, id: string): Promise<RuleRun> {
  const run = await tx.get(RuleRun, id)
  if (!run) throw new NotFound('rule_run')
  return run
}

/** Writes a change of a run if it is still as it was read; otherwise the transaction runs again. */
export async function changeRun(tx: Tx, run: RuleRun, changes: Partial<RuleRun>): Promise<void> {
  const next = { ...changes, version: run.version + 1 }
  if (!(await tx.update(RuleRun, run.id, next, { version: run.version }))) throw new LostRace()
  Object.assign(run, next)
}

/** Sends a run to a node, to be taken on at once. */
export function goTo(tx: Tx, run: RuleRun, node: string | null, more: Partial<RuleRun> = {}): Promise<void> {
  return changeRun(tx, run, {
    node,
    arrived: false,
    arrivedId: null,
    wakeAt: tx.now,
    heldSince: null,
    attempts: 0,
    ...more,
  })
}

/** Lets a run begin anew, in the version that is in force: what it did stays done, what comes is of another round. */
export async function restartRun(
  tx: Tx,
  run: RuleRun,
  version: RuleVersion,
  { occasion, sinceId, wakeAt = tx.now }: Pick<RuleRun, 'occasion' | 'sinceId'> & { wakeAt?: number },
): Promise<void> {
  const memory = { ...run.memory, answers: {}, given: {} }
  const { first } = programOf(version.body)
  await goTo(tx, run, first, { definitionId: version.id, occasion, sinceId, memory, round: run.round + 1, wakeAt })
}

/** Ends a run. */
export async function endRun(
  tx: Tx,
  run: RuleRun,
  outcome: Outcome,
  data: Record<string, unknown> = {},
): Promise<void> {
  await traceRun(tx, run, 'over', { ...data, outcome })
  await changeRun(tx, run, { state: 'ended', outcome, endedAt: tx.now, openKey: null, wakeAt: null, arrived: false })
  for (const hear of enders) await hear(tx, run)
}

type HearEnd = (tx: Tx, run: RuleRun) => Promise<void>
const enders: HearEnd[] = []

/** Lets what a run has set going (a card that waits for an answer) hear of its end. */
export function onRuleEnd(hear: HearEnd): void {
  if (!enders.includes(hear)) enders.push(hear)
}
