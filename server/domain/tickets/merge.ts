import { definitionById } from '../../engines/definitions/definitions.ts'
import { record } from '../../engines/events/events.ts'
import type { Flow } from '../../engines/flows/flow.ts'
import { cancelRun, changeRun, runOf } from '../../engines/flows/flows.ts'
import { person } from '../../engines/flows/guards.ts'
import { tellAssignee } from '../../engines/flows/hands.ts'
import type { Form } from '../../engines/forms/form.ts'
import { touchCards } from '../../engines/messages/outbox.ts'
import type { Staff } from '../../engines/staff/staff.ts'
import { Conflict, Invalid } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { customerById } from '../customers/customers.ts'
import { about, changeTicket } from './change.ts'
import { guardDesk, linkTickets, liveTurns, noteTicket, openTicketById, ticketById } from './desk.ts'
import { wordsField } from './facts.ts'
import { withAdded } from './remarks.ts'
import { addReporter, reportersOf } from './reporters.ts'
import { tellOfTicket } from './tell.ts'
import type { Ticket } from './ticket.ts'
import { beginTicket } from './tickets.ts'

/**
 * Lets one ticket go on in another: its work stops, what was said and shown moves over, its customers follow the other.
 * Said again it changes nothing; it is not undone. Throws Invalid, Conflict, Forbidden.
 */
export async function mergeTickets(tx: Tx, staff: Staff, fromId: string, intoId: string): Promise<void> {
  if (fromId === intoId) throw new Invalid('number', 'numbers_same')
  const from = await ticketById(tx, fromId)
  if (from.mergedInto === intoId) return
  if (!from.isOpen()) throw new Conflict('ticket_over', { number: from.number })
  const into = await openTicketById(tx, intoId)
  await guardDesk(tx, await liveTurns(tx, fromId), staff)

  await stopWork(tx, staff, from, into)
  await moveWords(tx, from, into)
  const people = await moveReporters(tx, from, into)
  await tx.run('UPDATE tickets SET mergedInto = ? WHERE mergedInto = ?', [into.id, from.id])
  await changeTicket(tx, from, { status: 'merged', mergedInto: into.id, outcome: 'duplicate', closedAt: tx.now })
  await changeTicket(tx, into, {})
  const by = person(staff)
  await record(tx, 'ticket.merged', { ...about(from), by, data: { into: into.number } })
  await record(tx, 'ticket.took_in', { ...about(into), by, data: { from: from.number, title: from.title } })
  await tellOfTicket(tx, into, {
    kind: 'progress',
    key: `merged:${from.id}`,
    data: { merged: from.number },
    to: people,
  })
}

/** Makes a ticket of its own of what does not belong to this one, for the same customer. Returns the new one. */
export async function splitTicket(tx: Tx, staff: Staff, ticketId: string, text: string): Promise<Ticket> {
  const ticket = await openTicketById(tx, ticketId)
  const run = await runOf(tx, ticketId)
  if (!run) throw new Conflict('ticket_over', { number: ticket.number })
  await guardDesk(tx, await liveTurns(tx, ticketId), staff)
  const form = await definitionById<Form>(tx, ticket.formId)
  const words = wordsField(form.body)
  const pictures = new Set(form.body.fields.filter(({ kind }) => kind === 'photos').map(({ name }) => name))
  const kept = Object.fromEntries(Object.entries(ticket.answers).filter(([name]) => !pictures.has(name)))
  const made = await beginTicket(tx, await customerById(tx, ticket.customerId), {
    form,
    flow: await definitionById<Flow>(tx, run.definitionId),
    answers: words ? { ...kept, [words]: text } : kept,
    safety: 'pass',
    requestKey: null,
    openKey: null,
  })
  if (!words) await noteTicket(tx, staff, made.id, text)
  await linkTickets(tx, staff, made.id, ticket.id, 'split_from')
  return made
}

async function stopWork(tx: Tx, staff: Staff, from: Ticket, into: Ticket): Promise<void> {
  const run = await runOf(tx, from.id)
  if (!run) return
  // Its cards say where it went.
  const facts = { ...run.facts, mergedInto: into.number }
  await changeRun(tx, run, { facts })
  for (const turn of await liveTurns(tx, from.id)) await tellAssignee(tx, turn, 'merged', { into: into.number })
  await cancelRun(tx, run, person(staff), into.number)
}

/** Words and pictures go over; each comment keeps the ticket on which it was said. */
async function moveWords(tx: Tx, from: Ticket, into: Ticket): Promise<void> {
  await tx.run('UPDATE comments SET originId = COALESCE(originId, ticketId), ticketId = ? WHERE ticketId = ?', [
    into.id,
    from.id,
  ])
  await tx.run('UPDATE attachments SET subjectId = ? WHERE subjectId = ?', [into.id, from.id])
  const [old, run] = [await runOf(tx, from.id), await runOf(tx, into.id)]
  if (!old || !run) return
  const photos = [...new Set([...run.facts.photos, ...old.facts.photos])]
  const { text, safety, added = [] } = old.facts
  const other = from.customerId !== into.customerId
  const first = safety === 'pass' && text ? [{ text, other }] : []
  const later = added.map((one) => ({ ...one, other: other || one.other }))
  await changeRun(tx, run, { facts: withAdded({ ...run.facts, photos }, [...first, ...later]) })
  for (const { step } of await liveTurns(tx, into.id)) await touchCards(tx, step.id)
}

/** Everybody who was told of the one is told of the other from now on. Returns who that is. */
async function moveReporters(tx: Tx, from: Ticket, into: Ticket): Promise<string[]> {
  const own = { customerId: from.customerId, answers: from.answers, photos: from.photos, limited: false }
  const reporters = [own, ...(await reportersOf(tx, from.id))]
  for (const { customerId, ...said } of reporters) {
    const { answers, photos, limited } = said
    await addReporter(tx, into, customerId, { answers, photos, limited })
  }
  return [...new Set(reporters.map(({ customerId }) => customerId))]
}
