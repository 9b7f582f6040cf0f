import { Conflict, Forbidden } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Actor } from '../events/events.ts'
import type { Form, Option } from '../forms/form.ts'
import { hasOthers, holdsRole, membersOf, staffById } from '../staff/roster.ts'
import type { Staff } from '../staff/staff.ts'
import { chainRoles, peopleFor } from './assign.ts'
import { leads } from './figures.ts'
import type { Turn } from './hooks.ts'
import type { StepAction } from './step-source.ts'

/** Whether a person may act on a step: it is theirs, or it lies in the pool of a role they hold. */
export async function mayAct(tx: Tx, turn: Turn, staff: Staff): Promise<boolean> {
  if (turn.step.assigneeId) return turn.step.assigneeId === staff.id
  if (await holdsRole(tx, staff.id, turn.step.role)) return true
  // A role without people: whoever of the chain above inherited the step.
  const heirs = await peopleFor(tx, [turn.step.role, ...chainRoles(turn.flow)])
  return heirs.some(({ id }) => id === staff.id)
}

/** Whether a person may manage a step: they hold a role of its chain, or lead its assignee. */
export async function mayManage(tx: Tx, turn: Turn, staff: Staff): Promise<boolean> {
  for (const role of chainRoles(turn.flow)) if (await holdsRole(tx, staff.id, role)) return true
  const assignee = turn.step.assigneeId && (await staffById(tx, turn.step.assigneeId))
  return Boolean(assignee && assignee.leaderId === staff.id)
}

let managers: () => string[] = () => []

/** Lets the packs say which roles stand in the chain of any of their flows. */
export function useManagerRoles(roles: () => string[]): void {
  managers = roles
}

/** Whether somebody may manage steps at all: they lead others, or hold a role of some flow's chain. */
export async function managesSome(tx: Tx, staff: Staff): Promise<boolean> {
  if (await leads(tx, staff)) return true
  for (const role of managers()) if (await holdsRole(tx, staff.id, role)) return true
  return false
}

/** The people to whom a step can be given: its role's, except whoever has it. */
export async function candidates(tx: Tx, turn: Turn): Promise<Staff[]> {
  const members = await membersOf(tx, turn.step.role)
  return members.filter((member) => member.id !== turn.step.assigneeId)
}

/** Whether there are any such people. */
export function hasCandidates(tx: Tx, { step }: Turn): Promise<boolean> {
  return hasOthers(tx, step.assigneeId ?? '', step.role)
}

/** The choices of a form's fields that are known only now: persons of a role. */
export async function formOptions(tx: Tx, form: Form): Promise<Record<string, Option[]>> {
  const options: Record<string, Option[]> = {}
  for (const field of form.fields) {
    if (field.kind !== 'person') continue
    const members = await membersOf(tx, field.role ?? '')
    options[field.name] = members.map((member) => ({ value: member.id, label: member.name }))
  }
  return options
}

/** Lets only those through who may act on a live step. Throws Conflict or Forbidden, naming who did or has it. */
export async function guardActor(tx: Tx, turn: Turn, staff: Staff, action: StepAction = 'accept'): Promise<void> {
  await guardLive(tx, turn)
  if (!turn.definition.actions.includes(action)) throw new Forbidden('step_action', { action })
  if (await mayAct(tx, turn, staff)) return
  throw new Forbidden('step_not_yours', { assignee: await nameOf(tx, turn.step.assigneeId) })
}

/** Lets only those through who may manage a live step. Throws Conflict or Forbidden. */
export async function guardManager(tx: Tx, turn: Turn, staff: Staff): Promise<void> {
  await guardLive(tx, turn)
  if (turn.step.kind !== 'task') throw new Forbidden('step_action')
  if (!(await mayManage(tx, turn, staff))) throw new Forbidden('step_not_manager')
}

async function guardLive(tx: Tx, { step, run }: Turn): Promise<void> {
  if (step.isLive()) return
  if (step.state === 'cancelled' && run.state === 'running') throw new Conflict('step_left', { at: step.finishedAt })
  if (run.facts.mergedInto) throw new Conflict('step_merged', { into: run.facts.mergedInto })
  if (step.state === 'cancelled') throw new Conflict('step_cancelled', { at: step.finishedAt })
  throw new Conflict('step_done', { by: await nameOf(tx, step.finishedBy), at: step.finishedAt })
}

async function nameOf(tx: Tx, staffId: string | null): Promise<string> {
  return (staffId && (await staffById(tx, staffId))?.name) || ''
}

/** A member of staff as the actor of an event. */
export function person(staff: Staff): Actor {
  return { type: 'staff', id: staff.id }
}

/** Whether a person may look at a step: they may act on it, manage it, or had a hand in its run. */
export async function mayRead(tx: Tx, turn: Turn, staff: Staff): Promise<boolean> {
  if ((await mayAct(tx, turn, staff)) || (await mayManage(tx, turn, staff))) return true
  const rows = await tx.query(
    `SELECT 1 FROM flow_steps s WHERE runId = ? AND (finishedBy = ? OR assigneeId = ?
       OR EXISTS (SELECT 1 FROM step_votes v WHERE v.stepId = s.id AND v.staffId = ?)) LIMIT 1`,
    [turn.run.id, staff.id, staff.id, staff.id],
  )
  return rows.length > 0
}

/** Lets only those look at a step who may. Throws Forbidden. */
export async function guardReader(tx: Tx, turn: Turn, staff: Staff): Promise<void> {
  if (await mayRead(tx, turn, staff)) return
  throw new Forbidden('matter_not_yours', { assignee: await nameOf(tx, turn.step.assigneeId) })
}
