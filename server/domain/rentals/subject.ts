import { type Actor, SYSTEM } from '../../engines/events/events.ts'
import type { FlowSubject, Turn } from '../../engines/flows/hooks.ts'
import { enqueue } from '../../engines/messages/outbox.ts'
import type { Tx } from '../../lib/tx.ts'
import { Rental } from './rental.ts'

/** What a booking does when the flow of its rental moves: the customer is told of each step. */
export const bookingSubject: FlowSubject = {
  async stepOpened(tx, turn) {
    if (turn.definition.tell === false) return
    await tellCustomer(tx, turn, 'rental_step', { progress: turn.definition.progress })
  },
  async stepFinished() {
    // The next step's opening says it.
  },
  async questionAsked(tx, turn, question) {
    await tellCustomer(tx, turn, 'rental_question', { question: question.text, round: turn.step.version })
  },
  async runEnded() {
    // The words of the last step have said it.
  },
}

/** Tells the customer something at a step, once. */
export async function tellCustomer(
  tx: Tx,
  { run, step }: Turn,
  kind: string,
  data: Record<string, unknown>,
): Promise<void> {
  if (!run.customerId) return
  await enqueue(tx, {
    key: `${kind}:${step.id}:${data.round ?? ''}`,
    channel: 'customer',
    to: run.customerId,
    kind,
    subjectId: run.subjectId,
    data: { ...data, number: run.facts.number, title: run.facts.title, at: tx.now },
  })
}

/** The rental for which a flow runs. */
export async function rentalOf(tx: Tx, { run }: Pick<Turn, 'run'>): Promise<Rental> {
  const rental = await tx.get(Rental, run.subjectId)
  if (!rental) throw new Error(`no rental ${run.subjectId}`)
  return rental
}

/** Who has finished a step, as the actor of what follows. */
export function byOf({ step }: Pick<Turn, 'step'>): Actor {
  return step.finishedBy ? { type: 'staff', id: step.finishedBy } : SYSTEM
}
