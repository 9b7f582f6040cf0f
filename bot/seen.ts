import { levelOf } from '../server/engines/flows/acks.ts'
import { turnOf } from '../server/engines/flows/flows.ts'
import type { FlowStep } from '../server/engines/flows/step.ts'
import type { Message } from '../server/engines/messages/message.ts'
import { staffById } from '../server/engines/staff/roster.ts'
import type { Tx } from '../server/lib/tx.ts'

/** What a person knew of a step when they pressed: its level, its assignee, its limit, in which hands it was. */
type Basis = Pick<FlowStep, 'level' | 'assigneeId' | 'limitMs' | 'hands'>
type Fact = keyof Basis

/** The line (of cards/chat) that says what has changed since, and what goes into it. */
export interface Moved {
  line: string
  data: Record<string, unknown>
}

/** What a decision rests on: if that has changed since the card was drawn, it is not the decision that was meant. */
const SUPERVISING: Fact[] = ['limitMs', 'level', 'assigneeId']
const ESCALATION: Record<string, Fact[]> = {
  acknowledge: SUPERVISING,
  takeover: SUPERVISING,
  reassign: SUPERVISING,
  extend: SUPERVISING,
}
/** Finishing and asking mean the same whatever happened meanwhile; whether they are still possible is the guards' matter. */
const STEP: Record<string, Fact[]> = { accept: ['hands'], transfer: ['hands'] }
const RESTS_ON: Record<string, Record<string, Fact[]>> = {
  escalation: ESCALATION,
  ...Object.fromEntries(['step', 'warning', 'overdue', 'remark', 'urged'].map((kind) => [kind, STEP])),
}

/** What a later press on this message will be judged by, as it stands now; undefined where nothing is judged. */
export async function basisOf(tx: Tx, message: Message): Promise<string | undefined> {
  if (!RESTS_ON[message.kind]) return undefined
  const { level, assigneeId, limitMs, hands } = (await turnOf(tx, message.subjectId)).step
  // A card belongs to the pair of hands for which it was made, whatever it shows later.
  const made = (message.basis && basisFrom(message.basis)?.hands) || hands
  return JSON.stringify([level, assigneeId, limitMs, made])
}

/**
 * What has changed since the tapper's card was drawn, if the press rests on it (SEMANTICS B8); undefined says that the
 * press is what it looks like. A step that is over is left to the guards, who say by whom and when.
 */
export async function movedOn(tx: Tx, message: Message, key: string): Promise<Moved | undefined> {
  const facts = RESTS_ON[message.kind]?.[key]
  const known = facts && message.basis ? basisFrom(message.basis) : undefined
  if (!facts || !known) return undefined
  const { step, flow, run, definition } = await turnOf(tx, message.subjectId)
  const changed = step.isLive() && facts.find((fact) => step[fact] !== known[fact])
  if (!changed) return undefined
  const level = levelOf(flow, step.level)
  return {
    line: `moved.${changed}`,
    data: {
      number: run.facts.number,
      step: definition.title,
      assignee: (step.assigneeId && (await staffById(tx, step.assigneeId))?.name) || '',
      level: (level && flow.roles[level.to]) ?? '',
      dueAt: step.dueAt ?? 0,
    },
  }
}

function basisFrom(text: string): Basis | undefined {
  try {
    const [level, assigneeId, limitMs, hands] = JSON.parse(text) as [number, string | null, number, number]
    return { level, assigneeId, limitMs, hands }
  } catch {
    return undefined
  }
}
