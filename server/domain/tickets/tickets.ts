import { record } from '../../engines/events/events.ts'
import { claimPictures } from '../../engines/files/files.ts'
import type { Flow } from '../../engines/flows/flow.ts'
import { cancelRun, changeRun, liveSteps, runOf, startFlow, turnOf } from '../../engines/flows/flows.ts'
import { tellAssignee } from '../../engines/flows/hands.ts'
import { urgeRun } from '../../engines/flows/urge.ts'
import { checkAnswers } from '../../engines/forms/answers.ts'
import type { Form } from '../../engines/forms/form.ts'
import { touchCards } from '../../engines/messages/outbox.ts'
import type { Version } from '../../engines/packs/shelf.ts'
import { opened } from '../../lib/crypto.ts'
import { Conflict, Invalid } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { readableNumber } from '../../lib/numbers.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import type { Customer } from '../customers/customer.ts'
import { identityOf } from '../customers/customers.ts'
import { keyTexts } from '../customers/find.ts'
import { about, by, changeTicket, ticketFor, ticketSeenBy } from './change.ts'
import {
  assetCodeIn,
  factsOf,
  isFaultForm,
  newsIn,
  openKeyOf,
  photosIn,
  placeAndAsset,
  textsIn,
  titleOf,
  wordsField,
} from './facts.ts'
import { TicketRequest } from './relations.ts'
import { faultsOf, joinTicket, reportersOf } from './reporters.ts'
import { type Safety, Ticket } from './ticket.ts'

const ZONE = 'Asia/Shanghai'

export interface Request {
  form: Pick<Version<Form>, 'id' | 'body'>
  flow: Pick<Version<Flow>, 'id' | 'body'>
  answers: Record<string, unknown>
  /** Makes the request idempotent: sent twice, it opens one ticket. */
  requestKey?: string
  safety: Safety
}

/** What a ticket begins with: the answers are checked, `openKey` says which further reports join it. */
export interface Beginning extends Omit<Request, 'requestKey'> {
  requestKey: string | null
  openKey: string | null
}

/**
 * Opens a ticket and sets its flow going, or joins the open ticket about the same thing. The same request key again
 * returns the first ticket. Throws Invalid.
 */
export async function openTicket(tx: Tx, customer: Customer, request: Request): Promise<Ticket> {
  const requestKey = request.requestKey ? `${customer.id}:${request.requestKey}` : null
  const before = requestKey && (await sentBefore(tx, requestKey))
  if (before) return before
  const form = request.form.body
  const { values, problems } = checkAnswers(form, request.answers, { now: tx.now })
  const [problem] = problems
  if (problem) throw new Invalid(problem.field, problem.why, problem.data)

  const openKey = openKeyOf(request.flow.body, form, values)
  const alike = openKey && (await tx.first(Ticket, 'WHERE openKey = ?', [openKey]))
  if (!alike) return beginTicket(tx, customer, { ...request, answers: values, requestKey, openKey })

  const fault = isFaultForm(form)
  // The same request came on another connection: the transaction runs again.
  if (requestKey && !(await tx.insertOnce(TicketRequest, { id: requestKey, ticketId: alike.id }))) throw new LostRace()
  await joinTicket(tx, alike, customer, {
    text: fault ? String(opened(values[wordsField(form)]) ?? '') : newsIn(form, values, alike.answers),
    photos: photosIn(form, values),
    safety: request.safety,
    answers: values,
    limited: !fault && !(await isTheirs(tx, customer, alike, values[request.flow.body.join_by ?? ''])),
  })
  await keyTexts(tx, customer.id, textsIn(form, values))
  return alike
}

/** Whether a customer who asks again by the same answer is the same: it is their own ticket, or the number is proved theirs. */
async function isTheirs(tx: Tx, customer: Customer, ticket: Ticket, said: unknown): Promise<boolean> {
  return ticket.customerId === customer.id || (await identityOf(tx, customer.id, 'phone')) === opened(said)
}

