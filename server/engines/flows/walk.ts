import { compile } from '../../lib/condition.ts'
import { newId } from '../../lib/ids.ts'
import type { New, Tx } from '../../lib/tx.ts'
import { Definition } from '../definitions/definition.ts'
import { Event } from '../events/event.ts'
import { type Actor, record, SYSTEM } from '../events/events.ts'
import { enqueueAll, isFresh, touchCards } from '../messages/outbox.ts'
import { staffById } from '../staff/roster.ts'
import { chooseHands, type Hands } from './assign.ts'
import { type Flow, limitFor, type StepDefinition, stepOf } from './flow.ts'
import { sayWords, subjectOf, type Turn, tellStopped } from './hooks.ts'
import { calendarOf, timesOf } from './ladder.ts'
import { closeRoom, joinRoom } from './rooms.ts'
import { about, calledBy, changeRun, changeStep, flowOf, stepCard, tokensOf, turnOf } from './rows.ts'
import { FlowRun } from './run.ts'
import { FlowStep } from './step.ts'
import { eventsOf, type Wait, wakeOf } from './wait.ts'

/** Where among a run's steps one is opened. */
export interface Place {
  forkId: string | null
  /** Its number in the run, where that is known; else the next one. */
  seq?: number
  /** Who shall do it if they are there. */
  prefer?: string
}

/** Goes on after a step that is over: where told, else to the first branch whose condition holds; or to the end. */
export async function goOn(tx: Tx, turn: Turn, told?: string): Promise<void> {
  const { flow, run, step } = turn
  const to = told ?? chooseBranch(turn)
  if (step.forkId && (to === 'join' || to === 'end')) return arrive(tx, await turnOf(tx, step.forkId))
  if (to === 'end') return endRun(tx, flow, run)
  // Outside of any fork nothing else is opened while a step lives.
  const seq = step.forkId === null && step.kind !== 'fork' ? step.seq + 1 : undefined
  await openStep(tx, flow, run, stepOf(flow, to), { forkId: step.forkId, seq })
}

/** What conditions of a run may ask for. */
export function knownOf(run: FlowRun): Record<string, unknown> {
  return { ...run.answers, ...run.about, priority: run.priority, tier: run.tier }
}

/** Writes down a new run; its first step is still to be opened. */
export async function beginRun(tx: Tx, row: New<FlowRun>): Promise<FlowRun> {
  const run = Object.assign(new FlowRun(), row)
  await tx.insert(FlowRun, row)
  tx.remember(`run:${run.id}`, run)
  return run
}

/** Opens a step of a run: what people do, what waits for an event, what branches out, or what calls another flow. */
export async function openStep(tx: Tx, flow: Flow, run: FlowRun, step: StepDefinition, place: Place): Promise<void> {
  if (step.parallel) return openFork(tx, flow, run, step, step.parallel, place)
  if (step.wait) return openWait(tx, flow, run, step, step.wait, place)
  if (step.run) return openCall(tx, flow, run, step, step.run, place)
  return openTask(tx, flow, run, step, place)
}

/** A step without people is over: keeps what it brought, and goes on (where told, or as the flow says). */
export async function passStep(tx: Tx, turn: Turn, answers?: Record<string, unknown>, told?: string): Promise<void> {
  const { step, run } = turn
  await changeStep(tx, step, { state: 'done', finishedAt: tx.now, answers: answers ?? null, dueAt: null, wakeAt: null })
  if (answers) {
    await changeRun(tx, run, { answers: { ...run.answers, [step.name]: { ...answers, at: tx.now } } })
  }
  if (step.kind !== 'fork') {
    await record(tx, told ? 'step.timed_out' : 'step.finished', {
      ...about(run),
      by: SYSTEM,
      data: { step: step.name },
    })
  }
  if (!told) {
    await sayWords(tx, turn, 'finish')
    if (step.kind !== 'fork') await subjectOf(run).stepFinished(tx, turn)
  }
  await goOn(tx, turn, told)
}

/** Cancels live steps with all that hangs on them: branches of a fork, the run that a call waits for. */
export async function cancelSteps(tx: Tx, run: FlowRun, steps: FlowStep[], by: Actor, reason: string): Promise<void> {
  const all = new Map(steps.map((step) => [step.id, step]))
  // In order of opening, so that a fork comes before what stands in its branches.
  for (const token of await tokensOf(tx, run.id)) if (token.forkId && all.has(token.forkId)) all.set(token.id, token)
  for (const step of all.values()) {
    if (!step.isLive()) continue
    await changeStep(tx, step, { state: 'cancelled', dueAt: null, wakeAt: null, finishedAt: tx.now })
    await touchCards(tx, step.id)
    if (step.kind !== 'call') continue
    for (const child of await calledBy(tx, run, step.id)) await stopRun(tx, child, by, reason)
  }
}

