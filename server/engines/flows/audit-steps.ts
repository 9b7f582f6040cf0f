import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { log } from '../../lib/log.ts'
import { errorCode, type Tx } from '../../lib/tx.ts'
import type { Found } from '../audit/findings.ts'
import { Definition } from '../definitions/definition.ts'
import { record, SYSTEM } from '../events/events.ts'
import { touchCards } from '../messages/outbox.ts'
import type { Flow } from './flow.ts'
import type { Turn } from './hooks.ts'
import { pausesOf, timesOf } from './ladder.ts'
import { about, changeStep, liveSubjects, turnOf } from './rows.ts'
import { FlowRun } from './run.ts'
import type { FlowStep } from './step.ts'

/** The sweep comes every other second; a step that has been due for so long was passed over. */
const GRACE_MS = 2 * MINUTE
/** The sweep puts a step that it cannot read off for ten minutes, and notes that each time. */
const NOTED_MS = 15 * MINUTE
/** So many of a kind are looked at in one pass, longest overdue first. */
const MOST = 500
const SLICE = 100

/**
 * Looks for live steps whose time has come and nobody acted, that sleep though their ladder has rungs left, or that
 * wait without an open pause. Times that are wrong are worked out again from the step's history.
 */
export async function auditSteps(db: Database): Promise<Found[]> {
  const suspects = await db.read(suspectsOf)
  const found: Found[] = []
  for (let from = 0; from < suspects.length; from += SLICE) {
    const slice = suspects.slice(from, from + SLICE)
    const judged = await db.read(async (tx) => {
      const all: [string, Found | undefined][] = []
      for (const id of slice) all.push([id, await judge(tx, id)])
      return all
    })
    for (const [id, one] of judged) if (one) found.push(one.repaired ? await repair(db, id, one) : one)
  }
  return [...found, ...(await db.read(waitingUnpaused))]
}

/** Looks for runs that go on in name only: none of their steps lives. */
export async function auditRuns(db: Database, thorough: boolean): Promise<Found[]> {
  return db.read(async (tx) => ((await countsAgree(tx)) && !thorough ? [] : stuckRuns(tx)))
}

async function suspectsOf(tx: Tx): Promise<string[]> {
  const before = tx.now - GRACE_MS
  const ids = new Set<string>()
  const add = (rows: { id: string }[]) => {
    for (const { id } of rows) ids.add(id)
  }
  add(await tx.query(`SELECT id FROM flow_steps WHERE wakeAt < ? ORDER BY wakeAt LIMIT ${MOST}`, [before]))
  add(
    await tx.query(`SELECT id FROM flow_steps WHERE overdueAt IS NULL AND dueAt < ? ORDER BY dueAt LIMIT ${MOST}`, [
      before,
    ]),
  )
  const top = await longestLadder(tx)
  add(
    await tx.query(
      `SELECT id FROM flow_steps WHERE wakeAt IS NULL AND state = 'open' AND kind = 'task' AND rung < ? ORDER BY rung LIMIT ${MOST}`,
      [top],
    ),
  )
  add(
    await tx.query(`SELECT subjectId AS id FROM audit_findings WHERE kind = 'step_broken' AND seenAt > ?`, [
      tx.now - NOTED_MS,
    ]),
  )
  return [...ids]
}

/** Whoever stands higher than this has no rung left in any flow. */
function longestLadder(tx: Tx): Promise<number> {
  return tx.memo('longest ladder', async () => {
    const flows = await tx.find(Definition, `WHERE kind = 'flow'`)
    return Math.max(0, ...flows.map(({ body }) => (body as Flow).ladder.length))
  })
}

