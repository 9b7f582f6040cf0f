import { record } from '../../engines/events/events.ts'
import { claimPictures } from '../../engines/files/files.ts'
import type { Flow } from '../../engines/flows/flow.ts'
import { cancelRun, changeRun, liveSteps, runOf, startFlow, turnOf } from '../../engines/flows/flows.ts'
import { tellAssignee } from '../../engines/flows/hands.ts'
import type { Turn } from '../../engines/flows/hooks.ts'
import { resumeStep } from '../../engines/flows/steps.ts'
import { checkAnswers, describeAnswers } from '../../engines/forms/answers.ts'
import type { Form } from '../../engines/forms/form.ts'
import { takeOnce, touchCards } from '../../engines/messages/outbox.ts'
import type { Version } from '../../engines/packs/shelf.ts'
import { Conflict, Invalid, NotFound, TooMany } from '../../lib/errors.ts'
import { maskName, maskPhone } from '../../lib/format.ts'
import { newId } from '../../lib/ids.ts'
import { readableNumber } from '../../lib/numbers.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import type { Customer } from '../customers/customer.ts'
import { keyTexts } from '../customers/find.ts'
import { Comment, Ticket } from './ticket.ts'

const ZONE = 'Asia/Shanghai'
/** After a failed text check the duty tries again at once; until then staff see a placeholder. */
export type Safety = Ticket['safety']

export interface Request {
  form: Version<Form>
  flow: Version<Flow>
  answers: Record<string, unknown>
  /** Makes the request idempotent: sent twice, it opens one ticket. */
  requestKey?: string
  safety: Safety
}

/** Opens a ticket and sets its flow going. The same request key again returns the first ticket. Throws Invalid. */
export async function openTicket(tx: Tx, customer: Customer, request: Request): Promise<Ticket> {
  const requestKey = request.requestKey ? `${customer.id}:${request.requestKey}` : null
  const before = requestKey && (await tx.first(Ticket, 'WHERE requestKey = ?', [requestKey]))
  if (before) return before
  const { form } = request
  const { values, problems } = checkAnswers(form.body, request.answers)
  const [problem] = problems
  if (problem) throw new Invalid(problem.field, problem.why, problem.data)

  const photos = photosIn(form.body, values)
  const id = newId(tx.now)
  await claimPictures(tx, customer.id, photos, id)
  const row = {
    id,
    number: readableNumber('T', tx.now, ZONE),
    kind: request.flow.body.flow,
    customerId: customer.id,
    title: titleOf(form.body, values),
    status: 'processing' as const,
    priority: 'normal' as const,
    formId: form.id,
    answers: values,
    photos,
    requestKey,
    safety: request.safety,
    checkAt: request.safety === 'pending' ? tx.now : null,
    openedAt: tx.now,
    updatedAt: tx.now,
    closedAt: null,
    csat: null,
    nps: null,
    ratingWords: null,
    ratedAt: null,
    version: 0,
  }
  // The number is taken, or the same request came on another connection: the transaction runs again.
  if (!(await tx.insertOnce(Ticket, row))) throw new LostRace()
  const ticket = Object.assign(new Ticket(), row)
  await record(tx, 'ticket.opened', {
    ...about(ticket),
    by: by(customer.id),
    data: { kind: ticket.kind, number: ticket.number },
  })
  const run = await startFlow(tx, {
    definitionId: request.flow.id,
    subject: { type: 'ticket', id },
    customerId: customer.id,
    facts: factsOf(ticket, customer, form.body),
    answers: values,
  })
  await keyTexts(tx, customer.id, textsIn(form.body, values))
  // The flow's first step has touched the ticket already: go on from how it stands now.
  const opened = await ticketFor(tx, customer.id, id)
  await changeTicket(tx, opened, { priority: run.priority })
  return opened
}

/**
 * The customer says something more, or answers a question: the words join the ticket, a paused step runs again. The
 * same request key again changes nothing.
 */