/** Writes a new ticket and sets its flow going. */
export async function beginTicket(tx: Tx, customer: Customer, request: Beginning): Promise<Ticket> {
  const { form, answers, openKey } = request
  const photos = photosIn(form.body, answers)
  const id = newId(tx.now)
  await claimPictures(tx, customer.id, photos, id)
  const row = {
    id,
    number: readableNumber('T', tx.now, ZONE),
    kind: request.flow.body.flow,
    customerId: customer.id,
    title: titleOf(form.body, answers),
    status: 'processing' as const,
    priority: 'normal' as const,
    formId: form.id,
    answers,
    photos,
    requestKey: request.requestKey,
    safety: request.safety,
    checkAt: request.safety === 'pending' ? tx.now : null,
    openedAt: tx.now,
    updatedAt: tx.now,
    closedAt: null,
    csat: null,
    nps: null,
    ratingWords: null,
    ratedAt: null,
    assetCode: assetCodeIn(form.body, answers) ?? null,
    openKey,
    mergedInto: null,
    outcome: null,
    version: 0,
  }
  // The number is taken, or the same came on another connection: the transaction runs again.
  if (!(await tx.insertOnce(Ticket, row))) throw new LostRace()
  const ticket = Object.assign(new Ticket(), row)
  await record(tx, 'ticket.opened', {
    ...about(ticket),
    by: by(customer.id),
    data: { kind: ticket.kind, number: ticket.number },
  })
  const reporter = { tier: customer.tier, ...(await faultsOf(tx, customer.id)) }
  const start = {
    definitionId: request.flow.id,
    subject: { type: 'ticket', id },
    customerId: customer.id,
    facts: {
      ...factsOf(ticket, customer, form.body),
      ...(await placeAndAsset(tx, form.body, answers)),
      reporter,
    },
    answers,
    tier: customer.tier,
    about: { reporter },
  }
  const run = await startFlow(tx, start)
  await keyTexts(tx, customer.id, textsIn(form.body, answers))
  // The flow's first step has touched the ticket already: go on from how it stands now.
  const opened = await ticketFor(tx, customer.id, id)
  await changeTicket(tx, opened, { priority: run.priority })
  return opened
}

async function sentBefore(tx: Tx, requestKey: string): Promise<Ticket | undefined> {
  const opened = await tx.first(Ticket, 'WHERE requestKey = ?', [requestKey])
  if (opened) return opened
  const joined = await tx.get(TicketRequest, requestKey)
  return joined && tx.get(Ticket, joined.ticketId)
}

/** The customer asks to hurry: whoever has the step is told, at most once in the flow's span. Throws TooMany. */
export async function urgeTicket(tx: Tx, customerId: string, ticketId: string): Promise<Ticket> {
  const ticket = await ticketSeenBy(tx, customerId, ticketId)
  const run = await runOf(tx, ticketId)
  const [step] = run ? await liveSteps(tx, run.id) : []
  if (!ticket.isOpen() || !run || !step) throw new Conflict('ticket_closed')
  await urgeRun(tx, run, 'ticket.urged')
  Object.assign(ticket, await ticketSeenBy(tx, customerId, ticketId))
  await changeTicket(tx, ticket, {})
  await record(tx, 'ticket.urged', { ...about(ticket), by: by(customerId) })
  return ticket
}

/** The customer takes the matter back: work stops, every card says so. Not while others wait for it. Throws Conflict. */
export async function withdrawTicket(tx: Tx, customerId: string, ticketId: string, reason: string): Promise<Ticket> {
  const ticket = await ticketFor(tx, customerId, ticketId)
  if (ticket.status === 'withdrawn') return ticket
  if (!ticket.isOpen()) throw new Conflict('ticket_closed')
  if ((await reportersOf(tx, ticketId)).length > 0) throw new Conflict('ticket_shared')
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
  if (!ticket.isRatable()) throw new Conflict(ticket.ratedAt === null ? 'ticket_not_ratable' : 'ticket_rated')
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
