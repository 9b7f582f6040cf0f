import { CustomerAlias, presentId } from '../../engines/events/aliases.ts'
import { type Actor, record } from '../../engines/events/events.ts'
import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { Conflict, NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { Customer } from './customer.ts'
import { customerById } from './customers.ts'
import { CustomerMerge, type Fields, type MovedPart } from './journal.ts'
import { decideLookAlike } from './look-alike.ts'
import { allMovers } from './movers.ts'
import { isKnown, profilesOf } from './profile.ts'

const BATCH = 20

export interface Merging {
  by: Actor
  why: string
}

/**
 * Makes one customer of two: all that is `fromId`'s becomes `intoId`'s, and the old id leads to the new one. What the
 * known one of the two says counts, the other fills what is missing. Returns the entry of the journal.
 */
export async function mergeCustomers(
  tx: Tx,
  intoId: string,
  fromId: string,
  { by, why }: Merging,
): Promise<CustomerMerge> {
  const into = await customerById(tx, intoId)
  const from = await customerById(tx, fromId)
  if (into.id === from.id) throw new Conflict('merge_same')
  const after = await fieldsAfter(tx, into, from)
  const parts = await moveAll(tx, from.id, into.id)
  // Two merges of one customer at once: one of them goes through, the other runs again and finds it done.
  if ((await tx.run('DELETE FROM customers WHERE id = ?', [from.id])) !== 1) throw new LostRace()
  if (!(await tx.update(Customer, into.id, { ...after, keyedAt: null }))) throw new LostRace()
  const aliases = await tx.query<{ id: string }>('SELECT id FROM customer_aliases WHERE customerId = ?', [from.id])
  await tx.run('UPDATE customer_aliases SET customerId = ? WHERE customerId = ?', [into.id, from.id])
  await tx.insert(CustomerAlias, { id: from.id, customerId: into.id })
  const entry = {
    id: newId(tx.now),
    masterId: into.id,
    otherId: from.id,
    state: 'merged' as const,
    actorType: by.type,
    actorId: by.id ?? null,
    why,
    fieldsBefore: { master: fieldsOf(into), other: fieldsOf(from), after },
    moved: { aliases: aliases.map(({ id }) => id), parts },
    at: tx.now,
    settleAt: tx.now + MINUTE,
    undoneAt: null,
    undoneBy: null,
  }
  await tx.insert(CustomerMerge, entry)
  await decideLookAlike(tx, into.id, from.id, 'merged')
  await record(tx, 'customer.merged', {
    by,
    subject: { type: 'customer', id: into.id },
    customerId: into.id,
    data: { from: from.id, merge: entry.id },
  })
  return Object.assign(new CustomerMerge(), entry)
}

/**
 * Makes two customers again of one: fields, identities and rows go back to where they were; what has come since stays
 * with the one who remained. The last merge of a customer is undone first.
 */
export async function undoMerge(tx: Tx, mergeId: string, by: Actor): Promise<CustomerMerge> {
  const entry = await tx.get(CustomerMerge, mergeId)
  if (!entry) throw new NotFound('merge')
  const { id, masterId, otherId, fieldsBefore, moved } = entry
  if (entry.state === 'undone') throw new Conflict('merge_undone')
  const later = await tx.first(
    CustomerMerge,
    `WHERE (masterId = ? OR otherId = ?) AND state = 'merged' AND id > ? ORDER BY id DESC`,
    [masterId, masterId, id],
  )
  if (later) throw new Conflict('merge_later', { at: later.at })
  const done = { state: 'undone', undoneAt: tx.now, undoneBy: by.id ?? null, settleAt: null } as const
  if (!(await tx.update(CustomerMerge, id, done, { state: 'merged' }))) throw new LostRace()
  const master = await customerById(tx, masterId)
  await tx.insert(Customer, { id: otherId, ...fieldsBefore.other })
  await tx.update(Customer, masterId, { ...restored(master, fieldsBefore), keyedAt: null })
  await tx.run('DELETE FROM customer_aliases WHERE id = ?', [otherId])
  for (const alias of moved.aliases)
    await tx.update(CustomerAlias, alias, { customerId: otherId }, { customerId: masterId })
  for (const { by: name, what } of moved.parts.toReversed())
    await allMovers().get(name)?.back(tx, otherId, masterId, what)
  await decideLookAlike(tx, masterId, otherId, 'apart')
  for (const customerId of [masterId, otherId])
    await record(tx, 'customer.separated', {
      by,
      subject: { type: 'customer', id: customerId },
      customerId,
      data: { from: customerId === masterId ? otherId : masterId, merge: id },
    })
  return Object.assign(entry, done)
}

async function moveAll(tx: Tx, fromId: string, toId: string): Promise<MovedPart[]> {
  const parts: MovedPart[] = []
  for (const [by, mover] of allMovers()) {
    const what = await mover.move(tx, fromId, toId)
    if (what !== undefined) parts.push({ by, what })
  }
  return parts
}

/** When a merge is looked at once more. */
export const mergesOpen = earliest('customer_merges', 'settleAt')

/**
 * Looks once more at what was merged a minute ago: what somebody wrote for the other one at the very moment of the merge
 * was not there to be moved. Returns how many it looked at.
 */
export async function settleMerges(db: Database): Promise<number> {
  const due = await db.read((tx) =>
    tx.find(CustomerMerge, `WHERE settleAt <= ? ORDER BY settleAt, id LIMIT ${BATCH}`, [tx.now]),
  )
  for (const { id, settleAt } of due)
    await db.write(async (tx) => {
      if (!(await tx.update(CustomerMerge, id, { settleAt: null }, { settleAt }))) return
      const { otherId, moved } = (await tx.get(CustomerMerge, id)) as CustomerMerge
      const parts = await moveAll(tx, otherId, await presentId(tx, otherId))
      if (parts.length > 0)
        await tx.update(CustomerMerge, id, { moved: { ...moved, parts: [...moved.parts, ...parts] } })
    })
  return due.length
}

/** The last merge of a customer that still holds, or undefined. */
export async function lastMerge(tx: Tx, customerId: string): Promise<CustomerMerge | undefined> {
  return tx.first(CustomerMerge, `WHERE masterId = ? AND state = 'merged' ORDER BY id DESC`, [
    await presentId(tx, customerId),
  ])
}

/** Which of two is to remain when nobody says otherwise: who was here first. */
export function olderOf(a: Customer, b: Customer): [into: Customer, from: Customer] {
  const first = a.createdAt < b.createdAt || (a.createdAt === b.createdAt && a.id < b.id)
  return first ? [a, b] : [b, a]
}

/** What one customer would be of these two. */
export async function fieldsAfter(tx: Tx, into: Customer, from: Customer): Promise<Fields> {
  const profiles = await profilesOf(tx, [into.id, from.id])
  const fromCounts = isKnown(profiles.get(from.id)) && !isKnown(profiles.get(into.id))
  const [first, second] = fromCounts ? [from, into] : [into, from]
  return {
    nickname: first.nickname ?? second.nickname,
    phone: first.phone ?? second.phone,
    tier: first.tier ?? second.tier,
    createdAt: Math.min(into.createdAt, from.createdAt),
    seenAt: Math.max(into.seenAt, from.seenAt),
  }
}

function fieldsOf({ nickname, phone, tier, createdAt, seenAt }: Customer): Fields {
  return { nickname, phone, tier, createdAt, seenAt }
}

/** The master's fields as before, except what has been changed since: that is newer than both. */
function restored(now: Customer, { master, after }: CustomerMerge['fieldsBefore']): Fields {
  const back = { ...master, seenAt: now.seenAt }
  for (const field of ['nickname', 'phone', 'tier'] as const) if (now[field] !== after[field]) back[field] = now[field]
  return back
}
