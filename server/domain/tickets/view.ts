import { definitionById } from '../../engines/definitions/definitions.ts'
import type { Event } from '../../engines/events/event.ts'
import { eventsOf } from '../../engines/events/events.ts'
import type { Attachment } from '../../engines/files/attachment.ts'
import { picturePath, picturesOf } from '../../engines/files/files.ts'
import type { Flow, StepDefinition } from '../../engines/flows/flow.ts'
import { flowOf, runOf, stepsOf } from '../../engines/flows/flows.ts'
import type { FlowRun } from '../../engines/flows/run.ts'
import type { FlowStep } from '../../engines/flows/step.ts'
import { describeAnswers } from '../../engines/forms/answers.ts'
import type { Form } from '../../engines/forms/form.ts'
import { Staff } from '../../engines/staff/staff.ts'
import { HOUR } from '../../lib/clock.ts'
import { maskName } from '../../lib/format.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { Comment, type Ticket } from './ticket.ts'

/** How long a picture's link in an answer holds. */
const PICTURE_MS = 2 * HOUR

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

export interface Photo {
  id: string
  url: string
  state: 'checking' | 'ok' | 'blocked'
}

export interface TicketDetail extends TicketSummary {
  answers: { name: string; label: string; text: string }[]
  photos: Photo[]
  steps: { name: string; title: string; state: StepLook; at?: number; by?: string; text?: string }[]
  timeline: {
    id: string
    at: number
    who: 'customer' | 'staff' | 'system'
    name: string
    text: string
    photos: Photo[]
  }[]
  question: { text: string; at: number } | null
  can: { remark: boolean; urge: boolean; urgeAfter?: number; withdraw: boolean; rate: boolean }
  rating: { csat: number; nps?: number; words?: string; at: number } | null
}
export type StepLook = 'done' | 'current' | 'waiting' | 'upcoming' | 'skipped'

/** A ticket as the list in the mini-program shows it. */
export async function summaryOf(tx: Tx, words: Words, ticket: Ticket): Promise<TicketSummary> {
  const run = await runOf(tx, ticket.id)
  const current = run && (await stepsOf(tx, run.id)).find((step) => step.isLive())
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

/** A ticket with everything its customer may see (P10, M3). */
export async function detailOf(tx: Tx, words: Words, ticket: Ticket): Promise<TicketDetail> {
  const form = (await definitionById<Form>(tx, ticket.formId)).body
  const run = await runOf(tx, ticket.id)
  const flow = run && (await flowOf(tx, run.definitionId))
  const steps = run ? await stepsOf(tx, run.id) : []
  const comments = await tx.find(Comment, 'WHERE ticketId = ? AND inside = 0 ORDER BY id', [ticket.id])
  const pictures = await picturesByIds(tx, [...ticket.photos, ...comments.flatMap(({ photos }) => photos)])
  const people = await namesOf(tx, [
    ...steps.map(({ assigneeId }) => assigneeId),
    ...comments.map(({ authorId }) => authorId),
  ])
  const urgeAfter = (run?.urgedAt && flow && run.urgedAt + flow.urgeEveryMs) || 0
  return {
    ...(await summaryOf(tx, words, ticket)),
    answers: describeAnswers(form, ticket.answers, { words }).filter(
      ({ name }) => form.fields.find((f) => f.name === name)?.kind !== 'photos',
    ),
    photos: ticket.photos.flatMap((id) => pictures.get(id) ?? []),
    steps: flow && run ? looks(tx, words, ticket, flow, run, steps, people) : [],
    timeline: await timelineOf(tx, words, ticket, flow, comments, pictures, people),
    question: questionOf(ticket, comments),
    can: {
      remark: ticket.isOpen(),
      urge: ticket.isOpen() && urgeAfter <= tx.now,
      urgeAfter: urgeAfter > tx.now ? urgeAfter : undefined,
      withdraw: ticket.isOpen(),
      rate: ticket.isRatable(),
    },
    rating:
      ticket.csat === null
        ? null
        : {
            csat: ticket.csat,
            nps: ticket.nps ?? undefined,
            words: ticket.ratingWords ?? undefined,
            at: ticket.ratedAt ?? 0,
          },
  }
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
  return flow.steps.map((definition) => {
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
    const late = step?.dueAt !== null && step?.dueAt !== undefined && step.dueAt <= tx.now
    const key = late ? 'late' : 'current'
    return words.text(`messages/tickets.step.${key}`, {
      progress: definition.progress,
      dueAt: step?.dueAt,
      now: tx.now,
    })
  }
  if (look === 'waiting') return words.text('messages/tickets.step.waiting')
  return undefined
}

async function timelineOf(
  tx: Tx,
  words: Words,
  ticket: Ticket,
  flow: Flow | undefined,
  comments: Comment[],
  pictures: Map<string, Photo>,
  people: Map<string, string>,
): Promise<TicketDetail['timeline']> {
  const said = comments.map((comment) => ({
    id: comment.id,
    at: comment.at,
    who: comment.authorType,
    name: comment.authorType === 'staff' ? maskName(people.get(comment.authorId) ?? '') : '',
    text: comment.text,
    photos: comment.photos.flatMap((id) => pictures.get(id) ?? []),
  }))
  const happened = (await eventsOf(tx, ticket.id)).flatMap((event) => eventLine(words, flow, event))
  return [...said, ...happened].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
}

/** The happenings that a customer may read; those without words in the template stay inside. */
function eventLine(words: Words, flow: Flow | undefined, event: Event): TicketDetail['timeline'] {
  const key = `messages/tickets.timeline.${event.name.replace('.', '_')}`
  if (!words.has(key)) return []
  const step = flow?.steps.find((one) => one.step === event.data.step)?.title ?? ''
  const who = event.actorType === 'customer' ? 'customer' : 'system'
  return [
    {
      id: event.id,
      at: event.at,
      who,
      name: '',
      text: words.text(key, { ...event.data, step, reason: event.data.reason ?? '' }),
      photos: [],
    },
  ]
}

function questionOf(ticket: Ticket, comments: Comment[]): TicketDetail['question'] {
  const question = comments.findLast(({ kind }) => kind === 'question')
  return ticket.status === 'waiting_customer' && question ? { text: question.text, at: question.at } : null
}

async function picturesByIds(tx: Tx, ids: string[]): Promise<Map<string, Photo>> {
  const rows = await picturesOf(tx, ids)
  return new Map(rows.map((row) => [row.id, photoOf(row, tx.now)]))
}

/** A picture as its owner sees it: their own one is shown to them while it is being checked. */
export function photoOf(row: Attachment, now: number): Photo {
  const state = row.safety === 'blocked' ? 'blocked' : row.safety === 'pass' ? 'ok' : 'checking'
  return { id: row.id, url: state === 'blocked' ? '' : picturePath(row.id, roundUp(now + PICTURE_MS)), state }
}

/** Links change only once an hour, so that an unchanged ticket gives an unchanged answer (ETag). */
function roundUp(at: number): number {
  return Math.ceil(at / HOUR) * HOUR
}

async function namesOf(tx: Tx, ids: (string | null)[]): Promise<Map<string, string>> {
  const wanted = [...new Set(ids.filter((id) => id !== null))]
  if (wanted.length === 0) return new Map()
  const people = await tx.find(Staff, `WHERE id IN (${wanted.map(() => '?').join(',')})`, wanted)
  return new Map(people.map(({ id, name }) => [id, name]))
}
