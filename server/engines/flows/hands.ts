import { Invalid } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { record } from '../events/events.ts'
import { enqueue, enqueueAll, touchCards } from '../messages/outbox.ts'
import { membersOf, staffById } from '../staff/roster.ts'
import type { Staff } from '../staff/staff.ts'
import { about, changeStep, stepCard } from './flows.ts'
import { person } from './guards.ts'
import type { Turn } from './hooks.ts'

/** Puts a step into other hands: the old cards close, the new hands get a card. Throws Invalid. */
export async function handOver(tx: Tx, turn: Turn, by: Staff, to: string): Promise<void> {
  const { step, run } = turn
  const target = await staffById(tx, to)
  if (!target?.active) throw new Invalid('person', 'person_unknown')
  if (target.id === step.assigneeId) throw new Invalid('person', 'person_same', { name: target.name })
  const from = step.assigneeId
  await changeStep(tx, step, { assigneeId: target.id, hands: step.hands + 1, acceptedAt: null })
  await touchCards(tx, step.id)
  await enqueue(tx, stepCard(step, run, target.id))
  await record(tx, 'step.transferred', {
    ...about(run),
    by: person(by),
    data: { step: step.name, from, to: target.id, toName: target.name },
  })
}

/** Tells whoever has the step (or everybody in the pool) something about it. */
export async function tellAssignee(
  tx: Tx,
  turn: Turn,
  kind: string,
  data: Record<string, unknown>,
  collapse = false,
): Promise<void> {
  const { step, run } = turn
  const people = step.assigneeId ? [step.assigneeId] : (await membersOf(tx, step.role)).map(({ id }) => id)
  await enqueueAll(
    tx,
    people.map((id) => ({
      key: `${kind}:${newId(tx.now)}:${id}`,
      channel: 'staff' as const,
      to: id,
      kind,
      subjectId: step.id,
      data,
      urgent: run.priority === 'urgent',
      collapseKey: collapse ? `${kind}:${step.id}:${id}` : undefined,
    })),
  )
}
