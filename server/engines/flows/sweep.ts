import type { Interval } from '../../lib/calendar.ts'
import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import { noteFindings } from '../audit/findings.ts'
import { eventRow, type Heard, recordRows, SYSTEM } from '../events/events.ts'
import { enqueueAll, type Outgoing, touchCards } from '../messages/outbox.ts'
import { membersOf } from '../staff/roster.ts'
import { givenAcks, peopleOf } from './acks.ts'
import { type Rung, stepOf } from './flow.ts'
import { timeOutStep } from './flows.ts'
import { sayWords, type Turn } from './hooks.ts'
import { dueRung, pausesOfAll, timesOf } from './ladder.ts'
import { about, flowOf } from './rows.ts'
import { FlowRun } from './run.ts'
import { FlowStep } from './step.ts'

const BATCH = 250

/**
 * Fires every rung whose time has come: warnings, overdue, the levels of the chain, the end of acknowledgements.
 * Most overdue first, in bounded batches; each step is claimed by compare-and-set on its version, so several
 * processes may sweep at once. Returns how many steps fired.
 */
export async function sweepSteps(db: Database): Promise<number> {
  let fired = 0
  for (;;) {
    const due = await db.read((tx) => tx.find(FlowStep, `WHERE wakeAt <= ? ORDER BY wakeAt LIMIT ${BATCH}`, [tx.now]))
    if (due.length === 0) return fired
    const tasks = due.filter(({ kind }) => kind === 'task')
    if (tasks.length > 0) fired += await db.write((tx) => fireAll(tx, tasks))
    for (const step of due) if (step.kind !== 'task' && (await takeWayOut(db, step))) fired += 1
    if (due.length < BATCH) return fired
  }
}

/** When the next rung comes, or undefined. */
export const nextWake = earliest('flow_steps', 'wakeAt')

/** An event did not come in time: the run goes on by itself. Moves tokens, so each has a transaction of its own. */
async function takeWayOut(db: Database, step: FlowStep): Promise<boolean> {
  try {
    return await db.write((tx) => timeOutStep(tx, step.id))
  } catch (error) {
    await db.write((tx) => putOff(tx, step, error))
    return false
  }
}

/** What a batch has in common, read once. */
interface Batch {
  runs: Map<string, FlowRun>
  pauses: Map<string, Interval[]>
  people: Map<string, Promise<string[]>>
  messages: Outgoing[]
  events: Heard[]
}

async function fireAll(tx: Tx, steps: FlowStep[]): Promise<number> {
  const runIds = [...new Set(steps.map((step) => step.runId))]
  const runs = await tx.find(FlowRun, `WHERE id IN (${runIds.map(() => '?').join(',')})`, runIds)
  const batch: Batch = {
    runs: new Map(runs.map((run) => [run.id, run])),
    pauses: await pausesOfAll(
      tx,
      steps.map(({ id }) => id),
    ),
    people: new Map(),
    messages: [],
    events: [],
  }
  let fired = 0
  for (const step of steps) if (await fire(tx, batch, step)) fired += 1
  await enqueueAll(tx, batch.messages)
  await recordRows(tx, batch.events)
  return fired
}

async function fire(tx: Tx, batch: Batch, read: FlowStep): Promise<boolean> {
  // A copy: when the transaction runs again after a lost race, it must start from what was read.
  const step = Object.assign(new FlowStep(), read)
  const turn = await turnIn(tx, batch, step)
  if (!turn) return false
  const pauses = batch.pauses.get(step.id) ?? []
  const ackEnded = step.ackUntil !== null && step.ackUntil <= tx.now
  const index = dueRung(turn.flow, step, pauses, tx.now)
  const rung = turn.flow.ladder[index]
  const changes: Partial<FlowStep> = { rung: rung ? index + 1 : step.rung, rungAt: tx.now }
  if (ackEnded) Object.assign(changes, { ackBy: null, ackUntil: null })
  if (rung?.kind === 'overdue') changes.overdueAt = tx.now
  if (rung?.kind === 'escalate') changes.level = rung.level
  Object.assign(changes, timesOf(turn.flow, { ...step, ...changes }, pauses), { version: step.version + 1 })

  const seenBy = await givenAcks(tx, turn.flow, step)
  if (!(await tx.update(FlowStep, step.id, changes, { version: step.version }))) return false
  // Cards of the levels below say how far it was carried, and who has taken note until when.
  if (ackEnded || (rung?.kind === 'escalate' && rung.level > 1)) await touchCards(tx, step.id)
  if (ackEnded) batch.events.push(event(tx, turn, 'step.acknowledgement_expired', { by: step.ackBy }))
  const { ackBy, ackUntil } = step
  Object.assign(step, changes)
  if (!rung) {
    // At the top of the chain nobody is left to tell but whoever said they had seen it (SEMANTICS K7).
    const reminded = seenBy.length > 0 ? seenBy : ackBy ? [ackBy] : []
    for (const id of reminded)
      batch.messages.push({ ...card(turn, 'escalation', id, {}), key: `seen:${step.id}:${ackUntil}:${id}` })
    return true
  }
  await speak(tx, batch, turn, rung, ackEnded ? [] : seenBy)
  if (rung.kind === 'overdue') await sayWords(tx, turn, 'overdue')
  return true
}

