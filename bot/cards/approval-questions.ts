import { addSigner, rejectStep, returnStep, seatCandidates } from '../../server/engines/flows/approval.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import type { Option } from '../../server/engines/forms/form.ts'
import type { Staff } from '../../server/engines/staff/staff.ts'
import type { Tx } from '../../server/lib/tx.ts'

/** What the bot asks of an approver in the chat. */
export type ApprovalAction = 'reject' | 'return' | 'add_signer'

/** A question in words, or among options. */
export interface Asked {
  name: string
  /** The prompt's words in cards/chat.yaml. */
  prompt: string
  options?: Option[]
}

/** The questions of an approver's action, in order. */
export async function approvalQuestions(tx: Tx, action: ApprovalAction, turn: Turn): Promise<Asked[]> {
  if (action === 'reject') return [{ name: 'reason', prompt: 'reject_reason' }]
  if (action === 'return') {
    return [
      { name: 'to', prompt: 'return_to', options: returnOptions(turn) },
      { name: 'reason', prompt: 'return_reason' },
    ]
  }
  const when = ['before', 'after'].map((value) => ({ value, label: value }))
  return [
    { name: 'person', prompt: 'add_signer', options: await seatOptions(tx, turn) },
    { name: 'when', prompt: 'signer_when', options: when },
  ]
}

/** What is done with the answers. */
export const approvalDone: Record<
  ApprovalAction,
  (tx: Tx, turn: Turn, staff: Staff, answers: Record<string, unknown>) => Promise<void>
> = {
  reject: (tx, turn, staff, { reason }) => rejectStep(tx, turn, staff, String(reason)),
  return: (tx, turn, staff, { to, reason }) => returnStep(tx, turn, staff, String(to), String(reason)),
  add_signer: (tx, turn, staff, { person, when }) =>
    addSigner(tx, turn, staff, String(person), when === 'before' ? 'before' : 'after'),
}

/** The steps to which an approval may be returned. */
export function returnOptions({ flow, definition }: Turn): Option[] {
  const allowed = definition.approval?.return_to ?? []
  return flow.steps.flatMap(({ step, title }) => (allowed.includes(step) ? { value: step, label: title } : []))
}

/** The people to whom a seat can be given or added. */
export async function seatOptions(tx: Tx, turn: Turn): Promise<Option[]> {
  return (await seatCandidates(tx, turn)).map(({ id, name }) => ({ value: id, label: name }))
}