/** Ends a running run before its end: what is live is cancelled and every card says so. */
export async function stopRun(tx: Tx, run: FlowRun, by: Actor, reason: string): Promise<void> {
  await changeRun(tx, run, { state: 'cancelled', endedAt: tx.now })
  await cancelSteps(tx, run, await tokensOf(tx, run.id), by, reason)
  if (isRoot(run) && (await flowOf(tx, run.definitionId)).room) await closeRoom(tx, run)
  await touchCards(tx, run.id)
  await record(tx, 'flow.cancelled', { ...about(run), by, data: { reason } })
  await tellStopped(tx, run, by)
}

function chooseBranch({ run, definition }: Turn): string {
  const known = knownOf(run)
  return definition.next.find(({ when }) => !when || compile(when)(known))?.to ?? 'end'
}

async function endRun(tx: Tx, flow: Flow, run: FlowRun): Promise<void> {
  await changeRun(tx, run, { state: 'ended', endedAt: tx.now })
  if (flow.room && isRoot(run)) await closeRoom(tx, run)
  await touchCards(tx, run.id)
  const parent = run.parentStepId ? await turnOf(tx, run.parentStepId) : undefined
  await record(tx, 'flow.ended', { ...about(run), by: SYSTEM, data: parent && { flow: run.flow } })
  if (!parent) return subjectOf(run).runEnded(tx, run)
  const { form, ...brought } = run.answers
  if (parent.step.isLive()) await passStep(tx, parent, brought)
}

async function openTask(tx: Tx, flow: Flow, run: FlowRun, definition: StepDefinition, place: Place): Promise<void> {
  const hands = (await preferred(tx, definition, place)) ?? (await chooseHands(tx, flow, run, definition))
  const limitMs = limitFor(definition, run, calendarOf(flow), tx.now)
  const clock = { openedAt: tx.now, limitMs, rung: 0, rungAt: null, ackUntil: null }
  const turn = await insertStep(tx, flow, run, definition, place, {
    ...clock,
    ...timesOf(flow, clock, []),
    kind: 'task',
    assigneeId: hands.assigneeId,
  })
  await hands.opened?.(turn)
  await enqueueAll(
    tx,
    hands.people.map((person) => stepCard(turn.step, run, person.id)),
  )
  await tellOpened(tx, turn)
  await joinRoom(
    tx,
    flow,
    run,
    hands.people.map(({ id }) => id),
  )
  await sayWords(tx, turn, 'entry')
  await subjectOf(run).stepOpened(tx, turn)
}

async function openFork(
  tx: Tx,
  flow: Flow,
  run: FlowRun,
  definition: StepDefinition,
  branches: string[],
  place: Place,
): Promise<void> {
  const turn = await insertStep(tx, flow, run, definition, place, { kind: 'fork' })
  await record(tx, 'flow.forked', { ...about(run), by: SYSTEM, data: { step: definition.step, branches } })
  for (const name of branches) await openStep(tx, flow, run, stepOf(flow, name), { forkId: turn.step.id })
  // A branch may be over as soon as it is opened: nobody has arrived before all have set out.
  await changeStep(tx, turn.step, { acceptedAt: tx.now })
  await arrive(tx, turn)
}

/** A branch has come to its end: when it was the last, the fork is over. */
async function arrive(tx: Tx, turn: Turn): Promise<void> {
  const { step, run } = turn
  if (!step.isLive() || step.acceptedAt === null) return
  const tokens = await tokensOf(tx, run.id)
  if (tokens.some(({ forkId }) => forkId === step.id)) return
  await passStep(tx, turn)
}

