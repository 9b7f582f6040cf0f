import { compile } from '../../lib/condition.ts'
import { NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { definitionById } from '../definitions/definitions.ts'
import { type Actor, record, SYSTEM } from '../events/events.ts'
import { enqueueAll, touchCards } from '../messages/outbox.ts'
import { accountsOf } from '../staff/roster.ts'
import { chooseHands, peopleFor } from './assign.ts'
import { type Flow, type StepDefinition, stepOf } from './flow.ts'
import { sayWords, subjectOf, type Turn } from './hooks.ts'
import { pausesOf, timesOf } from './ladder.ts'
import { closeRoom, joinRoom, wantRoom } from './rooms.ts'
import { type Facts, FlowRun } from './run.ts'
import { FlowStep } from './step.ts'

export interface Start {
  definitionId: string
  subject: { type: string; id: string }
  customerId: string | null
  facts: Facts
  /** The opening form's answers. */
  answers: Record<string, unknown>
}

/** Sets a flow going for a subject and opens its first step. */
export async function startFlow(tx: Tx, start: Start): Promise<FlowRun> {
  const flow = await flowOf(tx, start.definitionId)
  const row = {
    id: newId(tx.now),
    definitionId: start.definitionId,
    flow: flow.flow,
    subjectType: start.subject.type,
    subjectId: start.subject.id,
    customerId: start.customerId,
    state: 'running' as const,
    priority: priorityOf(flow, start.answers),
    facts: start.facts,
    answers: { form: start.answers },
    startedAt: tx.now,
    endedAt: null,
    urgedAt: null,
    version: 0,
  }
  await tx.insert(FlowRun, row)
  const run = Object.assign(new FlowRun(), row)
  if (run.priority === 'urgent') await alertAtOnce(tx, flow, run)
  await wantRoom(tx, flow, run)
  await openStep(tx, flow, run, flow.steps[0] as StepDefinition, 1)
  return run
}

/** Ends a running flow before its end: open steps are cancelled and every card says so. */
export async function cancelRun(tx: Tx, run: FlowRun, by: Actor, reason: string): Promise<void> {
  for (const step of await liveSteps(tx, run.id)) {
    await changeStep(tx, step, { state: 'cancelled', dueAt: null, wakeAt: null, finishedAt: tx.now })
    await touchCards(tx, step.id)
  }
  await changeRun(tx, run, { state: 'cancelled', endedAt: tx.now })
  if ((await flowOf(tx, run.definitionId)).room) await closeRoom(tx, run)
  await touchCards(tx, run.id)
  await record(tx, 'flow.cancelled', { ...about(run), by, data: { reason } })
}

/** Goes on after a finished step: to the first branch whose condition holds, or to the end. */
export async function goOn(tx: Tx, turn: Turn): Promise<void> {
  const { flow, run, definition } = turn
  const data = { ...run.answers, priority: run.priority }
  const branch = definition.next.find(({ when }) => !when || compile(when)(data))
  if (!branch || branch.to === 'end') {
    await changeRun(tx, run, { state: 'ended', endedAt: tx.now })
    if (flow.room) await closeRoom(tx, run)
    await touchCards(tx, run.id)
    await record(tx, 'flow.ended', { ...about(run), by: SYSTEM })
    await subjectOf(run).runEnded(tx, run)
    return
  }
  await openStep(tx, flow, run, stepOf(flow, branch.to), turn.step.seq + 1)
}

/** Opens a step of a run, the `seq`th: chooses who does it, sets its clock, tells them. */
export async function openStep(
  tx: Tx,
  flow: Flow,
  run: FlowRun,
  definition: StepDefinition,
  seq: number,
): Promise<FlowStep> {
  const hands = await chooseHands(tx, flow, run, definition)
  const clock = { openedAt: tx.now, limitMs: definition.limitMs, rung: 0, rungAt: null, ackUntil: null }
  const row = {
    ...clock,
    ...timesOf(flow, clock, []),
    id: newId(tx.now),
    runId: run.id,
    name: definition.step,
    seq,
    state: 'open' as const,
    role: definition.role,
    assigneeId: hands.assigneeId,
    hands: 1,
    acceptedAt: null,
    overdueAt: null,
    level: 0,
    ackBy: null,
    finishedBy: null,
    finishedAt: null,
    answers: null,
    usedMs: null,
    version: 0,
  }
  await tx.insert(FlowStep, row)
  const step = Object.assign(new FlowStep(), row)
  const turn = { flow, run, step, definition }
  await enqueueAll(
    tx,
    hands.people.map((person) => stepCard(step, run, person.id)),
  )
  await record(tx, 'step.opened', { ...about(run), by: SYSTEM, data: { step: step.name, assignee: hands.assigneeId } })
  await joinRoom(
    tx,
    flow,
    run,
    hands.people.map(({ id }) => id),
  )
  await sayWords(tx, turn, 'entry')
  await subjectOf(run).stepOpened(tx, turn)
  return step
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

/** The flow of a stored version. */
export async function flowOf(tx: Tx, definitionId: string): Promise<Flow> {
  return (await definitionById<Flow>(tx, definitionId)).body
}

/** A step with its run, its flow and its definition. */
export async function turnOf(tx: Tx, stepId: string): Promise<Turn> {
  const step = await tx.memo(`step:${stepId}`, () => stepWithRun(tx, stepId))
  const run = step && (await tx.memo(`run:${step.runId}`, () => tx.get(FlowRun, step.runId)))
  if (!step || !run) throw new NotFound('step')
  const flow = await flowOf(tx, run.definitionId)
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

/** The run of a subject. */
export function runOf(tx: Tx, subjectId: string): Promise<FlowRun | undefined> {
  return tx.first(FlowRun, 'WHERE subjectId = ? ORDER BY id DESC', [subjectId])
}

/** The steps of a run, in order. */
export function stepsOf(tx: Tx, runId: string): Promise<FlowStep[]> {
  return tx.find(FlowStep, 'WHERE runId = ? ORDER BY seq', [runId])
}

/** The steps of a run at which something can still be done. */
export function liveSteps(tx: Tx, runId: string): Promise<FlowStep[]> {
  return tx.find(FlowStep, `WHERE runId = ? AND state IN ('open', 'waiting') ORDER BY seq`, [runId])
}

/** Which of these ids are steps at which something can still be done. */
export async function liveSubjects(tx: Tx, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM flow_steps WHERE id IN (${ids.map(() => '?').join(',')}) AND state IN ('open', 'waiting')`,
    ids,
  )
  return new Set(rows.map(({ id }) => id))
}

/** Writes a change of a step if it is still as it was read; otherwise the transaction runs again. */
export async function changeStep(tx: Tx, step: FlowStep, changes: Partial<FlowStep>): Promise<void> {
  const next = { ...changes, version: step.version + 1 }
  if (!(await tx.update(FlowStep, step.id, next, { version: step.version }))) throw new LostRace()
  tx.remember(`step:${step.id}`, Object.assign(step, next))
}

/** Writes a change of a run if it is still as it was read; otherwise the transaction runs again. */
export async function changeRun(tx: Tx, run: FlowRun, changes: Partial<FlowRun>): Promise<void> {
  const next = { ...changes, version: run.version + 1 }
  if (!(await tx.update(FlowRun, run.id, next, { version: run.version }))) throw new LostRace()
  tx.remember(`run:${run.id}`, Object.assign(run, next))
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

/** Rings on every platform where somebody has an account: one of two phones is looked at (C4). */
async function alertAtOnce(tx: Tx, flow: Flow, run: FlowRun): Promise<void> {
  if (!flow.alert) return
  const people = await peopleFor(tx, [flow.alert])
  for (const person of people) {
    const platforms = (await accountsOf(tx, person.id)).map(({ platform }) => platform)
    const ways = platforms.length > 1 ? platforms : [undefined]
    await enqueueAll(
      tx,
      ways.map((via) => ({
        key: ['alert', run.id, person.id, via].filter(Boolean).join(':'),
        channel: 'staff' as const,
        to: person.id,
        kind: 'alert',
        subjectId: run.id,
        urgent: true,
        via,
      })),
    )
  }
}

function priorityOf(flow: Flow, answers: Record<string, unknown>): FlowRun['priority'] {
  return flow.priority.find(({ when }) => compile(when)(answers))?.is ?? 'normal'
}
