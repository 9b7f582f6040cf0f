import { z } from 'zod'
import { record } from '../../engines/events/events.ts'
import { stepOf } from '../../engines/flows/flow.ts'
import type { FlowSubject, FlowWord, Turn } from '../../engines/flows/hooks.ts'
import { enqueue } from '../../engines/messages/outbox.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { Comment, Ticket } from './ticket.ts'
import { about, changeTicket } from './tickets.ts'

const resolve: FlowWord<{ tell: string }> = {
  name: 'resolve_ticket',
  args: z.strictObject({ tell: z.string().default('result') }),
  async run(tx, turn, { tell }) {
    const ticket = await ticketOf(tx, turn)
    await changeTicket(tx, ticket, { status: 'resolved', closedAt: tx.now })
    await record(tx, 'ticket.resolved', { ...about(ticket), by: { type: 'system' } })
    await tellCustomer(tx, turn, tell, { result: firstText(turn.step.answers) })
  },
}

const share: FlowWord<{ field: string }> = {
  name: 'share_with_customer',
  args: z.strictObject({ field: z.string() }),
  async run(tx, turn, { field }) {
    const text = turn.step.answers?.[field]
    if (typeof text !== 'string' || !text) return
    await say(tx, turn, 'solution', text)
  },
}

/** The words that tickets lend to the flows. */
export const ticketWords = [resolve, share] as FlowWord[]

/** What a ticket does when its flow moves: keeps its status, tells the customer (P10). */
export const ticketSubject: FlowSubject = {
  async stepOpened(tx, turn) {
    const ticket = await ticketOf(tx, turn)
    await changeTicket(tx, ticket, {})
    // After the resolution the flow goes on inside the house; the customer was told of the result.
    if (ticket.isOpen()) await tellCustomer(tx, turn, 'progress', { progress: turn.definition.progress })
  },
  async stepFinished() {
    // The next step's opening, or the resolution, says it.
  },
  async questionAsked(tx, turn, question) {
    const ticket = await ticketOf(tx, turn)
    await changeTicket(tx, ticket, ticket.isOpen() ? { status: 'waiting_customer' } : {})
    await say(tx, turn, 'question', question.text, question.staffId)
    await tellCustomer(tx, turn, 'question', { question: question.text }, String(turn.step.version))
  },
  async runEnded(tx, run) {
    const ticket = await tx.get(Ticket, run.subjectId)
    if (ticket?.isOpen()) await changeTicket(tx, ticket, { status: 'resolved', closedAt: tx.now })
  },
}

async function tellCustomer(
  tx: Tx,
  turn: Turn,
  kind: string,
  data: Record<string, unknown>,
  round = '',
): Promise<void> {
  const { run, step } = turn
  if (!run.customerId) return
  await enqueue(tx, {
    key: `${kind}:${step.id}:${round}`,
    channel: 'customer',
    to: run.customerId,
    kind,
    subjectId: run.subjectId,
    data: {
      ...data,
      number: run.facts.number,
      title: turn.flow.title,
      step: stepOf(turn.flow, step.name).title,
      at: tx.now,
    },
  })
}

async function say(tx: Tx, turn: Turn, kind: 'question' | 'solution', text: string, by?: string): Promise<void> {
  await tx.insert(Comment, {
    id: newId(tx.now),
    ticketId: turn.run.subjectId,
    authorType: 'staff',
    authorId: by ?? turn.step.finishedBy ?? '',
    kind,
    inside: false,
    text,
    photos: [],
    safety: 'pass',
    at: tx.now,
  })
}

async function ticketOf(tx: Tx, { run }: Turn): Promise<Ticket> {
  const ticket = await tx.get(Ticket, run.subjectId)
  if (!ticket) throw new Error(`no ticket ${run.subjectId}`)
  return ticket
}

function firstText(answers: Record<string, unknown> | null): string {
  const text = Object.values(answers ?? {}).find((value) => typeof value === 'string' && value.length > 0)
  return String(text ?? '')
}