/** What is wrong with a step, if anything; `repaired` where its times can be worked out. */
async function judge(tx: Tx, stepId: string): Promise<Found | undefined> {
  let turn: Turn
  try {
    turn = await turnOf(tx, stepId)
  } catch (error) {
    if (errorCode(error)) throw error
    const live = await liveSubjects(tx, [stepId])
    return live.has(stepId) ? { kind: 'step_broken', subjectId: stepId, about: '' } : undefined
  }
  const { step, flow } = turn
  if (step.state !== 'open') return undefined
  const finding = { subjectId: stepId, about: nameOf(turn) }
  if (step.kind !== 'task') return isLate(step, tx.now) ? { ...finding, kind: 'step_late' } : undefined
  const right = timesOf(flow, step, await pausesOf(tx, stepId))
  if (!agree(step, right)) return { ...finding, kind: 'step_clock', repaired: true }
  if (step.wakeAt === null) return flow.ladder[step.rung] ? { ...finding, kind: 'step_paused' } : undefined
  return isLate(step, tx.now) ? { ...finding, kind: 'step_late' } : undefined
}

function isLate({ wakeAt }: FlowStep, now: number): boolean {
  return wakeAt !== null && wakeAt < now - GRACE_MS
}

/** Sets a step's times as its history says they should be, unless somebody has been faster. */
async function repair(db: Database, stepId: string, found: Found): Promise<Found> {
  await db.write(async (tx) => {
    const turn = await turnOf(tx, stepId)
    const { step, flow, run } = turn
    if (step.state !== 'open' || step.kind !== 'task') return
    const right = timesOf(flow, step, await pausesOf(tx, stepId))
    if (agree(step, right)) return
    const was = { dueAt: step.dueAt, wakeAt: step.wakeAt }
    await changeStep(tx, step, right)
    await touchCards(tx, stepId)
    await record(tx, 'step.clock_repaired', {
      ...about(run),
      by: SYSTEM,
      data: { step: step.name, stepId, was, ...right },
    })
    log.warn({ step: stepId, was, ...right }, 'the times of a step were wrong')
  })
  return found
}

function agree(step: FlowStep, right: Pick<FlowStep, 'dueAt' | 'wakeAt'>): boolean {
  return step.dueAt === right.dueAt && step.wakeAt === right.wakeAt
}

async function waitingUnpaused(tx: Tx): Promise<Found[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM flow_steps s WHERE wakeAt IS NULL AND state = 'waiting' AND NOT EXISTS
       (SELECT 1 FROM flow_pauses p WHERE p.stepId = s.id AND p.toAt IS NULL) LIMIT ${MOST}`,
  )
  const found: Found[] = []
  for (const { id } of rows) {
    found.push({ kind: 'step_unpaused', subjectId: id, about: nameOf(await turnOf(tx, id)) })
  }
  return found
}

/** A run that goes on has one live step outside of any fork: where the numbers agree, there is no run to look for. */
async function countsAgree(tx: Tx): Promise<boolean> {
  const [row] = await tx.query<{ runs: number; awake: number; asleep: number }>(
    `SELECT (SELECT COUNT(*) FROM flow_runs WHERE state = 'running') AS runs,
       (SELECT COUNT(*) FROM flow_steps WHERE wakeAt IS NOT NULL AND forkId IS NULL) AS awake,
       (SELECT COUNT(*) FROM flow_steps WHERE wakeAt IS NULL AND state IN ('open', 'waiting') AND forkId IS NULL) AS asleep`,
  )
  return Number(row?.runs) === Number(row?.awake) + Number(row?.asleep)
}

async function stuckRuns(tx: Tx): Promise<Found[]> {
  const runs = await tx.find(
    FlowRun,
    `WHERE state = 'running' AND NOT EXISTS
       (SELECT 1 FROM flow_steps s WHERE s.runId = flow_runs.id AND s.state IN ('open', 'waiting')
        AND s.kind <> 'fork') LIMIT ${MOST}`,
  )
  return runs.map(({ id, facts }) => ({ kind: 'run_stuck', subjectId: id, about: facts.number }))
}

function nameOf({ run, definition }: Turn): string {
  return `${run.facts.number} ${definition.title}`
}
