import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { approveStep, rejectStep, returnStep } from '../flows/approval.ts'
import { ballotOf } from '../flows/approval-open.ts'
import type { Turn } from '../flows/hooks.ts'
import { staffById } from '../staff/roster.ts'
import type { Staff } from '../staff/staff.ts'
import type { Ask } from './try-answers.ts'

/** What is known beforehand of a trial: the answers of each form by step (`form` for the opening one), the time each step takes. */
export interface Plan {
  /** One set of answers, or one for each visit. */
  answers?: Record<string, unknown>
  /** How long each step takes by the clock, written as limits are. */
  takes?: Record<string, string>
  /** Fill in what the plan does not say. */
  auto?: boolean
}

const DECISIONS = ['approve', 'reject', 'return'] as const

/** What somebody decides at an approval in a trial. */
export interface Verdict {
  decision: (typeof DECISIONS)[number]
  words: string
  /** The step to which it goes back. */
  to?: string
}

/** The decision of the plan, else consent, else what is said at the terminal; undefined when nobody answers. */
export async function verdictFor(
  plan: Plan,
  ask: Ask,
  words: Words,
  step: string,
  visit: number,
): Promise<Verdict | undefined> {
  const reason = words.text('messages/pack-try.reason')
  const planned = plan.answers?.[step]
  const given = (Array.isArray(planned) ? planned[Math.min(visit, planned.length - 1)] : planned) as
    | Partial<Verdict>
    | undefined
  if (given?.decision) return { words: reason, ...given, decision: given.decision }
  if (plan.auto) return { decision: 'approve', words: '' }
  const said = await ask(words.text('messages/pack-try.decide'))
  if (said === undefined) return undefined
  return { decision: DECISIONS[Number(said.trim()) - 1] ?? 'approve', words: reason }
}

/** Lets whoever's turn it is decide at an approval. */
export async function decide(tx: Tx, turn: Turn, { decision, words, to }: Verdict): Promise<Staff | undefined> {
  const { open, approval } = await ballotOf(tx, turn)
  const staff = open[0] && (await staffById(tx, open[0].staffId))
  if (!staff) return undefined
  if (decision === 'approve') await approveStep(tx, turn, staff, words)
  else if (decision === 'reject') await rejectStep(tx, turn, staff, words)
  else await returnStep(tx, turn, staff, to ?? approval.return_to[0] ?? '', words)
  return staff
}
