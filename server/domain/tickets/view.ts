import { definitionById } from '../../engines/definitions/definitions.ts'
import type { Flow, StepDefinition } from '../../engines/flows/flow.ts'
import { flowOf, runOf, stepsOf } from '../../engines/flows/flows.ts'
import type { FlowRun } from '../../engines/flows/run.ts'
import type { FlowStep } from '../../engines/flows/step.ts'
import { describeAnswers } from '../../engines/forms/answers.ts'
import type { Form } from '../../engines/forms/form.ts'
import { Staff } from '../../engines/staff/staff.ts'
import { maskName } from '../../lib/format.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { TicketReporter } from './relations.ts'
import { reopening } from './reopen.ts'
import { reportersOf } from './reporters.ts'
import { type Comment, Ticket } from './ticket.ts'
import { commentsFor, type Photo, picturesByIds, type TimelineEntry, timelineOf } from './timeline.ts'

export interface TicketSummary {
  id: string
  number: string
  title: string
  status: Ticket['status']
  statusText: string
  priority: Ticket['priority']
  openedAt: number
  updatedAt: number
  stepTitle: string | null
}

export interface TicketDetail extends TicketSummary {
  answers: { name: string; label: string; text: string }[]
  photos: Photo[]
  steps: { name: string; title: string; state: StepLook; at?: number; by?: string; text?: string }[]
  timeline: TimelineEntry[]
  question: { text: string; at: number } | null
  /** Who is on it and when they will be there, once somebody has taken it. */
  worker: { name: string; eta?: number } | null
  /** How many customers reported it, this one included. */
  reporters: number
  /** Whether somebody else reported it first. */
  joined: boolean
  /** The ticket in which it went on. */
  mergedInto: { id: string; number: string } | null
  /** The customer's other tickets that have to do with it. */
  links: { id: string; number: string; title: string }[]
  can: {
    remark: boolean
    urge: boolean
    urgeAfter?: number
    withdraw: boolean
    rate: boolean
    reopen: boolean
    reopenUntil?: number
  }
  rating: { csat: number; nps?: number; words?: string; at: number } | null
}
export type StepLook = 'done' | 'current' | 'waiting' | 'upcoming' | 'skipped'

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
  const report = own ? ticket : await tx.get(TicketReporter, `${ticket.id}:${customerId}`)
  const form = (await definitionById<Form>(tx, ticket.formId)).body
  const run = await runOf(tx, ticket.id)
  const flow = run && (await flowOf(tx, run.definitionId))
  const steps = run ? await stepsOf(tx, run.id) : []
  const comments = await commentsFor(tx, ticket, customerId)
  const photos = report?.photos ?? []
  const pictures = await picturesByIds(tx, [...photos, ...comments.flatMap((comment) => comment.photos)])
  const people = await namesOf(tx, [
    ...steps.map(({ assigneeId }) => assigneeId),
    ...comments.map(({ authorId }) => authorId),
  ])
  const others = (await reportersOf(tx, ticket.id)).length
  return {
    ...(await summaryOf(tx, words, ticket)),
    answers: describeAnswers(form, report?.answers ?? {}, { words, whole: true }).filter(
      ({ name }) => form.fields.find((f) => f.name === name)?.kind !== 'photos',
    ),
    photos: photos.flatMap((id) => pictures.get(id) ?? []),
    steps: flow && run ? looks(tx, words, ticket, flow, run, steps, people) : [],
    timeline: await timelineOf(tx, words, ticket, { customerId, flow, comments, pictures, people }),
    question: own ? questionOf(ticket, comments) : null,
    worker: ticket.isOpen() && run ? workerOf(run, steps, people) : null,
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

function workerOf(run: FlowRun, steps: FlowStep[], people: Map<string, string>): TicketDetail['worker'] {
  const step = steps.findLast((one) => one.isLive() && one.acceptedAt !== null && one.assigneeId !== null)
  const name = step?.assigneeId && people.get(step.assigneeId)
  if (!name) return null
  const { eta } = run.facts as { eta?: unknown }
  return { name: maskName(name), ...(typeof eta === 'number' && { eta }) }
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

function looks(
  tx: Tx,
  words: Words,
  ticket: Ticket,
  flow: Flow,
  run: FlowRun,
  steps: FlowStep[],
  people: Map<string, string>,
): TicketDetail['steps'] {
  // Where branches part nobody does anything: such a step has no title and is not shown.
  return flow.steps
    .filter(({ title }) => title)
    .map((definition) => {
      const step = steps.findLast(({ name }) => name === definition.step)
      const look = lookOf(ticket, run, step)
      const by = step?.assigneeId && people.get(step.assigneeId)
      return {
        name: definition.step,
        title: definition.title,
        state: look,
        at: step?.finishedAt ?? step?.openedAt,
        by: by ? maskName(by) : undefined,
        text: textOf(tx, words, look, definition, step),
      }
    })
}

function lookOf(ticket: Ticket, run: FlowRun, step: FlowStep | undefined): StepLook {
  if (step?.state === 'done') return 'done'
  if (step?.state === 'open') return 'current'
  if (step?.state === 'waiting') return 'waiting'
  return run.state === 'running' && ticket.status !== 'withdrawn' ? 'upcoming' : 'skipped'
}

function textOf(tx: Tx, words: Words, look: StepLook, definition: StepDefinition, step?: FlowStep): string | undefined {
  if (look === 'current') {
    // Until when an outside event is waited for is no promise to the customer.
    const dueAt = step?.kind === 'task' ? step.dueAt : null
    const key = dueAt !== null && dueAt <= tx.now ? 'late' : 'current'
    return words.text(`messages/tickets.step.${key}`, { progress: definition.progress, dueAt, now: tx.now })
  }
  if (look === 'waiting') return words.text('messages/tickets.step.waiting')
  return undefined
}

function questionOf(ticket: Ticket, comments: Comment[]): TicketDetail['question'] {
  const question = comments.findLast(({ kind }) => kind === 'question')
  return ticket.status === 'waiting_customer' && question ? { text: question.text, at: question.at } : null
}

async function namesOf(tx: Tx, ids: (string | null)[]): Promise<Map<string, string>> {
  const wanted = [...new Set(ids.filter((id) => id !== null))]
  if (wanted.length === 0) return new Map()
  const people = await tx.find(Staff, `WHERE id IN (${wanted.map(() => '?').join(',')})`, wanted)
  return new Map(people.map(({ id, name }) => [id, name]))
}
