import type { Event } from '../../engines/events/event.ts'
import type { Attachment } from '../../engines/files/attachment.ts'
import { picturePath, picturesOf } from '../../engines/files/files.ts'
import type { Flow } from '../../engines/flows/flow.ts'
import { HOUR } from '../../lib/clock.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { Comment, Ticket } from './ticket.ts'
import type { Photo, TimelineEntry } from './view.ts'

/** How long a picture's link in an answer holds. */
const PICTURE_MS = 2 * HOUR

/** What a timeline is made of, and whose eyes it is for. */
interface Told {
  /** The customer, also by ids that they had before. */
  ids: string[]
  events: Event[]
  flow: Flow | undefined
  comments: Comment[]
  pictures: Map<string, Photo>
  /** What people are called before this customer. */
  names: Map<string, string>
}

/**
 * What was said that this customer may read: their own words, and of what staff said what was not said to somebody else
 * (a question on this ticket is its own customer's, what came with a merge belongs to whose ticket it was). Who joined by
 * what they only said reads their own words alone.
 */
export async function commentsFor(tx: Tx, ticket: Ticket, customerId: string, limited: boolean): Promise<Comment[]> {
  const comments = await tx.find(Comment, 'WHERE ticketId = ? AND inside = 0 ORDER BY at, id', [ticket.id])
  if (limited || comments.every(({ authorType, originId }) => authorType === 'customer' && originId === null)) {
    return comments.filter(({ authorType, authorId }) => authorType === 'customer' && authorId === customerId)
  }
  const merged = await tx.find(Ticket, 'WHERE mergedInto = ? AND customerId = ?', [ticket.id, customerId])
  const mine = new Set(merged.map(({ id }) => id))
  const own = ticket.customerId === customerId
  return comments.filter(({ authorType, authorId, kind, originId }) => {
    if (authorType === 'customer') return authorId === customerId
    return originId === null ? own || kind !== 'question' : mine.has(originId)
  })
}

/** What was said and done, oldest first, as this customer may read it. */
export function timelineOf(words: Words, { ids, events, flow, comments, pictures, names }: Told): TimelineEntry[] {
  const said = comments.map((comment) => ({
    id: comment.id,
    at: comment.at,
    who: comment.authorType,
    name: comment.authorType === 'staff' ? (names.get(comment.authorId) ?? '') : '',
    text: comment.text,
    photos: comment.photos.flatMap((id) => pictures.get(id) ?? []),
  }))
  // What another customer did is theirs.
  const mine = events.filter(({ actorType, actorId }) => actorType !== 'customer' || ids.includes(actorId ?? ''))
  const happened = mine.flatMap((event) => eventLine(words, flow, event))
  return [...said, ...happened].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
}

/** The happenings that a customer may read; those without words in the template stay inside. */
function eventLine(words: Words, flow: Flow | undefined, event: Event): TimelineEntry[] {
  const key = `messages/tickets.timeline.${event.name.replace('.', '_')}`
  if (!words.has(key)) return []
  const step = flow?.steps.find((one) => one.step === event.data.step)?.title ?? ''
  return [
    {
      id: event.id,
      at: event.at,
      who: 'system',
      name: '',
      text: words.text(key, { ...event.data, step, reason: event.data.reason ?? '' }),
      photos: [],
    },
  ]
}

/** Pictures as their owner sees them, by id. */
export async function picturesByIds(tx: Tx, ids: string[]): Promise<Map<string, Photo>> {
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
