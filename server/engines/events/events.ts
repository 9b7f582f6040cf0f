import { newId } from '../../lib/ids.ts'
import type { New, Tx } from '../../lib/tx.ts'
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
  dedupKey?: string
}

/** Records that something happened, in the transaction that made it happen. */
export async function record(tx: Tx, name: string, happening: Happening): Promise<void> {
  await tx.insertLater(Event, eventRow(tx, name, happening))
}

/** The row of an event, for verbs that record many at once. */
export function eventRow(tx: Tx, name: string, happening: Happening): New<Event> {
  return {
    id: newId(tx.now),
    dedupKey: happening.dedupKey,
    at: tx.now,
    name,
    actorType: happening.by.type,
    actorId: happening.by.id,
    subjectType: happening.subject.type,
    subjectId: happening.subject.id,
    customerId: happening.customerId,
    data: happening.data ?? {},
  }
}

/** Everything that happened to a subject, oldest first. */
export function eventsOf(tx: Tx, subjectId: string): Promise<Event[]> {
  return tx.find(Event, 'WHERE subjectId = ? ORDER BY id', [subjectId])
}
