import { z } from 'zod'
import { type ApiDoor, door } from '../../engines/api/door.ts'
import { type Objection, objectionLook } from '../../engines/api/objection.ts'
import { type DeclaredEvent, declaredEvents } from '../../engines/packs/events.ts'
import type { Shelf } from '../../engines/packs/shelf.ts'
import type { Database } from '../../lib/db.ts'
import { Invalid } from '../../lib/errors.ts'
import type { Words } from '../../lib/render.ts'
import { eventSchema, readEvent } from './event.ts'
import { type Outcome, takeEvents } from './take-events.ts'

const MOST = 1_000
/** So many share a transaction: a card press waits for it on SQLite. */
const TOGETHER = 250

const batchSchema = z.strictObject({
  // Each is read by itself, so that one that is wrong spoils no other.
  events: z
    .array(z.unknown().meta({ description: 'an event as when it is sent singly' }))
    .min(1)
    .max(MOST),
})
const objection = { field: z.string(), reason: z.string(), message: z.string() }
const resultSchema = z.strictObject({
  id: z.string().optional(),
  status: z.enum(['accepted', 'duplicate', 'refused']),
  customer: z.string().optional(),
  field: objection.field.optional(),
  reason: objection.reason.optional(),
  message: objection.message.optional(),
})
const answerSchema = z.strictObject({
  accepted: z.int(),
  duplicate: z.int(),
  refused: z.int(),
  results: z.array(resultSchema),
})
type Result = z.infer<typeof resultSchema>

interface Needs {
  db: Database
  shelf: Shelf
  words: Words
}

/** The door by which other systems report what customers do (D4): one event, or up to a thousand. */
export function eventDoors(needs: Needs): ApiDoor[] {
  return [
    door({
      name: 'report_events',
      method: 'post',
      path: '/events',
      scope: 'events:write',
      body: z.union([batchSchema, eventSchema]),
      bodyFor: (value) => (isBatch(value) ? batchSchema : eventSchema),
      answer: answerSchema,
      example: { body: { events: [EXAMPLE] }, answer: ANSWER },
      async run({ body, key }) {
        if ('events' in body) return answerOf(await takeAll(needs, body.events, key.name))
        const [result] = await takeAll(needs, [body], key.name)
        if (result?.status === 'refused') throw new Invalid(result.field ?? 'body', result.reason ?? '', result.data)
        return answerOf(result ? [result] : [])
      },
    }),
  ]
}

function isBatch(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'events')
}

type Told = Result & { data?: Record<string, unknown> }

function answerOf(told: Told[]) {
  const count = (status: Result['status']) => told.filter((one) => one.status === status).length
  return {
    accepted: count('accepted'),
    duplicate: count('duplicate'),
    refused: count('refused'),
    results: told.map(({ data, ...result }) => result),
  }
}

async function takeAll({ db, shelf, words }: Needs, given: unknown[], source: string): Promise<Told[]> {
  const declared = declaredEvents(shelf.heads)
  const results: Told[] = []
  for (let from = 0; from < given.length; from += TOGETHER) {
    const slice = given.slice(from, from + TOGETHER)
    const outcomes = await db.write((tx) => takeEventsOf(tx, slice, source, declared))
    outcomes.forEach((outcome, i) => {
      results.push(resultOf(outcome, slice[i], words))
    })
  }
  return results
}

/** Takes what events there are among anything that was sent. */
export async function takeEventsOf(
  tx: Parameters<typeof takeEvents>[0],
  given: unknown[],
  source: string,
  declared: ReadonlyMap<string, DeclaredEvent>,
): Promise<Outcome[]> {
  const refusals = new Map<number, Objection>()
  const good = given.flatMap((one, i) => {
    const read = readEvent(one, tx.now, declared)
    if ('objection' in read) refusals.set(i, read.objection)
    return 'objection' in read ? [] : [read]
  })
  const outcomes = await takeEvents(tx, good, source)
  const taken = outcomes.values()
  return given.map((_, i) => {
    const objection = refusals.get(i)
    return objection ? { status: 'refused', objection } : (taken.next().value as Outcome)
  })
}

function resultOf(outcome: Outcome, given: unknown, words: Words): Told {
  const id = idIn(given)
  if (outcome.status !== 'refused') return { ...(id && { id }), ...outcome }
  const { field, reason, message } = objectionLook(outcome.objection, words)
  return { ...(id && { id }), status: 'refused', field, reason, message, data: outcome.objection.data }
}

function idIn(given: unknown): string | undefined {
  const id = (given as { id?: unknown } | null)?.id
  return typeof id === 'string' ? id.slice(0, 100) : undefined
}

const EXAMPLE = {
  id: 'pv-20261123-000001',
  name: 'product.viewed',
  at: '2026-11-23T10:00:00+08:00',
  customer: { phone: '13800001234' },
  data: { product: 'SUV-7', category: 'suv', dwell_ms: 42_000 },
}
const ANSWER = {
  accepted: 1,
  duplicate: 0,
  refused: 0,
  results: [{ id: EXAMPLE.id, status: 'accepted', customer: '01KANCDEFGHJKMNPQRSTVWXYZ0' }],
}
