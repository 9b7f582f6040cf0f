import type { Tx } from '../../lib/tx.ts'
import { membersOf } from '../staff/roster.ts'
import type { Staff } from '../staff/staff.ts'
import { StepAck } from './ack.ts'
import { levelPeople } from './assign.ts'
import type { Flow, Rung } from './flow.ts'
import type { Turn } from './hooks.ts'
import type { FlowStep } from './step.ts'

/** Who of the present level has said that they have seen it, and who has not yet. */
export interface Roll {
  given: string[]
  missing: Staff[]
}

type Level = Extract<Rung, { kind: 'escalate' }>

/** The level of the chain to which a step was carried, or undefined. */
export function levelOf(flow: Flow, level: number): Level | undefined {
  return flow.ladder.find((rung): rung is Level => rung.kind === 'escalate' && rung.level === level)
}

/** Whom a level speaks to: where all are asked to acknowledge, all of the role; else the assignee's own leader first. */
export function peopleOf(tx: Tx, level: Level, assigneeId: string | null): Promise<Staff[]> {
  return level.acknowledge === 'all' ? membersOf(tx, level.to) : levelPeople(tx, level.to, assigneeId)
}

/** Who has acknowledged and who has not, where all of the level are asked to; undefined where one is enough. */
export async function rollOf(tx: Tx, { flow, step }: Turn): Promise<Roll | undefined> {
  const level = levelOf(flow, step.level)
  if (level?.acknowledge !== 'all') return undefined
  const given = await givenAcks(tx, flow, step)
  const people = await peopleOf(tx, level, step.assigneeId)
  return { given, missing: people.filter(({ id }) => !given.includes(id)) }
}

/** Who has acknowledged in this round, where all are asked to; nobody where one is enough, as the step itself tells who. */
export async function givenAcks(tx: Tx, flow: Flow, step: FlowStep): Promise<string[]> {
  if (levelOf(flow, step.level)?.acknowledge !== 'all') return []
  const rows = await tx.find(StepAck, 'WHERE stepId = ? AND roundAt = ? ORDER BY at, id', [step.id, step.rungAt ?? 0])
  return rows.map(({ staffId }) => staffId)
}

/** Writes down that a person has seen it; false when they had said so before. */
export function giveAck(tx: Tx, { step }: Turn, staff: Staff): Promise<boolean> {
  const roundAt = step.rungAt ?? 0
  const id = `${step.id}:${roundAt}:${staff.id}`
  return tx.insertOnce(StepAck, { id, stepId: step.id, roundAt, staffId: staff.id, at: tx.now })
}
