import { compile } from '../../lib/condition.ts'
import { Conflict, Invalid } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { type Actor, record, SYSTEM } from '../events/events.ts'
import { enqueueAll, touchCards } from '../messages/outbox.ts'
import { accountsOf } from '../staff/roster.ts'
import { peopleFor } from './assign.ts'
import { type Flow, type StepDefinition, stepOf } from './flow.ts'
import { branchings, depthOf, liesAround } from './graph.ts'
import type { Turn } from './hooks.ts'
import { calendarOf } from './ladder.ts'
import { wantRoom } from './rooms.ts'
import { about, changeRun, flowOf, tokensOf, turnOf } from './rows.ts'
import type { Facts, FlowRun } from './run.ts'
import { afterSpan, waitsFor } from './wait.ts'
import { beginRun, cancelSteps, openStep, passStep, stopRun } from './walk.ts'

export {
  about,
  changeRun,
  changeStep,
  flowOf,
  knowTurn,
  liveSteps,
  liveSubjects,
  resetClock,
  runOf,
  stepCard,
  stepsOf,
  turnOf,
} from './rows.ts'

export interface Start {
  definitionId: string
  subject: { type: string; id: string }
  customerId: string | null
  facts: Facts
  /** The opening form's answers. */
  answers: Record<string, unknown>
  /** The customer's tier, for limits and conditions. */
  tier?: string | null
  /** What else conditions may ask for: `{ reporter: { faults: 4 } }`. */
  about?: Record<string, unknown>
}

/** Sets a flow going for a subject and opens its first step. */
export async function startFlow(tx: Tx, start: Start): Promise<FlowRun> {
  const flow = await flowOf(tx, start.definitionId)
  const run = await beginRun(tx, {
    id: newId(tx.now),
    definitionId: start.definitionId,
    flow: flow.flow,
    subjectType: start.subject.type,
    subjectId: start.subject.id,
    customerId: start.customerId,
    state: 'running',
    priority: priorityOf(flow, start),
    tier: start.tier ?? null,
    about: start.about ?? null,
    parentStepId: null,
    facts: start.facts,
    answers: { form: start.answers },
    startedAt: tx.now,
    endedAt: null,
    urgedAt: null,
    version: 0,
  })
  if (run.priority === 'urgent') await alertAtOnce(tx, flow, run)
  await wantRoom(tx, flow, run)
  await openStep(tx, flow, run, flow.steps[0] as StepDefinition, { forkId: null, seq: 1 })
  return run
}

/** Ends a running flow before its end: open steps are cancelled and every card says so. */
export function cancelRun(tx: Tx, run: FlowRun, by: Actor, reason: string): Promise<void> {
  return stopRun(tx, run, by, reason)
}

/**
 * Sends a run from a step, live or just finished, to a chosen step of the same branch or of what lies around it; what
 * else goes on in forks that are left is cancelled. Throws Invalid for a step that stands in another branch.
 */
export async function goTo(tx: Tx, turn: Turn, stepName: string, by: Actor): Promise<void> {
  const { flow, run, step } = turn
  const branching = branchings(flow.steps)
  const here = branching.get(step.name) ?? ''
  const there = branching.get(stepName)
  if (run.state !== 'running') throw new Conflict('step_done', { at: run.endedAt })
  if (there === undefined || !liesAround(there, here)) throw new Invalid('step', 'step_apart')
  let token = step
  for (let up = depthOf(here); up > depthOf(there) && token.forkId; up--) token = (await turnOf(tx, token.forkId)).step
  // Branches that go on at the same time must see it.
  await changeRun(tx, run, {})
  await cancelSteps(tx, run, [token], by, 'returned')
  await record(tx, 'step.returned', { ...about(run), by, data: { step: step.name, to: stepName } })
  await openStep(tx, flow, run, stepOf(flow, stepName), { forkId: token.forkId, prefer: doerOf(run, stepName) })
}

/** Until when an ended run can be opened again; undefined where it cannot. */
export function reopenUntil(flow: Flow, run: FlowRun): number | undefined {
  if (run.state !== 'ended' || run.endedAt === null || !flow.reopenWithin) return undefined
  return afterSpan(calendarOf(flow), run.endedAt, flow.reopenWithin)
}

/**
 * Opens a run again at the flow's `reopen_at` (or where told) as a new step: one that has ended within the flow's window,
 * or one that still goes on, whose live steps are cancelled. Whoever did the step before gets it if they are on duty.
 * Throws Conflict.
 */
export async function reopenRun(tx: Tx, run: FlowRun, by: Actor, toStep?: string): Promise<void> {
  const flow = await flowOf(tx, run.definitionId)
  const target = toStep ?? flow.reopen_at ?? (flow.steps[0] as StepDefinition).step
  if (branchings(flow.steps).get(target) !== '') throw new Invalid('step', 'step_apart')
  if (run.state !== 'running' && (reopenUntil(flow, run) ?? 0) < tx.now) throw new Conflict('reopen_late')
  await changeRun(tx, run, { state: 'running', endedAt: null })
  await cancelSteps(tx, run, await tokensOf(tx, run.id), by, 'reopened')
  await touchCards(tx, run.id)
  await record(tx, 'flow.reopened', { ...about(run), by, data: { step: target } })
  await openStep(tx, flow, run, stepOf(flow, target), { forkId: null, prefer: doerOf(run, target) })
}

/**
 * Tells the flows of a subject of an event from outside: each step that waits for it goes on, with `data` as its answers,
 * and work that it makes needless is taken back. Whoever tells it has recorded the event under the same name, so that a
 * wait that begins later can find it. Returns how many steps went on.
 */
export async function signalFlows(
  tx: Tx,
  subject: { type: string; id: string },
  event: string,
  data: Record<string, unknown> = {},
): Promise<number> {
  const steps = await tx.query<{ id: string }>(
    `SELECT s.id FROM flow_runs r JOIN flow_steps s ON s.runId = r.id
     WHERE r.subjectId = ? AND r.subjectType = ? AND r.state = 'running' AND s.kind IN ('wait', 'task')
       AND s.state IN ('open', 'waiting') ORDER BY s.id`,
    [subject.id, subject.type],
  )
  let woken = 0
  for (const { id } of steps) {
    const turn = await turnOf(tx, id)
    // One that went on before may have ended this one.
    if (!turn.step.isLive()) continue
    const { wait, overtaken_by: overtaken } = turn.definition
    if (overtaken && waitsFor({ for: overtaken.event }, event)) await goTo(tx, turn, overtaken.to, SYSTEM)
    else if (waitsFor(wait, event)) await passStep(tx, turn, data)
    else continue
    woken += 1
  }
  return woken
}

/** The time of a step that waits for an event is over: the run takes the way out. Nothing happens if it is not. */
export async function timeOutStep(tx: Tx, stepId: string): Promise<boolean> {
  const turn = await turnOf(tx, stepId)
  const { step, definition } = turn
  if (!step.isLive() || step.wakeAt === null || step.wakeAt > tx.now || !definition.wait) return false
  await passStep(tx, turn, { timed_out: true }, definition.wait.timeout)
  return true
}

/** Who did a step last. */
function doerOf(run: FlowRun, stepName: string): string | undefined {
  const doer = run.answers[stepName]?.by
  return typeof doer === 'string' ? doer : undefined
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

function priorityOf(flow: Flow, { answers, about: known, tier = null }: Start): FlowRun['priority'] {
  const data = { ...answers, ...known, tier }
  return flow.priority.find(({ when }) => compile(when)(data))?.is ?? 'normal'
}
