import { SECOND } from '../../lib/clock.ts'
import type { Tx } from '../../lib/tx.ts'
import { channelOf, type Limit } from './channel.ts'
import type { Message } from './message.ts'
import { Meter } from './meter.ts'

/** How long a sender may take before another one assumes that it died; well above the 10 s that a call may take. */
export const LEASE_MS = 30 * SECOND

/** How far ahead one person's waiting messages are looked through: minutes of an even pace. */
const MOST_BOOKED = 100

/** What the limits still allow, counted from the rows: several processes see the same. */
export interface Room {
  /** The first instant, not before `from`, at which the message may go. */
  freeAt(message: Message, from: number, smooth: boolean): Promise<number>
  /** A message that was asked for goes now. */
  use(message: Message): void
  /** A message that was asked for waits for this place. */
  book(message: Message, at: number): void
}

/** When a message left or may have left. */
interface End {
  state: Message['state']
  triedAt: number
  sentAt: number | null
}

/** The same, as far as one person's limits go. */
interface Gone extends End {
  recipientId: string
  attempts: number
  via: string | null
}

/** The meters of one limit, by whom it concerns. */
type Meters = Map<string, Meter>

/**
 * The room for these messages. A limit is counted when the first message comes to it: most go a way that has few, and
 * what left in a whole day by the others need not be read.
 */
export function roomFor(tx: Tx, messages: Message[]): Room {
  const known = new Map<Limit, Meters>()
  const { now } = tx

  const limitsOf = (message: Message): Limit[] =>
    channelOf(message.channel).limits.filter((limit) => concerns(limit, message.via))
  const metersOf = (message: Message): Meter[] =>
    limitsOf(message).flatMap((limit) => known.get(limit)?.get(placeOf(limit, message)) ?? [])

  async function count(message: Message): Promise<void> {
    const unknown = limitsOf(message).filter((limit) => !known.has(limit))
    if (unknown.length === 0) return
    const own = messages.filter(({ channel }) => channel === message.channel)
    const personal = unknown.filter(({ per }) => per === 'recipient')
    if (personal.length > 0)
      for (const [limit, meters] of await personalMeters(tx, personal, own)) known.set(limit, meters)
    for (const limit of unknown) if (limit.per === 'channel') known.set(limit, await commonMeters(tx, limit, own))
  }

  return {
    async freeAt(message, from, smooth) {
      await count(message)
      const asked = metersOf(message)
      let at = Math.max(from, now)
      for (;;) {
        const wish = { from: at, urgent: message.urgent, smooth }
        const next = Math.max(at, ...asked.map((meter) => meter.freeAt(wish)))
        if (next === at) return at
        at = next
      }
    },
    use(message) {
      for (const meter of metersOf(message)) meter.use(now)
    },
    book(message, at) {
      for (const meter of metersOf(message)) meter.book(at)
    },
  }
}

function placeOf(limit: Limit, message: Message): string {
  return limit.per === 'recipient' ? message.recipientId : ''
}

/** Until it is known which way a message goes it is counted on each. */
function concerns(limit: Limit, via: string | null): boolean {
  return !limit.via || !via || limit.via === via
}

async function personalMeters(tx: Tx, limits: Limit[], messages: Message[]): Promise<[Limit, Meters][]> {
  const [first] = messages
  if (!first) return []
  const people = [...new Set(messages.map(({ recipientId }) => recipientId))]
  const gone = await goneTo(tx, people, first.channel, limits)
  const waiting = await bookedBy(tx, people, first.channel)
  return limits.map((limit) => {
    const used = new Map<string, number[]>(people.map((person) => [person, []]))
    const booked = new Map<string, number[]>(people.map((person) => [person, []]))
    for (const row of gone) if (concerns(limit, row.via)) used.get(row.recipientId)?.push(...placesOf(row, tx.now))
    for (const row of waiting) if (concerns(limit, row.via)) booked.get(row.recipientId)?.push(row.nextAt)
    const meterOf = (person: string) => new Meter(limit, used.get(person) ?? [], booked.get(person) ?? [])
    return [limit, new Map(people.map((person) => [person, meterOf(person)]))]
  })
}

/** What has left to these people within the longest window of these limits, or may have left. */
function goneTo(tx: Tx, people: string[], channel: string, limits: Limit[]): Promise<Gone[]> {
  const since = tx.now - Math.max(...limits.map(({ windowMs }) => windowMs)) - LEASE_MS
  // The plus keeps SQLite from walking everything that the whole channel has sent within the hour.
  return tx.query(
    `SELECT recipientId, state, attempts, triedAt, sentAt, via FROM messages
     WHERE recipientId IN (${people.map(() => '?').join(',')}) AND triedAt > ? AND +channel = ?`,
    [...people, since, channel],
  )
}

interface Booked {
  recipientId: string
  nextAt: number
  via: string | null
}

/**
 * The next places that each person's waiting messages have booked. Who has more of them waiting gets places behind the
 * last of these, and others again when those come: the limits themselves are kept by what has left.
 */
async function bookedBy(tx: Tx, people: string[], channel: string): Promise<Booked[]> {
  const ofOne = `SELECT * FROM (SELECT recipientId, nextAt, via FROM messages
    WHERE recipientId = ? AND nextAt > ? AND state = 'pending' AND +channel = ? ORDER BY nextAt LIMIT ${MOST_BOOKED}) b`
  const values = people.flatMap((person) => [person, tx.now, channel])
  return tx.query(people.map(() => ofOne).join(' UNION ALL '), values)
}

async function commonMeters(tx: Tx, limit: Limit, messages: Message[]): Promise<Meters> {
  const [first] = messages
  if (!first) return new Map()
  const left = 'FROM messages WHERE channel = ? AND triedAt > ?'
  const since = [first.channel, tx.now - limit.windowMs - LEASE_MS]
  // Thousands of rows, of which the index alone nearly always says that there is room, whichever way they went.
  const [count] = await tx.query<{ n: number }>(`SELECT COUNT(*) AS n ${left}`, since)
  if (Number(count?.n) + messages.length <= limit.count) return new Map()
  const via = limit.via ? ' AND (via = ? OR via IS NULL)' : ''
  const sent = `${left}${via}`
  const values = [...since, ...(limit.via ? [limit.via] : [])]
  const gone = await tx.query<End>(`SELECT state, triedAt, sentAt ${sent}`, values)
  const waiting = await tx.query<{ nextAt: number }>(
    `SELECT nextAt FROM messages WHERE nextAt > ? AND state = 'pending' AND channel = ?${via}`,
    [tx.now, first.channel, ...(limit.via ? [limit.via] : [])],
  )
  const used = gone.map((row) => endOf(row, tx.now))
  const booked = waiting.map(({ nextAt }) => nextAt)
  return new Map([['', new Meter(limit, used, booked)]])
}

/** The places that a message took of a person's limit. */
function placesOf(row: Gone, now: number): number[] {
  const end = endOf(row, now)
  // The platform may have counted an earlier try too, and what is too much it drops without a word.
  return row.attempts > 1 ? [end, end] : [end]
}

/** The latest instant at which the platform can have counted it. */
function endOf({ state, sentAt, triedAt }: End, now: number): number {
  if (state === 'sending') return now
  return sentAt ?? Math.min(now, triedAt + LEASE_MS)
}
