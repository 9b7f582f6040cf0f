import { NotFound } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { definitionById } from '../definitions/definitions.ts'
import { type Flow, stepOf } from './flow.ts'
import type { Turn } from './hooks.ts'
import { pausesOf, timesOf } from './ladder.ts'
import { ownFlow } from './own-lists.ts'
import { FlowRun } from './run.ts'
import { FlowStep } from './step.ts'

const LIVE = `state IN ('open', 'waiting')`

/** The flow of a stored version. */
export async function flowOf(tx: Tx, definitionId: string): Promise<Flow> {
  return (await definitionById<Flow>(tx, definitionId)).body
}

/** A step with its run, its flow and its definition. */
export async function turnOf(tx: Tx, stepId: string): Promise<Turn> {
  const step = await tx.memo(`step:${stepId}`, () => stepWithRun(tx, stepId))
  const run = step && (await tx.memo(`run:${step.runId}`, () => tx.get(FlowRun, step.runId)))
  if (!step || !run) throw new NotFound('step')
  const flow = ownFlow(await flowOf(tx, run.definitionId), run)
  return { flow, run, step, definition: stepOf(flow, step.name) }
}

/** A step, read together with its run. */
async function stepWithRun(tx: Tx, stepId: string): Promise<FlowStep | undefined> {
  const found = await tx.pair(FlowStep, FlowRun, 'ON b.id = a.runId WHERE a.id = ?', [stepId])
  if (!found) return undefined
  const [step, run] = found
  // Another step of the same run may have changed it in this transaction.
  await tx.memo(`run:${run.id}`, async () => run)
  return step
}

/** Keeps a step and its run that were read together with something else, for whoever asks in this transaction. */
export async function knowTurn(tx: Tx, step: FlowStep, run: FlowRun): Promise<void> {
  await tx.memo(`run:${run.id}`, async () => run)
  await tx.memo(`step:${step.id}`, async () => step)
}

/** The run of a subject; runs that it has called are part of it. */
export async function runOf(tx: Tx, subjectId: string): Promise<FlowRun | undefined> {
  const run = await tx.first(FlowRun, 'WHERE subjectId = ? AND parentStepId IS NULL ORDER BY id DESC', [subjectId])
  return run && tx.memo(`run:${run.id}`, async () => run)
}

/** The runs that a step has called and that still go on: one while it is live. */
export async function calledBy(tx: Tx, { subjectId }: FlowRun, stepId: string): Promise<FlowRun[]> {
  const tail = `WHERE subjectId = ? AND parentStepId = ? AND state = 'running'`
  const runs = await tx.find(FlowRun, tail, [subjectId, stepId])
  return Promise.all(runs.map((run) => tx.memo(`run:${run.id}`, async () => run)))
}

/** The steps of a run, in order. */
export function stepsOf(tx: Tx, runId: string): Promise<FlowStep[]> {
  return tx.find(FlowStep, 'WHERE runId = ? ORDER BY seq', [runId])
}

/** Every live row of a run, forks and calls included, in order. */
export async function tokensOf(tx: Tx, runId: string): Promise<FlowStep[]> {
  const rows = await tx.find(FlowStep, `WHERE runId = ? AND ${LIVE} ORDER BY seq`, [runId])
  return Promise.all(rows.map((row) => tx.memo(`step:${row.id}`, async () => row)))
}

/**
 * The steps of a run, and of the runs that it has called, at which something can still be done: in order, those of
 * people before those that wait for an event.
 */
export async function liveSteps(tx: Tx, runId: string): Promise<FlowStep[]> {
  const tokens = await tokensOf(tx, runId)
  const called: FlowStep[] = []
  for (const { id, kind } of tokens) {
    if (kind !== 'call') continue
    const { run } = await turnOf(tx, id)
    for (const child of await calledBy(tx, run, id)) called.push(...(await liveSteps(tx, child.id)))
  }
  const all = [...tokens, ...called]
  return [...all.filter(({ kind }) => kind === 'task'), ...all.filter(({ kind }) => kind === 'wait')]
}

/** Which of these ids are steps at which something can still be done. */
export async function liveSubjects(tx: Tx, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM flow_steps WHERE id IN (${ids.map(() => '?').join(',')}) AND ${LIVE}`,
    ids,
  )
  return new Set(rows.map(({ id }) => id))
}

/** Writes a change of a step if it is still as it was read; otherwise the transaction runs again. */
export async function changeStep(tx: Tx, step: FlowStep, changes: Partial<FlowStep>): Promise<void> {
  const next = { ...changes, version: step.version + 1 }
  await tx.changeLater(FlowStep, step.id, next, { version: step.version })
  tx.remember(`step:${step.id}`, Object.assign(step, next))
}

/**
 * Writes a change of a run if it is still as it was read; otherwise the transaction runs again. Whatever moves a run's
 * tokens writes one, so that two branches that end at the same time see each other.
 */
export async function changeRun(tx: Tx, run: FlowRun, changes: Partial<FlowRun>): Promise<void> {
  const next = { ...changes, version: run.version + 1 }
  await tx.changeLater(FlowRun, run.id, next, { version: run.version })
  tx.remember(`run:${run.id}`, Object.assign(run, next))
  if (changes.facts) await tellCalled(tx, run, changes.facts)
}

/** What cards show of the subject, the cards of the runs that this one has called show as well. */
async function tellCalled(tx: Tx, run: FlowRun, facts: FlowRun['facts']): Promise<void> {
  for (const { id, kind } of await tokensOf(tx, run.id)) {
    if (kind === 'call') for (const child of await calledBy(tx, run, id)) await changeRun(tx, child, { facts })
  }
}

/** Sets a step's clock anew from its history. */
export async function resetClock(tx: Tx, turn: Turn, changes: Partial<FlowStep> = {}): Promise<void> {
  const pauses = await pausesOf(tx, turn.step.id)
  await changeStep(tx, turn.step, { ...changes, ...timesOf(turn.flow, { ...turn.step, ...changes }, pauses) })
}

/** What an event of a run is about. */
export function about(run: FlowRun) {
  return { subject: { type: run.subjectType, id: run.subjectId }, customerId: run.customerId }
}

/** The card that asks one person to do a step; each change of hands makes a card of its own. */
export function stepCard(step: FlowStep, run: FlowRun, staffId: string) {
  return {
    key: `step:${step.id}:${step.hands}:${staffId}`,
    channel: 'staff' as const,
    to: staffId,
    kind: 'step',
    subjectId: step.id,
    urgent: run.priority === 'urgent',
  }
}
