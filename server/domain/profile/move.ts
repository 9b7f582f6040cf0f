import { type Mover, putBack, type RawRow, takeOut } from '../customers/movers.ts'

/** What two customers who are one have told of themselves: what the one side lacks comes from the other. */
export const detailMover: Mover = {
  tables: ['customer_details'],
  async move(tx, fromId, toId) {
    const [theirs] = await takeOut(tx, 'customer_details', 'id = ?', [fromId])
    if (!theirs) return undefined
    const [own] = await takeOut(tx, 'customer_details', 'id = ?', [toId])
    const filled = own
      ? { ...own, birthday: own.birthday ?? theirs.birthday, region: own.region ?? theirs.region }
      : { ...theirs, id: toId }
    await putBack(tx, 'customer_details', [filled])
    return { theirs, own: own ?? null }
  },
  async back(tx, _fromId, toId, moved) {
    const { theirs, own } = moved as { theirs: RawRow; own: RawRow | null }
    const [now] = await takeOut(tx, 'customer_details', 'id = ?', [toId])
    // What was told since is their own.
    const since = now && Number(now.updatedAt) !== Number((own ?? theirs).updatedAt)
    await putBack(tx, 'customer_details', [theirs, ...(since ? [now] : own ? [own] : [])])
  },
}

/** Their papers: one of each kind, and whoever stays keeps their own. */
export const documentMover: Mover = {
  tables: ['customer_documents'],
  async move(tx, fromId, toId) {
    const theirs = await takeOut(tx, 'customer_documents', 'customerId = ?', [fromId])
    if (theirs.length === 0) return undefined
    const own = await tx.query<{ kind: string }>('SELECT kind FROM customer_documents WHERE customerId = ?', [toId])
    const kinds = new Set(own.map(({ kind }) => kind))
    const missing = theirs.filter(({ kind }) => !kinds.has(String(kind)))
    await putBack(
      tx,
      'customer_documents',
      missing.map((row) => ({ ...row, customerId: toId })),
    )
    return theirs
  },
  async back(tx, _fromId, _toId, moved) {
    await putBack(tx, 'customer_documents', moved as RawRow[])
  },
}
