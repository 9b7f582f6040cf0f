import { createHash } from 'node:crypto'
import type { Tx } from '../../lib/tx.ts'
import { membersOf, staffById } from '../staff/roster.ts'
import type { Staff } from '../staff/staff.ts'
import type { Flow, StepDefinition } from './flow.ts'
import type { Turn } from './hooks.ts'
import type { FlowRun } from './run.ts'

/** Who shall do a step: one person, or a pool from which one takes it. */
export interface Hands {
  assigneeId: string | null
  /** Everyone who gets a card. */
  people: Staff[]
  /** What remains to be done when the step has its row. */
  opened?: (turn: Turn) => Promise<void>
}

/** Finds hands by a dispatch rule of the flow. */
export type Dispatch = (tx: Tx, flow: Flow, run: FlowRun, step: StepDefinition) => Promise<Hands>

let dispatch: Dispatch | undefined

/** Hands over who finds hands for the steps that name a dispatch rule. */
export function useDispatch(find: Dispatch): void {
  dispatch = find
}

/**
 * Chooses the hands for a step: the person the definition points at, else the role's people on duty, else those off
 * duty, else the chain above. Work is never without an owner because nobody is there (SEMANTICS C).
 */
export async function chooseHands(tx: Tx, flow: Flow, run: FlowRun, step: StepDefinition): Promise<Hands> {
  const pointed = await pointedAt(tx, run, step)
  if (pointed) return { assigneeId: pointed.id, people: [pointed] }
  if (dispatch && typeof step.assign !== 'string' && 'dispatch' in step.assign) return dispatch(tx, flow, run, step)

  const people = await peopleFor(tx, [step.role, ...chainRoles(flow)])
  const [only] = people
  if (!only) return { assigneeId: null, people: [] }
  if (people.length === 1) return { assigneeId: only.id, people }
  if (step.assign === 'least_busy') {
    const chosen = await leastBusy(tx, people, run.id)
    return { assigneeId: chosen.id, people: [chosen] }
  }
  return { assigneeId: null, people }
}

/** The roles of a flow's escalation chain, lowest first. */
export function chainRoles(flow: Flow): string[] {
  return flow.ladder.flatMap((rung) => (rung.kind === 'escalate' ? [rung.to] : []))
}

/** The first of these roles that has anybody: those on duty, or all of it when nobody is. */
export async function peopleFor(tx: Tx, roles: string[]): Promise<Staff[]> {
  for (const role of roles) {
    const members = await membersOf(tx, role)
    const onDuty = members.filter((member) => member.onDuty)
    if (members.length > 0) return onDuty.length > 0 ? onDuty : members
  }
  return []
}

/** The people of a level of the chain: the assignee's own leader if they hold the role, else everyone who does. */
export async function levelPeople(tx: Tx, role: string, assigneeId: string | null): Promise<Staff[]> {
  const members = await membersOf(tx, role)
  const leaderId = assigneeId && (await staffById(tx, assigneeId))?.leaderId
  const leader = members.find((member) => member.id === leaderId)
  return leader ? [leader] : members
}

async function pointedAt(tx: Tx, { answers }: FlowRun, { assign }: StepDefinition): Promise<Staff | undefined> {
  if (typeof assign === 'string') return undefined
  const [step = '', field = ''] = 'named' in assign ? assign.named.split('.') : []
  const id = 'named' in assign ? answers[step]?.[field] : lastDoer(answers, assign.doer)
  if (typeof id !== 'string') return undefined
  const person = await staffById(tx, id)
  // With a rule behind them they keep it while they are away: what they let lie is taken on by the rule.
  const keeps = 'dispatch' in assign
  return person?.active && (keeps || person.onDuty) ? person : undefined
}

/** Who did the step, or of several steps the one that was done last. */
function lastDoer(answers: FlowRun['answers'], doer: string | string[] = []): unknown {
  const done = [doer].flat().flatMap((name) => (answers[name] ? [answers[name]] : []))
  return done.sort((a, b) => Number(b.at) - Number(a.at))[0]?.by
}

/**
 * Who of them has the fewest open steps. Of several it is chance by the matter, always the same one for the same matter:
 * otherwise the first of the list would have all the work of a quiet day, and all that comes at the same moment.
 */
export async function leastBusy(tx: Tx, people: Staff[], matterId: string): Promise<Staff> {
  const rows = await tx.query<{ assigneeId: string; n: number }>(
    `SELECT assigneeId, COUNT(*) AS n FROM flow_steps
     WHERE state = 'open' AND assigneeId IN (${people.map(() => '?').join(',')}) GROUP BY assigneeId`,
    people.map(({ id }) => id),
  )
  const load = new Map(rows.map(({ assigneeId, n }) => [assigneeId, Number(n)]))
  const fewest = Math.min(...people.map(({ id }) => load.get(id) ?? 0))
  const idle = people.filter(({ id }) => (load.get(id) ?? 0) === fewest)
  const lot = createHash('sha256').update(matterId).digest().readUInt32BE(0)
  return idle[lot % idle.length] as Staff
}
