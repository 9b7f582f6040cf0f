import { firstIdAt } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { LookAlike, pairOf } from './look-alike.ts'
import { type Mover, point, pointBack, pointing, putBack, type RawRow, slots, takeOut } from './movers.ts'
import { CustomerStop } from './stop.ts'
import { settleThings, thingsAround } from './things.ts'

const IDENTITIES = { table: 'customer_identities', column: 'customerId' }
const SESSIONS = { table: 'sessions', column: 'customerId' }

/** Who a customer is known as; what hangs on that goes with it. */
export const identityMover: Mover = {
  tables: ['customer_identities'],
  async move(tx, fromId, toId) {
    const ids = await point(tx, IDENTITIES, fromId, toId)
    if (ids.length === 0) return undefined
    await settleThings(tx, await thingsAround(tx, [toId]))
    return ids
  },
  async back(tx, fromId, toId, moved) {
    await pointBack(tx, IDENTITIES, fromId, toId, moved as string[])
    await settleThings(tx, await thingsAround(tx, [fromId, toId]))
  },
}

/** Where a customer is signed in. After an undo nobody can tell whose the sessions of between are: they end. */
export const sessionMover: Mover = {
  tables: ['sessions'],
  async move(tx, fromId, toId) {
    return { ids: await point(tx, SESSIONS, fromId, toId), since: firstIdAt(tx.now) }
  },
  async back(tx, fromId, toId, moved) {
    const { ids, since } = moved as { ids: string[]; since: string }
    await pointBack(tx, SESSIONS, fromId, toId, ids)
    await tx.run('UPDATE sessions SET revokedAt = ? WHERE customerId = ? AND id >= ? AND revokedAt IS NULL', [
      tx.now,
      toId,
      since,
    ])
  },
}

/** What engines keep of a customer: messages, flows, pictures. */
export const engineMover = pointing(
  { table: 'messages', column: 'recipientId', where: `channel = 'customer'` },
  { table: 'messages', column: 'subjectId' },
  { table: 'flow_runs', column: 'customerId', versioned: true },
  { table: 'flow_runs', column: 'subjectId', where: `subjectType = 'customer'`, versioned: true },
  { table: 'attachments', column: 'ownerId', where: `ownerType = 'customer'` },
)

/** The ways that a customer has closed, or that are dead: what one has wished holds for both. */
export const stopMover: Mover = {
  tables: ['customer_stops'],
  async move(tx, fromId, toId) {
    const taken = await takeOut(tx, 'customer_stops', 'customerId = ?', [fromId])
    if (taken.length === 0) return undefined
    const before: RawRow[] = []
    for (const { id: _, ...row } of taken) {
      const id = `${toId}:${row.via}`
      const [own] = await tx.query<RawRow>('SELECT * FROM customer_stops WHERE id = ?', [id])
      if (own && (own.reason === 'unsubscribed' || row.reason !== 'unsubscribed')) continue
      if (own) before.push({ ...own })
      await putBack(tx, 'customer_stops', [{ ...row, id, customerId: toId }])
    }
    return { taken, before }
  },
  async back(tx, fromId, toId, moved) {
    const { taken, before } = moved as { taken: RawRow[]; before: RawRow[] }
    for (const row of taken) {
      const id = `${toId}:${row.via}`
      const now = await tx.get(CustomerStop, id)
      // Only what came from the other one goes back: a wish of later is the customer's own.
      if (!now || now.reason !== row.reason || now.at !== Number(row.at)) continue
      await tx.run('DELETE FROM customer_stops WHERE id = ?', [id])
      await putBack(
        tx,
        'customer_stops',
        before.filter((one) => one.id === id),
      )
    }
    await putBack(
      tx,
      'customer_stops',
      taken.map((row) => ({ ...row, customerId: fromId })),
    )
  },
}

/** The words by which staff find a customer. Those of name and number are made anew by themselves. */
export const keyMover: Mover = {
  tables: ['customer_keys'],
  async move(tx, fromId, toId) {
    const taken = await takeOut(tx, 'customer_keys', 'customerId = ?', [fromId])
    const added: string[] = []
    for (const { hash, kind } of taken.filter((row) => row.kind === 'text')) {
      const id = `${hash}:${toId}`
      const [own] = await tx.query('SELECT id FROM customer_keys WHERE id = ?', [id])
      if (own) continue
      await putBack(tx, 'customer_keys', [{ id, hash, kind, customerId: toId }])
      added.push(id)
    }
    return taken.length > 0 ? { taken, added } : undefined
  },
  async back(tx, _fromId, _toId, moved) {
    const { taken, added } = moved as { taken: RawRow[]; added: string[] }
    if (added.length > 0) await tx.run(`DELETE FROM customer_keys WHERE id IN (${slots(added)})`, added)
    await putBack(tx, 'customer_keys', taken)
  },
}

/** With whom else a customer could be confused. */
export const lookAlikeMover: Mover = {
  tables: ['customer_look_alikes'],
  async move(tx, fromId, toId) {
    const pair = pairOf(fromId, toId)
    const taken = await takeOut(tx, 'customer_look_alikes', '(oneId = ? OR otherId = ?) AND id <> ?', [
      fromId,
      fromId,
      pair,
    ])
    const added: string[] = []
    for (const row of taken) if (await lookLike(tx, row, fromId, toId)) added.push(pairOf(toId, otherOf(row, fromId)))
    return taken.length > 0 ? { taken, added } : undefined
  },
  async back(tx, _fromId, _toId, moved) {
    const { taken, added } = moved as { taken: RawRow[]; added: string[] }
    for (const id of added) await tx.run('DELETE FROM customer_look_alikes WHERE id = ?', [id])
    await putBack(tx, 'customer_look_alikes', taken)
  },
}

async function lookLike(tx: Tx, row: RawRow, fromId: string, toId: string): Promise<boolean> {
  const other = otherOf(row, fromId)
  const [oneId, otherId] = toId < other ? [toId, other] : [other, toId]
  const { kind, state, at } = row as unknown as LookAlike
  const id = pairOf(toId, other)
  if (await tx.insertOnce(LookAlike, { id, oneId, otherId, kind, state, at: Number(at) })) return true
  // That two are not one was said of one of them: it holds for both.
  if (state === 'apart') await tx.update(LookAlike, id, { state })
  return false
}

function otherOf({ oneId, otherId }: RawRow, id: string): string {
  return String(oneId === id ? otherId : oneId)
}

/** What they said to each purpose: one person's words, of which the latest hold. */
export const consentMover: Mover = pointing({ table: 'consents', column: 'customerId' })

/** Who has read their data. */
export const readMover: Mover = pointing({ table: 'access_reads', column: 'customerId' })

/** An address that waits for its code is typed again. */
export const emailMover: Mover = {
  tables: ['email_confirmations'],
  async move(tx, fromId) {
    await takeOut(tx, 'email_confirmations', 'id = ?', [fromId])
    return undefined
  },
  back: async () => undefined,
}