async function turnIn(tx: Tx, batch: Batch, step: FlowStep): Promise<Turn | undefined> {
  const run = batch.runs.get(step.runId)
  try {
    if (!run) throw new Error('step without a run')
    const flow = await flowOf(tx, run.definitionId)
    return { flow, run, step, definition: stepOf(flow, step.name) }
  } catch (error) {
    await putOff(tx, step, error)
    return undefined
  }
}

/** One broken step must not stop the others: it is put off and logged until somebody mends it. */
async function putOff(tx: Tx, step: FlowStep, error: unknown): Promise<void> {
  log.error({ step: step.id, err: error }, 'a step cannot be swept')
  await noteFindings(tx, [{ kind: 'step_broken', subjectId: step.id, about: step.name }])
  await tx.update(FlowStep, step.id, { wakeAt: tx.now + 10 * MINUTE }, { version: step.version })
}

/** Tells those whom a rung is for; `seenBy` have said at the level below that they know. */
async function speak(tx: Tx, batch: Batch, turn: Turn, rung: Rung, seenBy: string[]): Promise<void> {
  const { step } = turn
  const owners = await once(batch, `own:${step.assigneeId ?? step.role}`, async () =>
    step.assigneeId ? [step.assigneeId] : (await membersOf(tx, step.role)).map(({ id }) => id),
  )
  if (rung.kind === 'escalate') {
    const all = await once(batch, `level:${rung.to}:${rung.acknowledge}:${step.assigneeId}`, async () =>
      (await peopleOf(tx, rung, step.assigneeId)).map(({ id }) => id),
    )
    const unaware = all.filter((id) => !seenBy.includes(id))
    const people = unaware.length > 0 ? unaware : all
    batch.events.push(event(tx, turn, 'step.escalated', { level: rung.level, to: people }))
    const { announce } = turn.flow
    if (announce) batch.messages.push({ ...card(turn, 'announce', announce, { level: rung.level }), channel: 'group' })
    for (const id of people) batch.messages.push(card(turn, 'escalation', id, { level: rung.level }))
    return
  }
  batch.events.push(event(tx, turn, rung.kind === 'warn' ? 'step.warned' : 'step.overdue', { share: rung.share }))
  for (const id of owners) {
    batch.messages.push({
      ...card(turn, rung.kind === 'warn' ? 'warning' : 'overdue', id, { share: rung.share, dueAt: step.dueAt }),
      collapseKey: `sla:${step.id}:${id}`,
    })
  }
}

function card({ step, run }: Turn, kind: string, to: string, data: Record<string, unknown>): Outgoing {
  return {
    // The limit is part of the key: after an extension the same rung may rightly fire again.
    key: `${kind}:${step.id}:${step.rung}:${step.limitMs}:${to}`,
    channel: 'staff',
    to,
    kind,
    subjectId: step.id,
    data,
    urgent: run.priority === 'urgent',
  }
}

function event(tx: Tx, { run, step }: Turn, name: string, data: Record<string, unknown>): Heard {
  return eventRow(tx, name, { ...about(run), by: SYSTEM, data: { step: step.name, stepId: step.id, ...data } })
}

function once(batch: Batch, key: string, find: () => Promise<string[]>): Promise<string[]> {
  let found = batch.people.get(key)
  if (!found) {
    found = find()
    batch.people.set(key, found)
  }
  return found
}