export async function addRemark(
  tx: Tx,
  customerId: string,
  ticketId: string,
  remark: { text: string; photos: string[]; safety: Safety; requestKey?: string },
): Promise<Ticket> {
  const ticket = await ticketFor(tx, customerId, ticketId)
  if (remark.requestKey && !(await takeOnce(tx, `remark:${customerId}:${remark.requestKey}`))) return ticket
  if (!ticket.isOpen()) throw new Conflict('ticket_closed')
  if (!remark.text && remark.photos.length === 0) throw new Invalid('text', 'remark_empty')
  await claimPictures(tx, customerId, remark.photos, ticketId)
  await tx.insert(Comment, {
    id: newId(tx.now),
    ticketId,
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
  const run = await runOf(tx, ticketId)
  if (run && remark.photos.length > 0) {
    await changeRun(tx, run, { facts: { ...run.facts, photos: [...run.facts.photos, ...remark.photos] } })
  }
  for (const step of run ? await liveSteps(tx, run.id) : []) {
    const turn = await turnOf(tx, step.id)
    await resumeStep(tx, turn, by(customerId))
    // Words that are not checked yet must not reach staff: they are told when the check has passed.
    if (remark.safety === 'pass') await tellRemark(tx, turn, remark)
  }
  await changeTicket(tx, ticket, { status: 'processing' })
  await record(tx, 'ticket.remarked', { ...about(ticket), by: by(customerId), data: { photos: remark.photos.length } })
  return ticket
}

/** Tells whoever has a step what the customer has added. */
export async function tellRemark(tx: Tx, turn: Turn, remark: { text: string; photos: string[] }): Promise<void> {
  await tellAssignee(tx, turn, 'remark', { text: remark.text, photos: remark.photos.length })
  await touchCards(tx, turn.step.id)
}

/** The customer asks to hurry: whoever has the step is told, at most once in the flow's span. Throws TooMany. */
export async function urgeTicket(tx: Tx, customerId: string, ticketId: string): Promise<Ticket> {
  const ticket = await ticketFor(tx, customerId, ticketId)
  const run = await runOf(tx, ticketId)
  const [step] = run ? await liveSteps(tx, run.id) : []
  if (!ticket.isOpen() || !run || !step) throw new Conflict('ticket_closed')
  const turn = await turnOf(tx, step.id)
  const next = (run.urgedAt ?? Number.NEGATIVE_INFINITY) + turn.flow.urgeEveryMs
  if (next > tx.now) throw new TooMany(next - tx.now)
  await changeRun(tx, turn.run, { urgedAt: tx.now })
  await tellAssignee(tx, turn, 'urged', {}, true)
  await changeTicket(tx, ticket, {})
  await record(tx, 'ticket.urged', { ...about(ticket), by: by(customerId) })
  return ticket
}

/** The customer takes the matter back: work stops, every card says so. */
export async function withdrawTicket(tx: Tx, customerId: string, ticketId: string, reason: string): Promise<Ticket> {
  const ticket = await ticketFor(tx, customerId, ticketId)
  if (ticket.status === 'withdrawn') return ticket
  if (!ticket.isOpen()) throw new Conflict('ticket_closed')
  const run = await runOf(tx, ticketId)
  if (run) {
    for (const step of await liveSteps(tx, run.id)) {
      await tellAssignee(tx, await turnOf(tx, step.id), 'withdrawn', { reason })
    }
    await cancelRun(tx, run, by(customerId), reason)
  }
  await changeTicket(tx, ticket, { status: 'withdrawn', closedAt: tx.now })
  await record(tx, 'ticket.withdrawn', { ...about(ticket), by: by(customerId), data: { reason } })
  return ticket
}

/** The customer rates how it went: CSAT 1–5, NPS 0–10, words; once. */
export async function rateTicket(
  tx: Tx,
  customerId: string,
  ticketId: string,
  rating: { csat: number; nps?: number; words?: string },
): Promise<Ticket> {
  const ticket = await ticketFor(tx, customerId, ticketId)
  if (ticket.ratedAt !== null) throw new Conflict('ticket_rated')
  if (!ticket.isRatable()) throw new Conflict('ticket_not_ratable')
  await changeTicket(tx, ticket, {
    csat: rating.csat,
    nps: rating.nps ?? null,
    ratingWords: rating.words || null,
    ratedAt: tx.now,
  })
  const run = await runOf(tx, ticketId)
  if (run) {
    const rated = { csat: rating.csat, nps: rating.nps, words: rating.words ?? '' }
    await changeRun(tx, run, { answers: { ...run.answers, rating: rated } })
    for (const step of await liveSteps(tx, run.id)) {
      await touchCards(tx, step.id)
      await tellAssignee(tx, await turnOf(tx, step.id), 'rated', rated)
    }
  }
  await record(tx, 'ticket.rated', {
    ...about(ticket),
    by: by(customerId),
    data: { csat: rating.csat, nps: rating.nps },
  })
  return ticket
}

/** A customer's own ticket; somebody else's does not exist for them. Throws NotFound. */
export async function ticketFor(tx: Tx, customerId: string, ticketId: string): Promise<Ticket> {
  const ticket = await tx.get(Ticket, ticketId)
  if (ticket?.customerId !== customerId) throw new NotFound('ticket')
  return ticket
}

/** Writes a change of a ticket if it is still as it was read; otherwise the transaction runs again. */
export async function changeTicket(tx: Tx, ticket: Ticket, changes: Partial<Ticket>): Promise<void> {
  const next = { ...changes, updatedAt: tx.now, version: ticket.version + 1 }
  if (!(await tx.update(Ticket, ticket.id, next, { version: ticket.version }))) throw new LostRace()
  Object.assign(ticket, next)
}

/** What an event of a ticket is about. */
export function about(ticket: Ticket) {
  return { subject: { type: 'ticket', id: ticket.id }, customerId: ticket.customerId }
}

/** What cards show of a ticket: personal data only masked, words only when they passed the check. */
export function factsOf(ticket: Ticket, customer: Customer, form: Form) {
  const words = form.fields.find(({ kind }) => kind === 'longtext')?.name ?? ''
  const safe = ticket.safety === 'pass'
  // Before the check has passed only what was chosen from our own options is shown.
  const shown = form.fields.filter(
    ({ kind, name, options }) => kind !== 'photos' && name !== words && (safe || options !== undefined),
  )
  return {
    number: ticket.number,
    title: safe ? ticket.title : form.title,
    text: safe ? String(ticket.answers[words] ?? '') : '',
    safety: ticket.safety,
    customer: maskName(customer.nickname ?? ''),
    phone: maskPhone(customer.phone ?? ''),
    rows: describeAnswers({ fields: shown }, ticket.answers).map(({ label, text, kind }) => ({
      label,
      text: kind === 'phone' ? maskPhone(text) : text,
    })),
    photos: ticket.photos,
  }
}

function photosIn(form: Form, values: Record<string, unknown>): string[] {
  return form.fields.filter(({ kind }) => kind === 'photos').flatMap(({ name }) => (values[name] as string[]) ?? [])
}

/** What the customer wrote into short fields: an order, a number plate. */
function textsIn(form: Form, values: Record<string, unknown>): string[] {
  return form.fields.filter(({ kind }) => kind === 'text').flatMap(({ name }) => (values[name] as string) || [])
}

/** The first chosen option tells most in the fewest words; the form's title stands in where there is none. */
function titleOf(form: Form, values: Record<string, unknown>): string {
  const select = form.fields.find(({ kind, name }) => kind === 'select' && values[name])
  const option = select?.options?.find(({ value }) => value === values[select.name])
  return option ? `${form.title}：${option.label}` : form.title
}

function by(customerId: string) {
  return { type: 'customer' as const, id: customerId }
}
