import { definitionById } from '../../engines/definitions/definitions.ts'
import { type Actor, record } from '../../engines/events/events.ts'
import type { Flow } from '../../engines/flows/flow.ts'
import { flowOf, reopenRun, reopenUntil, runOf, stepsOf, turnOf } from '../../engines/flows/flows.ts'
import { mayManage, person } from '../../engines/flows/guards.ts'
import type { FlowRun } from '../../engines/flows/run.ts'
import type { Form } from '../../engines/forms/form.ts'
import type { Staff } from '../../engines/staff/staff.ts'
import { Conflict, Forbidden } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { about, by, changeTicket, ticketFor } from './change.ts'
import { ticketById } from './desk.ts'
import { openKeyOf } from './facts.ts'
import { type Remark, sayRemark } from './remarks.ts'
import { Ticket } from './ticket.ts'

/** The customer is not content: work begins again, within the flow's window. Done twice, it happens once. */
export async function reopenByCustomer(
  tx: Tx,
  customerId: string,
  ticketId: string,
  said: Pick<Remark, 'safety'> & { reason: string },
): Promise<Ticket> {
  const ticket = await ticketFor(tx, customerId, ticketId)
  if (ticket.isOpen()) return ticket
  await reopen(tx, ticket, by(customerId), said.safety === 'pass' ? said.reason : '')
  await sayRemark(tx, ticket, customerId, { text: said.reason, photos: [], safety: said.safety })
  return ticket
}

/** Staff find that it is not over: whoever leads the flow or has done a step of it may. */
export async function reopenByStaff(tx: Tx, staff: Staff, ticketId: string, reason: string): Promise<void> {
  const ticket = await ticketById(tx, ticketId)
  if (ticket.isOpen()) return
  const run = await runOf(tx, ticketId)
  const steps = run ? await stepsOf(tx, run.id) : []
  const last = steps.at(-1)
  const did = steps.some(({ finishedBy }) => finishedBy === staff.id)
  if (!did && !(last && (await mayManage(tx, await turnOf(tx, last.id), staff)))) {
    throw new Forbidden('step_not_yours', { assignee: '' })
  }
  await reopen(tx, ticket, person(staff), reason)
}

/** Whether a ticket that is over can be opened again, and until when if the run has ended. */
export function reopening(ticket: Ticket, run: FlowRun, flow: Flow, now: number): { can: boolean; until?: number } {
  if (!isOver(ticket) || !flow.reopenWithin) return { can: false }
  if (run.state === 'running') return { can: true }
  const until = reopenUntil(flow, run)
  return until !== undefined && now <= until ? { can: true, until } : { can: false }
}

async function reopen(tx: Tx, ticket: Ticket, actor: Actor, reason: string): Promise<void> {
  const run = await runOf(tx, ticket.id)
  if (!run || !isOver(ticket)) throw new Conflict('ticket_closed')
  const flow = await flowOf(tx, run.definitionId)
  if (!reopening(ticket, run, flow, tx.now).can) throw new Conflict('reopen_late')
  // The first rating stays until another takes its place.
  await changeTicket(tx, ticket, {
    status: 'processing',
    closedAt: null,
    outcome: null,
    openKey: await freeKey(tx, ticket, flow),
  })
  await record(tx, 'ticket.reopened', { ...about(ticket), by: actor, data: { reason, csat: ticket.csat } })
  await reopenRun(tx, run, actor)
  Object.assign(ticket, await ticketById(tx, ticket.id))
}

/** The key by which further reports find it, unless a later report on the same is open already. */
async function freeKey(tx: Tx, ticket: Ticket, flow: Flow): Promise<string | null> {
  const form = (await definitionById<Form>(tx, ticket.formId)).body
  const key = openKeyOf(flow, form, ticket.answers)
  return key === null || (await tx.first(Ticket, 'WHERE openKey = ?', [key])) ? null : key
}

function isOver({ status }: Ticket): boolean {
  return status === 'resolved' || status === 'closed'
}
