import { newId } from '../../lib/ids.ts'
import { isDuplicate, LostRace, type New, type Tx } from '../../lib/tx.ts'
import { Event } from './event.ts'

/** Who did it: a customer, a member of staff, or the system itself. */
export interface Actor {
  type: Event['actorType']
  id?: string
}

export const SYSTEM: Actor = { type: 'system' }

export interface Happening {
  by: Actor
  subject: { type: string; id: string }
  customerId?: string | null
  data?: Record<string, unknown>
  /** Makes it one however often it is reported: further reports are dropped, and nobody hears of them. */
  dedupKey?: string
  /** When it happened, if not now: what is reported late. A time that has not come yet counts as now. */
  at?: number
}

/** What was written, for those who hear of it. */
export type Heard = New<Event>
/** Hears of events in the transaction that writes them, after they are queued: what it does is part of what happened. */
export type Hear = (tx: Tx, events: Heard[]) => Promise<void>

const hearers = new Map<Hear, (event: Heard) => boolean>()

/**
 * Lets somebody hear of what is recorded from now on: of everything, or of what `hears` wants, which is asked at each
 * event, also on the way of a card press, and so must cost no more than a look into a set.
 */
export function onEvents(hear: Hear, hears: (event: Heard) => boolean = () => true): void {
  hearers.set(hear, hears)
}

/** Records that something happened, in the transaction that made it happen. */
export function record(tx: Tx, name: string, happening: Happening): Promise<void> {
  const row = eventRow(tx, name, happening)
  if (row.dedupKey) return recordRows(tx, [row]).then(() => undefined)
  const queued = tx.insertLater(Event, row)
  const wanting = whoHears(row)
  return wanting ? queued.then(() => tell(tx, wanting, [row])) : queued
}

/**
 * Records many happenings at once. Of those with a `dedupKey` only what was not known before is written; returns how
 * many were.
 */
export async function recordAll(tx: Tx, happenings: (Happening & { name: string })[]): Promise<number> {
  return recordRows(
    tx,
    happenings.map(({ name, ...happening }) => eventRow(tx, name, happening)),
  )
}

/** The row of an event, for `recordRows`. */
export function eventRow(tx: Tx, name: string, happening: Happening): Heard {
  return {
    id: newId(tx.now),
    dedupKey: happening.dedupKey,
    at: Math.min(happening.at ?? tx.now, tx.now),
    name,
    actorType: happening.by.type,
    actorId: happening.by.id,
    subjectType: happening.subject.type,
    subjectId: happening.subject.id,
    customerId: happening.customerId,
    data: happening.data ?? {},
  }
}

/** Writes rows of events and tells those who hear of them; what was recorded before is dropped. Returns how many were new. */
export async function recordRows(tx: Tx, rows: Heard[]): Promise<number> {
  const fresh = await withoutKnown(tx, rows)
  if (fresh.length === 0) return 0
  try {
    await tx.insert(Event, fresh)
  } catch (error) {
    // Reported at the same moment on another connection: the transaction runs again and finds it.
    throw isDuplicate(error) ? new LostRace() : error
  }
  const wanting = new Set<Hear>()
  for (const row of fresh) for (const hear of whoHears(row) ?? []) wanting.add(hear)
  await tell(tx, [...wanting], fresh)
  return fresh.length
}

/** Everything that happened to a subject, oldest first. */
export function eventsOf(tx: Tx, subjectId: string): Promise<Event[]> {
  return tx.find(Event, 'WHERE subjectId = ? ORDER BY id', [subjectId])
}

function whoHears(row: Heard): Hear[] | undefined {
  let wanting: Hear[] | undefined
  for (const [hear, hears] of hearers) {
    if (!hears(row)) continue
    wanting ??= []
    wanting.push(hear)
  }
  return wanting
}

async function tell(tx: Tx, wanting: Hear[], rows: Heard[]): Promise<void> {
  for (const hear of wanting) {
    const hears = hearers.get(hear)
    const theirs = hears ? rows.filter(hears) : []
    if (theirs.length > 0) await hear(tx, theirs)
  }
}

const SLICE = 500

async function withoutKnown(tx: Tx, rows: Heard[]): Promise<Heard[]> {
  const keys = [...new Set(rows.flatMap(({ dedupKey }) => dedupKey ?? []))]
  if (keys.length === 0) return rows
  const known = new Set<string>()
  for (let from = 0; from < keys.length; from += SLICE) {
    const slice = keys.slice(from, from + SLICE)
    const found = await tx.query<{ dedupKey: string }>(
      `SELECT dedupKey FROM events WHERE dedupKey IN (${slice.map(() => '?').join(',')})`,
      slice,
    )
    for (const { dedupKey } of found) known.add(dedupKey)
  }
  return rows.filter(({ dedupKey }) => {
    if (!dedupKey) return true
    const fresh = !known.has(dedupKey)
    known.add(dedupKey)
    return fresh
  })
}
