import type { Answers, FormDefinition, Rating, TicketDetail, TicketPage } from './api.ts'
import { withSession } from './session.ts'
import { send } from './transport.ts'

/** The last answer for each ticket, so that an unchanged one costs a 304 and draws nothing. */
const seen = new Map<string, { etag: string | undefined; detail: TicketDetail }>()

/** The customer's tickets, newest first; `before` is the `next` of the page above. */
export async function readTickets(before?: string): Promise<TicketPage> {
  const query = before ? `?before=${encodeURIComponent(before)}` : ''
  const { body } = await withSession((headers) => send({ method: 'GET', path: `/api/tickets${query}`, headers }))
  return body as TicketPage
}

/** One ticket; the very same object when the server says that nothing changed. */
export async function readTicket(id: string): Promise<TicketDetail> {
  const known = seen.get(id)
  const condition: Record<string, string> = known?.etag ? { 'If-None-Match': known.etag } : {}
  const { status, body, etag } = await withSession((headers) =>
    send({ method: 'GET', path: pathOf(id), headers: { ...headers, ...condition } }),
  )
  if (status === 304 && known) return known.detail
  const detail = body as TicketDetail
  seen.set(id, { etag, detail })
  return detail
}

/** Opens a ticket. The key makes a repeated send the same ticket. */
export async function openTicket(
  form: FormDefinition,
  answers: Answers,
  idempotencyKey: string,
): Promise<TicketDetail> {
  const { body } = await withSession((headers) =>
    send({
      method: 'POST',
      path: '/api/tickets',
      body: { form: form.name, version: form.version, answers },
      headers: { ...headers, 'Idempotency-Key': idempotencyKey },
    }),
  )
  return body as TicketDetail
}

/** Adds the customer's words or pictures; it also answers an open question. The key makes a repeated send one remark. */
export function remark(
  id: string,
  said: { text?: string; photos?: string[] },
  idempotencyKey: string,
): Promise<TicketDetail> {
  return act(id, 'remarks', said, { 'Idempotency-Key': idempotencyKey })
}

/** Asks staff to hurry. */
export function urge(id: string): Promise<TicketDetail> {
  return act(id, 'urge', {})
}

/** Takes the ticket back. */
export function withdraw(id: string, reason: string): Promise<TicketDetail> {
  return act(id, 'withdraw', reason ? { reason } : {})
}

/** Says that it is not over: work begins again. */
export function reopen(id: string, reason: string): Promise<TicketDetail> {
  return act(id, 'reopen', { reason })
}

/** Says how it went. */
export function rate(id: string, rating: Rating): Promise<TicketDetail> {
  return act(id, 'rating', rating)
}

async function act(id: string, verb: string, body: object, more: Record<string, string> = {}): Promise<TicketDetail> {
  const answer = await withSession((headers) =>
    send({ method: 'POST', path: `${pathOf(id)}/${verb}`, body, headers: { ...headers, ...more } }),
  )
  const detail = answer.body as TicketDetail
  seen.set(id, { etag: answer.etag, detail })
  return detail
}

function pathOf(id: string): string {
  return `/api/tickets/${encodeURIComponent(id)}`
}
