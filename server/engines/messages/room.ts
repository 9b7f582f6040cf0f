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
  freeAt(message: Message, from: number, smooth: boolean): number
  /** The message goes now. */
  use(message: Message): void
  /** The message waits for this place. */
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

/** The room for these messages. */
export async function roomFor(tx: Tx, messages: Message[]): Promise<Room> {
  const meters = new Map<Limit, Map<string, Meter>>()
  const { now } = tx
  for (const name of new Set(messages.map((message) => message.channel))) {
    const own = messages.filter((message) => message.channel === name)
    const { limits } = channelOf(name)
    await addPersonal(
      tx,
      meters,
      limits.filter(({ per }) => per === 'recipient'),
      own,
    )
    for (const limit of limits.filter(({ per }) => per === 'channel')) await addCommon(tx, meters, limit, own)
  }
  const metersOf = (message: Message): Meter[] =>
    channelOf(message.channel).limits.flatMap((limit) => {
      const meter = concerns(limit, message.via) && meters.get(limit)?.get(placeOf(limit, message))
      return meter || []
    })
  return {
    freeAt(message, from, smooth) {
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

async function addPersonal(
  tx: Tx,
  meters: Map<Limit, Map<string, Meter>>,
  limits: Limit[],
  messages: Message[],
): Promise<void> {
  const [first] = messages
  if (!first || limits.length === 0) return
  const people = [...new Set(messages.map(({ recipientId }) => recipientId))]
  const slots = people.map(() => '?').join(',')
  const since = tx.now - Math.max(...limits.map(({ windowMs }) => windowMs)) - LEASE_MS
  // The plus keeps SQLite from walking everything that the whole channel has sent within the hour.
  const gone = await tx.query<Gone>(
    `SELECT recipientId, state, attempts, triedAt, sentAt, via FROM messages
     WHERE recipientId IN (${slots}) AND triedAt > ? AND +channel = ?`,
    [...people, since, first.channel],
  )
  const waiting = await bookedBy(tx, people, first.channel)
  for (const limit of limits) {
    const used = new Map<string, number[]>(people.map((person) => [person, []]))
    const booked = new Map<string, number[]>(people.map((person) => [person, []]))
    for (const row of gone) if (concerns(limit, row.via)) used.get(row.recipientId)?.push(...placesOf(row, tx.now))
    for (const row of waiting) if (concerns(limit, row.via)) booked.get(row.recipientId)?.push(row.nextAt)
    const byPerson = people.map(
      (person) => [person, new Meter(limit, used.get(person) ?? [], booked.get(person) ?? [])] as const,
    )
    meters.set(limit, new Map(byPerson))
  }
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

async function addCommon(
  tx: Tx,
  meters: Map<Limit, Map<string, Meter>>,
  limit: Limit,
  messages: Message[],
): Promise<void> {
  const [first] = messages
  if (!first) return
  const left = 'FROM messages WHERE channel = ? AND triedAt > ?'
  const since = [first.channel, tx.now - limit.windowMs - LEASE_MS]
  // Thousands of rows, of which the index alone nearly always says that there is room, whichever way they went.
  const [count] = await tx.query<{ n: number }>(`SELECT COUNT(*) AS n ${left}`, since)
  if (Number(count?.n) + messages.length <= limit.count) return
  const via = limit.via ? ' AND (via = ? OR via IS NULL)' : ''
  const sent = `${left}${via}`
  const values = [...since, ...(limit.via ? [limit.via] : [])]
  const gone = await tx.query<End>(`SELECT state, triedAt, sentAt ${sent}`, values)
  const waiting = await tx.query<{ nextAt: number }>(
    `SELECT nextAt FROM messages WHERE nextAt > ? AND state = 'pending' AND channel = ?${via}`,
    [tx.now, first.channel, ...(limit.via ? [limit.via] : [])],
  )
  const used = gone.map((row) => endOf(row, tx.now))
  meters.set(
    limit,
    new Map([
      [
        '',
        new Meter(
          limit,
          used,
          waiting.map(({ nextAt }) => nextAt),
        ),
      ],
    ]),
  )
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
