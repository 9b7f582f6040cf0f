import { record } from '../../engines/events/events.ts'
import { limitFor } from '../../engines/flows/flow.ts'
import { changeRun, liveSteps, runOf, turnOf } from '../../engines/flows/flows.ts'
import { mayAct, mayManage, person } from '../../engines/flows/guards.ts'
import type { Turn } from '../../engines/flows/hooks.ts'
import { calendarOf, pausesOf, rungAhead } from '../../engines/flows/ladder.ts'
import { resetClock } from '../../engines/flows/rows.ts'
import { touchCards } from '../../engines/messages/outbox.ts'
import type { Staff } from '../../engines/staff/staff.ts'
import { Conflict, Forbidden, Invalid, NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { about, changeTicket } from './change.ts'
import { type LinkKind, TicketLink, TicketTag, TicketWatcher } from './relations.ts'
import { tellOfTicket } from './tell.ts'
import { Comment, Ticket } from './ticket.ts'

const LONGEST_TAG = 20
const MOST_TAGS = 10

/** Writes an inside remark: colleagues read it in the history, the customer never. */
export async function noteTicket(tx: Tx, staff: Staff, ticketId: string, text: string): Promise<void> {
  const ticket = await ticketById(tx, ticketId)
  await comment(tx, ticket, staff, { kind: 'remark', inside: true, text })
  await record(tx, 'ticket.noted', { ...about(ticket), by: person(staff), data: { text } })
}

/** Says something to the customer, and to everybody who reported the same. */
export async function replyToCustomer(tx: Tx, staff: Staff, ticketId: string, text: string): Promise<void> {
  const ticket = await ticketById(tx, ticketId)
  if (ticket.status === 'withdrawn' || ticket.status === 'merged') throw new Conflict('ticket_closed')
  const id = await comment(tx, ticket, staff, { kind: 'reply', inside: false, text })
  await changeTicket(tx, ticket, {})
  await record(tx, 'ticket.replied', { ...about(ticket), by: person(staff), data: { text } })
  await tellOfTicket(tx, ticket, { kind: 'progress', key: `reply:${id}`, data: { progress: text } })
}

/** Puts words on a ticket by which it is sorted, or takes them off. Returns those it has now. Throws Invalid. */
export async function tagTicket(
  tx: Tx,
  staff: Staff,
  ticketId: string,
  change: { add: string[]; remove: string[] },
): Promise<string[]> {
  const ticket = await ticketById(tx, ticketId)
  const long = change.add.find((tag) => tag.length > LONGEST_TAG)
  if (long) throw new Invalid('tag', 'tag_long', { tag: long, max: LONGEST_TAG })
  for (const tag of change.remove) {
    await tx.run('DELETE FROM ticket_tags WHERE id = ?', [`${ticketId}:${tag}`])
  }
  for (const tag of change.add) {
    await tx.insertOnce(TicketTag, { id: `${ticketId}:${tag}`, ticketId, tag, staffId: staff.id, at: tx.now })
  }
  const tags = await tagsOf(tx, ticketId)
  if (tags.length > MOST_TAGS) throw new Invalid('tag', 'tags_many', { max: MOST_TAGS })
  await record(tx, 'ticket.tagged', { ...about(ticket), by: person(staff), data: { tags } })
  return tags
}

/** The words on a ticket, oldest first. */
export async function tagsOf(tx: Tx, ticketId: string): Promise<string[]> {
  const rows = await tx.find(TicketTag, 'WHERE ticketId = ? ORDER BY at, id', [ticketId])
  return rows.map(({ tag }) => tag)
}

/** Lets somebody of staff hear of each step of a ticket, or no more. */
export async function watchTicket(tx: Tx, staff: Staff, ticketId: string, on: boolean): Promise<void> {
  const ticket = await ticketById(tx, ticketId)
  const id = `${ticketId}:${staff.id}`
  const changed = on
    ? await tx.insertOnce(TicketWatcher, { id, ticketId, staffId: staff.id, at: tx.now })
    : (await tx.run('DELETE FROM ticket_watchers WHERE id = ?', [id])) > 0
  if (!changed) return
  await record(tx, on ? 'ticket.watched' : 'ticket.unwatched', { ...about(ticket), by: person(staff) })
}

/** Says what one ticket has to do with another; said again it changes nothing. Throws Invalid. */
export async function linkTickets(
  tx: Tx,
  staff: Staff,
  ticketId: string,
  otherId: string,
  kind: LinkKind,
): Promise<void> {
  if (ticketId === otherId) throw new Invalid('number', 'numbers_same')
  const [ticket, other] = [await ticketById(tx, ticketId), await ticketById(tx, otherId)]
  const id = `${ticketId}:${otherId}:${kind}`
  if (!(await tx.insertOnce(TicketLink, { id, ticketId, otherId, kind, staffId: staff.id, at: tx.now }))) return
  const by = person(staff)
  await record(tx, 'ticket.linked', { ...about(ticket), by, data: { other: other.number, kind } })
  await record(tx, 'ticket.linked', { ...about(other), by, data: { other: ticket.number, kind: `${kind}_of` } })
}

/** A supervisor says how much it hurries: the live steps' clocks run by it, with the pauses they had. */
export async function prioritiseTicket(
  tx: Tx,
  staff: Staff,
  ticketId: string,
  priority: Ticket['priority'],
): Promise<void> {
  const ticket = await openTicketById(tx, ticketId)
  const turns = await liveTurns(tx, ticketId)
  await guardLeader(tx, turns, staff)
  if (ticket.priority === priority) return
  await changeTicket(tx, ticket, { priority })
  const run = await runOf(tx, ticketId)
  if (run) await changeRun(tx, run, { priority })
  for (const turn of turns) await retime(tx, turn, priority)
  await record(tx, 'ticket.prioritised', { ...about(ticket), by: person(staff), data: { priority } })
}

/** Gives a live step the limit of another priority; what was allowed on top and the pauses it had stay. */
async function retime(tx: Tx, turn: Turn, priority: Ticket['priority']): Promise<void> {
  const { flow, run, step, definition } = turn
  const limit = (of: Ticket['priority']) =>
    limitFor(definition, { ...run, priority: of }, calendarOf(flow), step.openedAt)
  const other = priority === 'urgent' ? 'normal' : 'urgent'
  const limitMs = step.limitMs - limit(other) + limit(priority)
  if (run.priority !== priority) await changeRun(tx, run, { priority })
  await touchCards(tx, step.id)
  if (step.kind !== 'task' || limitMs === step.limitMs) return
  if (limitMs < step.limitMs) return resetClock(tx, turn, { limitMs })
  // As after an extension: the ladder begins again below the new deadline.
  const ladder = { ...step, limitMs, rungAt: null }
  const rung = rungAhead(flow, ladder, await pausesOf(tx, step.id), tx.now)
  await resetClock(tx, turn, { limitMs, rung, rungAt: tx.now, level: 0, ackBy: null, ackUntil: null })
}

/** A ticket by id; throws NotFound. */
export async function ticketById(tx: Tx, ticketId: string): Promise<Ticket> {
  const ticket = await tx.get(Ticket, ticketId)
  if (!ticket) throw new NotFound('ticket')
  return ticket
}

/** A ticket on which work goes on. Throws Conflict. */
export async function openTicketById(tx: Tx, ticketId: string): Promise<Ticket> {
  const ticket = await ticketById(tx, ticketId)
  if (!ticket.isOpen()) throw new Conflict('ticket_over', { number: ticket.number })
  return ticket
}

/** The steps of a ticket at which something can still be done. */
export async function liveTurns(tx: Tx, ticketId: string): Promise<Turn[]> {
  const run = await runOf(tx, ticketId)
  const steps = run ? await liveSteps(tx, run.id) : []
  return Promise.all(steps.map((step) => turnOf(tx, step.id)))
}

/** Lets only those through who do or lead one of these steps. Throws Forbidden. */
export async function guardDesk(tx: Tx, turns: Turn[], staff: Staff): Promise<void> {
  for (const turn of turns) if ((await mayAct(tx, turn, staff)) || (await mayManage(tx, turn, staff))) return
  throw new Forbidden('step_not_yours', { assignee: '' })
}

/** Lets only those through who lead one of these steps. Throws Forbidden. */
async function guardLeader(tx: Tx, turns: Turn[], staff: Staff): Promise<void> {
  for (const turn of turns) if (await mayManage(tx, turn, staff)) return
  throw new Forbidden('step_not_manager')
}

async function comment(
  tx: Tx,
  ticket: Ticket,
  staff: Staff,
  said: { kind: Comment['kind']; inside: boolean; text: string },
): Promise<string> {
  const id = newId(tx.now)
  await tx.insert(Comment, {
    id,
    ticketId: ticket.id,
    authorType: 'staff',
    authorId: staff.id,
    ...said,
    photos: [],
    safety: 'pass',
    at: tx.now,
  })
  return id
}