async function openWait(
  tx: Tx,
  flow: Flow,
  run: FlowRun,
  definition: StepDefinition,
  wait: Wait,
  place: Place,
): Promise<void> {
  const wakeAt = wakeOf(wait, run.answers, calendarOf(flow), tx.now)
  const turn = await insertStep(tx, flow, run, definition, place, { kind: 'wait', wakeAt })
  await tellOpened(tx, turn)
  await sayWords(tx, turn, 'entry')
  // A word may have brought what is waited for, or named how long.
  if (!turn.step.isLive()) return
  const named = wakeOf(wait, run.answers, calendarOf(flow), tx.now)
  if (named !== wakeAt) await changeStep(tx, turn.step, { wakeAt: named })
  await subjectOf(run).stepOpened(tx, turn)
  const before = wait.since === 'start' ? await happened(tx, run, eventsOf(wait)) : undefined
  if (before) await passStep(tx, turn, before.data)
}

/** The latest such event of the run's subject since the run began; what a called run was called by lies before it. */
function happened(tx: Tx, run: FlowRun, names: string[]): Promise<Event | undefined> {
  const after = isRoot(run) ? run.startedAt - 1 : run.startedAt
  const places = names.map(() => '?').join(',')
  const tail = `WHERE subjectId = ? AND subjectType = ? AND name IN (${places}) AND at > ? ORDER BY id DESC`
  return tx.first(Event, tail, [run.subjectId, run.subjectType, ...names, after])
}

async function openCall(
  tx: Tx,
  flow: Flow,
  run: FlowRun,
  definition: StepDefinition,
  called: string,
  place: Place,
): Promise<void> {
  const newest = await tx.first(Definition, `WHERE kind = 'flow' AND name = ? ORDER BY version DESC`, [called])
  if (!newest) throw new Error(`flow ${flow.flow} calls an unknown flow: ${called}`)
  const turn = await insertStep(tx, flow, run, definition, place, { kind: 'call' })
  await tellOpened(tx, turn)
  await sayWords(tx, turn, 'entry')
  const inner = await flowOf(tx, newest.id)
  const child = await beginRun(tx, {
    ...run,
    id: newId(tx.now),
    definitionId: newest.id,
    flow: inner.flow,
    answers: { form: run.answers.form ?? {} },
    parentStepId: turn.step.id,
    startedAt: tx.now,
    urgedAt: null,
    version: 0,
  })
  await openStep(tx, inner, child, inner.steps[0] as StepDefinition, { forkId: null, seq: 1 })
}

async function insertStep(
  tx: Tx,
  flow: Flow,
  run: FlowRun,
  definition: StepDefinition,
  { forkId, seq }: Place,
  given: Partial<FlowStep> & Pick<FlowStep, 'kind'>,
): Promise<Turn> {
  const row = {
    id: newId(tx.now),
    runId: run.id,
    name: definition.step,
    forkId,
    seq: seq ?? (await nextSeq(tx, run)),
    state: 'open' as const,
    role: definition.role,
    hands: 1,
    openedAt: tx.now,
    limitMs: definition.limitMs,
    rung: 0,
    level: 0,
    version: 0,
    ...given,
  }
  await tx.insertLater(FlowStep, row)
  isFresh(tx, row.id)
  const step = Object.assign(new FlowStep(), EMPTY, row)
  tx.remember(`step:${step.id}`, step)
  return { flow, run, step, definition }
}

/** What a row leaves out is null when it is read again. */
const EMPTY: Partial<FlowStep> = {
  assigneeId: null,
  acceptedAt: null,
  dueAt: null,
  wakeAt: null,
  rungAt: null,
  overdueAt: null,
  ackBy: null,
  ackUntil: null,
  finishedBy: null,
  finishedAt: null,
  answers: null,
  usedMs: null,
}

async function nextSeq(tx: Tx, run: FlowRun): Promise<number> {
  const [row] = await tx.query<{ seq: number | null }>('SELECT MAX(seq) AS seq FROM flow_steps WHERE runId = ?', [
    run.id,
  ])
  return Number(row?.seq ?? 0) + 1
}

function tellOpened(tx: Tx, { run, step }: Turn): Promise<void> {
  const data = { step: step.name, assignee: step.assigneeId }
  return record(tx, 'step.opened', { ...about(run), by: SYSTEM, data })
}

async function preferred(tx: Tx, { assign }: StepDefinition, { prefer }: Place): Promise<Hands | undefined> {
  // A dispatch rule prefers them by itself, and sends on what they do not take.
  if (typeof assign === 'object' && 'dispatch' in assign) return undefined
  const one = prefer ? await staffById(tx, prefer) : undefined
  return one?.active && one.onDuty ? { assigneeId: one.id, people: [one] } : undefined
}

function isRoot({ parentStepId }: FlowRun): boolean {
  return parentStepId === null
}
