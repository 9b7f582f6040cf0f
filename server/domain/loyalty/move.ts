import type { Tx } from '../../lib/tx.ts'
import { type Mover, point, pointBack, slices, slots } from '../customers/movers.ts'
import { Coupon } from './coupon.ts'

const COUPONS = { table: 'coupons', column: 'customerId' }

type Kept = Pick<Coupon, 'id' | 'claimKey'>

/**
 * Coupons go over as they are. What was claimed under one name stays claimed under it, and what they took themselves
 * counts for the share of both.
 */
export const couponMover: Mover = {
  tables: ['coupons', 'coupon_uses'],
  async move(tx, fromId, toId) {
    const theirs = await tx.find(Coupon, 'WHERE customerId = ? ORDER BY id', [fromId])
    if (theirs.length === 0) return undefined
    await point(tx, COUPONS, fromId, toId)
    await pointUses(tx, theirs, toId)
    for (const { id, claimKey } of theirs) await rename(tx, id, claimKey.replace(`:${fromId}:`, `:${toId}:`))
    await renumber(tx, toId)
    return theirs.map(({ id, claimKey }): Kept => ({ id, claimKey }))
  },
  async back(tx, fromId, toId, moved) {
    const theirs = moved as Kept[]
    await pointBack(
      tx,
      COUPONS,
      fromId,
      toId,
      theirs.map(({ id }) => id),
    )
    await pointUses(tx, theirs, fromId)
    for (const { id, claimKey } of theirs) await rename(tx, id, claimKey)
    for (const id of [fromId, toId]) await renumber(tx, id)
  },
}

async function pointUses(tx: Tx, coupons: Pick<Coupon, 'id'>[], customerId: string): Promise<void> {
  for (const slice of slices(coupons.map(({ id }) => id)))
    await tx.run(`UPDATE coupon_uses SET customerId = ? WHERE couponId IN (${slots(slice)})`, [customerId, ...slice])
}

/** A name that the other one has taken as well stays as it is. */
async function rename(tx: Tx, id: string, claimKey: string): Promise<void> {
  if (await tx.first(Coupon, 'WHERE claimKey = ?', [claimKey])) return
  await tx.update(Coupon, id, { claimKey })
}

/** Counts the places of what a customer took themselves, of each template from one up: the next one is found by their number. */
async function renumber(tx: Tx, customerId: string): Promise<void> {
  const taken = await tx.find(Coupon, 'WHERE customerId = ? AND place IS NOT NULL ORDER BY claimedAt, id', [customerId])
  const counts = new Map<string, number>()
  const wanted = taken.map(({ id, template, place }) => {
    const n = (counts.get(template) ?? 0) + 1
    counts.set(template, n)
    return { id, before: place, place: `${template}:${customerId}:${n}` }
  })
  const wrong = wanted.filter(({ before, place }) => before !== place)
  // Out of the way first: no two ever have one place.
  for (const { id } of wrong) await tx.update(Coupon, id, { place: id })
  for (const { id, place } of wrong) await tx.update(Coupon, id, { place })
}
