import { Invalid } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { type Actor, record } from '../events/events.ts'
import { enqueue, enqueueAll, touchCards } from '../messages/outbox.ts'
import { membersOf, staffById } from '../staff/roster.ts'
import type { Staff } from '../staff/staff.ts'
import { person } from './guards.ts'
import type { Turn } from './hooks.ts'
import { about, changeStep, stepCard } from './rows.ts'

/** Puts a step into other hands: the old cards close, the new hands get a card. Throws Invalid. */
export async function handOver(tx: Tx, turn: Turn, by: Staff, to: string): Promise<void> {
  const target = await staffById(tx, to)
  if (!target?.active) throw new Invalid('person', 'person_unknown')
  if (target.id === turn.step.assigneeId) throw new Invalid('person', 'person_same', { name: target.name })
  const asked = target.id === by.id ? undefined : { from: by, reason: 'asked' }
  await passOn(tx, turn, target, person(by), asked)
}

/** Why a step changes hands without anybody choosing so for this one: from whom, and the reason's name. */
export interface Inherited {
  from: Staff
  reason: string
}

/** The same for whoever may: the card tells from whom it comes and why, if it was inherited. */
export async function passOn(tx: Tx, turn: Turn, target: Staff, by: Actor, inherited?: Inherited): Promise<void> {
  const { step, run } = turn
  const from = step.assigneeId
  await changeStep(tx, step, { assigneeId: target.id, hands: step.hands + 1, acceptedAt: null })
  await touchCards(tx, step.id)
  const why = inherited && { from: inherited.from.name, [inherited.reason]: true }
  await enqueue(tx, { ...stepCard(step, run, target.id), data: why })
  await record(tx, 'step.transferred', {
    ...about(run),
    by,
    data: {
      step: step.name,
      from,
      to: target.id,
      toName: target.name,
      ...(inherited && { fromName: inherited.from.name, reason: inherited.reason }),
    },
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
