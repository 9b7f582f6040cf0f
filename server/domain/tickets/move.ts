import { type Mover, type Pointer, point, pointBack, putBack, type RawRow, slots } from '../customers/movers.ts'

const TICKETS: Pointer = { table: 'tickets', column: 'customerId', versioned: true }
const COMMENTS: Pointer = { table: 'comments', column: 'authorId', where: `authorType = 'customer'` }

interface Moved {
  tickets: string[]
  comments: string[]
  /** Reports of the same, as they were. */
  reporters: RawRow[]
  /** Those of them that stand under the other one's name now. */
  added: string[]
}

/** Tickets, words and reports of two customers who are one; nobody reports the same ticket twice. */
export const ticketMover: Mover = {
  tables: ['tickets', 'comments', 'ticket_reporters'],
  async move(tx, fromId, toId) {
    const tickets = await point(tx, TICKETS, fromId, toId)
    const comments = await point(tx, COMMENTS, fromId, toId)
    const reporters = await tx.query<RawRow>('SELECT * FROM ticket_reporters WHERE customerId = ? ORDER BY id', [
      fromId,
    ])
    await tx.run('DELETE FROM ticket_reporters WHERE customerId = ?', [fromId])
    const added: string[] = []
    for (const row of reporters) {
      const id = `${row.ticketId}:${toId}`
      const [taken] = await tx.query(
        `SELECT id FROM tickets WHERE id = ? AND customerId = ?
         UNION ALL SELECT id FROM ticket_reporters WHERE id = ?`,
        [row.ticketId, toId, id],
      )
      if (taken) continue
      await putBack(tx, 'ticket_reporters', [{ ...row, id, customerId: toId }])
      added.push(id)
    }
    return { tickets, comments, reporters: reporters.map((row) => ({ ...row })), added } satisfies Moved
  },
  async back(tx, fromId, toId, moved) {
    const { tickets, comments, reporters, added } = moved as Moved
    await pointBack(tx, TICKETS, fromId, toId, tickets)
    await pointBack(tx, COMMENTS, fromId, toId, comments)
    if (added.length > 0) await tx.run(`DELETE FROM ticket_reporters WHERE id IN (${slots(added)})`, added)
    await putBack(tx, 'ticket_reporters', reporters)
  },
}
