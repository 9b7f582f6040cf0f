import { record } from '../../engines/events/events.ts'
import { claimPictures } from '../../engines/files/files.ts'
import { changeRun, liveSteps, runOf, signalFlows, turnOf } from '../../engines/flows/flows.ts'
import { tellAssignee } from '../../engines/flows/hands.ts'
import type { Turn } from '../../engines/flows/hooks.ts'
import type { Added, Facts, FlowRun } from '../../engines/flows/run.ts'
import { resumeStep } from '../../engines/flows/steps.ts'
import { takeOnce, touchCards } from '../../engines/messages/outbox.ts'
import { Conflict, Invalid } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { about, by, changeTicket, ticketSeenBy } from './change.ts'
import { Comment, type Safety, Ticket } from './ticket.ts'

/** So many of the last words travel along on cards; the ticket itself keeps them all. */
const MOST_ADDED = 2

export interface Remark {
  text: string
  photos: string[]
  safety: Safety
}

/**
 * The customer says something more, or answers a question: the words join the ticket, a paused step runs again, and so
 * does a flow that waits for `ticket.remarked`. The same request key again changes nothing.
 */
export async function addRemark(
  tx: Tx,
  customerId: string,
  ticketId: string,
  remark: Remark & { requestKey?: string },
): Promise<Ticket> {
  const ticket = await ticketSeenBy(tx, customerId, ticketId)
  if (remark.requestKey && !(await takeOnce(tx, `remark:${customerId}:${remark.requestKey}`))) return ticket
  if (!ticket.isOpen()) throw new Conflict('ticket_closed')
  if (!remark.text && remark.photos.length === 0) throw new Invalid('text', 'remark_empty')
  await claimPictures(tx, customerId, remark.photos, ticketId)
  await record(tx, 'ticket.remarked', { ...about(ticket), by: by(customerId), data: { photos: remark.photos.length } })
  // First, so that whoever goes on reads the words. What a flow waits for, its own customer has to say.
  const own = ticket.customerId === customerId
  if (own) await signalFlows(tx, { type: 'ticket', id: ticketId }, 'ticket.remarked', saidIn(remark))
  const present = own ? await ticketSeenBy(tx, customerId, ticketId) : ticket
  await sayRemark(tx, present, customerId, remark)
  return present
}

/** What a step that waited for these words keeps of them: those that are not checked yet must not reach staff. */
function saidIn({ text, safety }: Remark): { said?: string } {
  return text && safety === 'pass' ? { said: text } : {}
}

/** Puts a customer's words and pictures to an open ticket and tells whoever works on it. */
export async function sayRemark(tx: Tx, ticket: Ticket, customerId: string, remark: Remark): Promise<void> {
  const id = newId(tx.now)
  await tx.insert(Comment, {
    id,
    ticketId: ticket.id,
    authorType: 'customer',
    authorId: customerId,
    kind: 'remark',
    inside: false,
    text: remark.text,
    photos: remark.photos,
    safety: remark.safety,
    checkAt: remark.safety === 'pending' ? tx.now : null,
    at: tx.now,
  })
  // A question was put to the ticket's own customer: only their words answer it.
  const answers = ticket.customerId === customerId
  const run = await runOf(tx, ticket.id)
  // What waits for the customer to say something goes on, so that somebody is there to read it.
  if (run) await signalFlows(tx, { type: 'ticket', id: ticket.id }, 'ticket.remarked', saidIn(remark))
  if (run && remark.photos.length > 0) {
    await changeRun(tx, run, { facts: { ...run.facts, photos: [...run.facts.photos, ...remark.photos] } })
  }
  const asked = answers ? await questionBefore(tx, { id, ticketId: ticket.id }) : ''
  if (run && remark.safety === 'pass') await keepOnCards(tx, run, { text: remark.text, other: !answers, asked })
  for (const step of run ? await liveSteps(tx, run.id) : []) {
    const turn = await turnOf(tx, step.id)
    if (answers) await resumeStep(tx, turn, by(customerId))
    // Words that are not checked yet must not reach staff: they are told when the check has passed.
    if (remark.safety === 'pass') await tellRemark(tx, turn, remark, asked)
  }
  Object.assign(ticket, await tx.get(Ticket, ticket.id))
  await changeTicket(tx, ticket, answers ? { status: 'processing' } : {})
}

/** Lets the cards of all later steps tell what was added: whoever comes next was not told of it. Only checked words. */
export async function keepOnCards(tx: Tx, run: FlowRun, words: Added): Promise<void> {
  if (words.text) await changeRun(tx, run, { facts: withAdded(run.facts, [words]) })
}

/** The question that a comment of the ticket's own customer answers; empty where another word stood before it. */
export async function questionBefore(tx: Tx, { id, ticketId }: Pick<Comment, 'id' | 'ticketId'>): Promise<string> {
  const said = `WHERE ticketId = ? AND id < ? AND inside = 0 AND originId IS NULL ORDER BY id DESC`
  const last = await tx.first(Comment, said, [ticketId, id])
  return last?.kind === 'question' ? last.text : ''
}

/** What cards show, with what was said later. */
export function withAdded(facts: Facts, words: Added[]): Facts {
  return words.length > 0 ? { ...facts, added: [...(facts.added ?? []), ...words].slice(-MOST_ADDED) } : facts
}

/** Tells whoever has a step what the customer has added. */
export async function tellRemark(
  tx: Tx,
  turn: Turn,
  { text, photos }: Pick<Remark, 'text' | 'photos'>,
  asked: string,
): Promise<void> {
  await tellAssignee(tx, turn, 'remark', { text, photos: photos.length, ...(asked && { asked }) })
  await touchCards(tx, turn.step.id)
}
