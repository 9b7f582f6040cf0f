import type { Tx } from '../../lib/tx.ts'
import type { Holding, Leaving } from '../privacy/holding.ts'
import { BATCH, slots, tellRows } from '../privacy/rows.ts'
import { idsBehind } from './aliases.ts'
import { Event } from './event.ts'

/** What may stay in the data of an event about nobody: words of ours and amounts, which figures are counted by. */
const FIGURES = new Set([
  ...['amount', 'points', 'csat', 'nps', 'usedMs', 'limitMs', 'spentMs', 'total', 'listTotal', 'contacts', 'version'],
  ...['via', 'kind', 'channel', 'step', 'flow', 'outcome', 'stage', 'segment', 'coupon', 'template', 'form', 'state'],
  ...['status', 'purpose', 'source', 'rule', 'priority', 'because'],
])

/** Everything that happened to a customer: the log stays, and tells nothing of anybody any more. */
export const eventHolding: Holding = {
  name: 'events',
  async tell(tx, customerId, after) {
    const ids = await idsBehind(tx, customerId)
    return tellRows(tx, Event, {
      where: `customerId IN (${slots(ids)})`,
      values: ids,
      after,
      look: ({ name, at, data }) => ({ what: name, at, ...data }),
    })
  },
  async erase(tx, leaving) {
    const events = await tx.find(
      Event,
      `WHERE customerId = ? OR (subjectType = 'customer' AND subjectId = ?) ORDER BY id LIMIT ${BATCH}`,
      [leaving.customerId, leaving.customerId],
    )
    for (const event of events) await cut(tx, event, leaving)
    return { kept: events.length, more: events.length === BATCH }
  },
}

/** Cuts the events of somebody's matters, where they do not name the customer. */
export async function cutEventsOf(tx: Tx, subjectIds: string[], leaving: Leaving): Promise<void> {
  if (subjectIds.length === 0) return
  const events = await tx.find(Event, `WHERE subjectId IN (${slots(subjectIds)})`, subjectIds)
  for (const event of events) await cut(tx, event, leaving)
}

function cut(tx: Tx, event: Event, { customerId, alias }: Leaving): Promise<boolean> {
  const swap = (id: string | null) => (id === customerId ? alias : id)
  return tx.update(Event, event.id, {
    customerId: swap(event.customerId),
    subjectId: swap(event.subjectId) as string,
    actorId: swap(event.actorId),
    dedupKey: event.dedupKey?.replaceAll(customerId, alias) ?? null,
    data: Object.fromEntries(Object.entries(event.data).filter(([name, value]) => FIGURES.has(name) && isFlat(value))),
  })
}

function isFlat(value: unknown): boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return true
  return typeof value === 'string' && /^[a-z][a-z0-9_.:-]{0,59}$/.test(value)
}
