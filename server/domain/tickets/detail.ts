import { definitionById } from '../../engines/definitions/definitions.ts'
import { idsBehind } from '../../engines/events/aliases.ts'
import type { Event } from '../../engines/events/event.ts'
import { eventsOf } from '../../engines/events/events.ts'
import type { Flow } from '../../engines/flows/flow.ts'
import { flowOf, runOf, stepsOf } from '../../engines/flows/flows.ts'
import type { FlowRun } from '../../engines/flows/run.ts'
import { describeAnswers } from '../../engines/forms/answers.ts'
import type { Form } from '../../engines/forms/form.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { papersOf } from './papers.ts'
import { namesOn, progressOf, workerOn } from './progress.ts'
import { TicketReporter } from './relations.ts'
import { reopening } from './reopen.ts'
import { reportersOf } from './reporters.ts'
import { type Comment, Ticket } from './ticket.ts'
import { commentsFor, picturesByIds, timelineOf } from './timeline.ts'
import type { TicketDetail, TicketSummary } from './view.ts'

/** A ticket as the list in the mini-program shows it. */
export async function summaryOf(tx: Tx, words: Words, ticket: Ticket): Promise<TicketSummary> {
  const run = await runOf(tx, ticket.id)
  const current = run && (await stepsOf(tx, run.id)).find((step) => step.isLive() && step.kind !== 'fork')
  const flow = run && (await flowOf(tx, run.definitionId))
  const definition = flow?.steps.find(({ step }) => step === current?.name)
  return {
    id: ticket.id,
    number: ticket.number,
    title: ticket.title,
    status: ticket.status,
    statusText: words.text(`messages/tickets.status.${ticket.status}`),
    priority: ticket.priority,
    openedAt: ticket.openedAt,
    updatedAt: ticket.updatedAt,
    stepTitle: ticket.isOpen() ? (definition?.title ?? null) : null,
  }
}

/** The tickets of a customer, their own and those they reported as well, newest first; `before` is an id. */
export function ticketsOf(tx: Tx, customerId: string, before: string, limit: number): Promise<Ticket[]> {
  return tx.find(
    Ticket,
    `WHERE (customerId = ? OR id IN (SELECT ticketId FROM ticket_reporters WHERE customerId = ?))
     AND id < ? AND status <> 'merged' ORDER BY id DESC LIMIT ${limit}`,
    [customerId, customerId, before],
  )
}

/** A ticket with everything that this customer, its own or one who reported the same, may see (P10, M3). */
export async function detailOf(tx: Tx, words: Words, ticket: Ticket, customerId: string): Promise<TicketDetail> {
  const own = ticket.customerId === customerId
  const joined = own ? undefined : await tx.get(TicketReporter, `${ticket.id}:${customerId}`)
  const report = own ? ticket : joined
  const limited = joined?.limited ?? false
  const form = (await definitionById<Form>(tx, ticket.formId)).body
  const run = await runOf(tx, ticket.id)
  const flow = run && (await flowOf(tx, run.definitionId))
  const steps = run ? await stepsOf(tx, run.id) : []
  const comments = await commentsFor(tx, ticket, customerId, limited)
  const photos = report?.photos ?? []
  const pictures = await picturesByIds(tx, [...photos, ...comments.flatMap((comment) => comment.photos)])
  const way = flow && run ? { flow, run, steps } : undefined
  const writers = comments.flatMap(({ authorType, authorId }) => (authorType === 'staff' ? authorId : []))
  const names = way ? await namesOn(tx, way, writers) : new Map<string, string>()
  const others = (await reportersOf(tx, ticket.id)).length
  const events = await eventsOf(tx, ticket.id)
  return {
    ...(await summaryOf(tx, words, ticket)),
    answers: describeAnswers(form, report?.answers ?? {}, { words, whole: true }).filter(
      ({ name }) => form.fields.find((f) => f.name === name)?.kind !== 'photos',
    ),
    photos: photos.flatMap((id) => pictures.get(id) ?? []),
    documents: limited ? [] : await papersOf(tx, words, ticket),
    steps: way ? progressOf(tx, words, way, names) : [],
    timeline: timelineOf(words, { ids: await idsBehind(tx, customerId), events, flow, comments, pictures, names }),
    thanks: thanksIn(ticket, events),
    question: own ? questionOf(ticket, comments) : null,
    worker: ticket.isOpen() ? await workerOn(tx, steps, names) : null,
    reporters: others + 1,
    joined: !own,
    mergedInto: await mergedIntoOf(tx, ticket),
    links: await linksOf(tx, ticket, customerId),
    can: canOf(tx, ticket, { own, others }, run, flow),
    rating: own && !ticket.isRatable() ? ratingOf(ticket) : null,
  }
}

function canOf(
  tx: Tx,
  ticket: Ticket,
  { own, others }: { own: boolean; others: number },
  run: FlowRun | undefined,
  flow: Flow | undefined,
): TicketDetail['can'] {
  const urgeAfter = (run?.urgedAt && flow && run.urgedAt + flow.urgeEveryMs) || 0
  const { can, until } = own && flow && run ? reopening(ticket, run, flow, tx.now) : { can: false, until: undefined }
  const open = ticket.isOpen()
  return {
    remark: open,
    urge: open && urgeAfter <= tx.now,
    urgeAfter: urgeAfter > tx.now ? urgeAfter : undefined,
    withdraw: own && open && others === 0,
    rate: own && ticket.isRatable(),
    reopen: can,
    reopenUntil: until,
  }
}

function ratingOf(ticket: Ticket): TicketDetail['rating'] {
  if (ticket.csat === null) return null
  return {
    csat: ticket.csat,
    nps: ticket.nps ?? undefined,
    words: ticket.ratingWords ?? undefined,
    at: ticket.ratedAt ?? 0,
  }
}

async function mergedIntoOf(tx: Tx, ticket: Ticket): Promise<TicketDetail['mergedInto']> {
  const into = ticket.mergedInto && (await tx.get(Ticket, ticket.mergedInto))
  return into ? { id: into.id, number: into.number } : null
}

async function linksOf(tx: Tx, ticket: Ticket, customerId: string): Promise<TicketDetail['links']> {
  const others = await tx.find(
    Ticket,
    `WHERE customerId = ? AND id IN (SELECT otherId FROM ticket_links WHERE ticketId = ?
     UNION SELECT ticketId FROM ticket_links WHERE otherId = ?) ORDER BY id`,
    [customerId, ticket.id, ticket.id],
  )
  return others.map(({ id, number, title }) => ({ id, number, title }))
}

function thanksIn(ticket: Ticket, events: Event[]): TicketDetail['thanks'] {
  const thanked = ticket.isOpen() ? undefined : events.findLast(({ name }) => name === 'ticket.thanked')
  return thanked ? { points: Number(thanked.data.points) } : null
}

function questionOf(ticket: Ticket, comments: Comment[]): TicketDetail['question'] {
  const question = comments.findLast(({ kind }) => kind === 'question')
  return ticket.status === 'waiting_customer' && question ? { text: question.text, at: question.at } : null
}
