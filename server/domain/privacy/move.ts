import { type Mover, type Pointer, point, pointBack } from '../customers/movers.ts'

const EXPORTS: Pointer = { table: 'privacy_jobs', column: 'customerId', where: `kind = 'export'`, versioned: true }
const OVER: Pointer = {
  table: 'privacy_jobs',
  column: 'customerId',
  where: `kind = 'erase' AND state IN ('done', 'cancelled')`,
  versioned: true,
}

/**
 * What two customers who are one have asked for. An erasure that is under way was meant for one side alone: it ends, so
 * that it does not take the other one's things along, and whoever still wants it asks again.
 */
export const privacyMover: Mover = {
  tables: ['privacy_jobs'],
  async move(tx, fromId, toId) {
    await tx.run(
      `UPDATE privacy_jobs SET state = 'cancelled', openKey = NULL, wakeAt = NULL, endedAt = ?, version = version + 1
       WHERE customerId = ? AND kind = 'erase' AND state IN ('waiting', 'working')`,
      [tx.now, fromId],
    )
    const exports = await point(tx, EXPORTS, fromId, toId)
    const over = await point(tx, OVER, fromId, toId)
    return exports.length + over.length > 0 ? [...exports, ...over] : undefined
  },
  back: (tx, fromId, toId, moved) => pointBack(tx, { ...EXPORTS, where: undefined }, fromId, toId, moved as string[]),
}
