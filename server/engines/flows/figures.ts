import { DateTime } from 'luxon'
import type { Tx } from '../../lib/tx.ts'
import { staffById } from '../staff/roster.ts'
import type { Staff } from '../staff/staff.ts'
import { FlowStep } from './step.ts'

/** The figures of one person's day. */
export interface Figures {
  done: number
  open: number
  overdue: number
  /** From the opening of a step to its taking, on average over those taken today; null when there were none. */
  responseMs: number | null
}

/** The day of our people. */
export const ZONE = 'Asia/Shanghai'

/** The steps that are somebody's to do, the most urgent first: by deadline, those that wait for a customer last. */
export async function openSteps(tx: Tx, staffId: string): Promise<FlowStep[]> {
  return tx.find(
    FlowStep,
    `WHERE (assigneeId = ? AND state IN ('open', 'waiting'))
       OR (assigneeId IS NULL AND state IN ('open', 'waiting')
           AND role IN (SELECT role FROM staff_roles WHERE staffId = ?))
     ORDER BY dueAt IS NULL, dueAt, id`,
    [staffId, staffId],
  )
}

/** How many steps somebody has in hand. */
export async function countOwn(tx: Tx, staffId: string): Promise<number> {
  const [row] = await tx.query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM flow_steps WHERE assigneeId = ? AND state IN ('open', 'waiting')`,
    [staffId],
  )
  return Number(row?.n ?? 0)
}

/** What these people have done today and what lies before them. */
export async function figuresOf(tx: Tx, people: Staff[]): Promise<Map<string, Figures>> {
  const figures = new Map(
    people.map(({ id }): [string, Figures] => [id, { done: 0, open: 0, overdue: 0, responseMs: null }]),
  )
  if (people.length === 0) return figures
  const ids = people.map(({ id }) => id)
  const slots = ids.map(() => '?').join(',')
  const from = DateTime.fromMillis(tx.now, { zone: ZONE }).startOf('day').toMillis()
  const done = await tx.query<{ id: string; n: number }>(
    `SELECT finishedBy AS id, COUNT(*) AS n FROM flow_steps WHERE finishedBy IN (${slots}) AND finishedAt >= ? AND state = 'done'
     GROUP BY finishedBy`,
    [...ids, from],
  )
  const open = await tx.query<{ id: string; n: number; late: number }>(
    `SELECT assigneeId AS id, COUNT(*) AS n, SUM(CASE WHEN dueAt <= ? THEN 1 ELSE 0 END) AS late FROM flow_steps
     WHERE assigneeId IN (${slots}) AND state IN ('open', 'waiting') GROUP BY assigneeId`,
    [tx.now, ...ids],
  )
  const answered = await tx.query<{ id: string; ms: number }>(
    `SELECT assigneeId AS id, AVG(acceptedAt - openedAt) AS ms FROM flow_steps
     WHERE assigneeId IN (${slots}) AND acceptedAt >= ? GROUP BY assigneeId`,
    [...ids, from],
  )
  for (const { id, n } of done) change(figures, id, { done: Number(n) })
  for (const { id, n, late } of open) change(figures, id, { open: Number(n), overdue: Number(late) })
  for (const { id, ms } of answered) change(figures, id, { responseMs: Math.round(Number(ms)) })
  return figures
}

function change(figures: Map<string, Figures>, id: string, changes: Partial<Figures>): void {
  Object.assign(figures.get(id) ?? {}, changes)
}

/** The people whom somebody leads, and theirs, by name; themselves included. */
export async function teamOf(tx: Tx, staff: Staff): Promise<Staff[]> {
  const team = new Map<string, string>([[staff.id, '']])
  for (let level = [staff.id]; level.length > 0; ) {
    const rows = await tx.query<{ id: string }>(
      `SELECT id FROM staff WHERE active = 1 AND leaderId IN (${level.map(() => '?').join(',')})`,
      level,
    )
    level = rows.map(({ id }) => id).filter((id) => !team.has(id))
    for (const id of level) team.set(id, '')
  }
  const people = await Promise.all([...team.keys()].map((id) => staffById(tx, id)))
  return people.flatMap((one) => one ?? [])
}

/** Whether somebody leads anybody. */
export async function leads(tx: Tx, staff: Staff): Promise<boolean> {
  const rows = await tx.query('SELECT 1 FROM staff WHERE active = 1 AND leaderId = ? LIMIT 1', [staff.id])
  return rows.length > 0
}
