import { definitionById } from '../../engines/definitions/definitions.ts'
import { type Actor, record, SYSTEM } from '../../engines/events/events.ts'
import { Conflict, NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { Coupon, CouponStock, CouponUse } from './coupon.ts'
import { type TemplateVersion, templateNow } from './programme.ts'
import { type CouponTemplate, claimTime, offOf, validity } from './template.ts'

interface Grant {
  customerId: string
  template: string
  /** Names the giving: the same again gives the same coupon. */
  key: string
  by: Actor
}

/** Gives a customer a coupon; within the stock, and not counted against what they may take themselves. */
export async function grantCoupon(tx: Tx, { customerId, template, key, by }: Grant): Promise<Coupon> {
  const known = await byKey(tx, keyOf(template, customerId, key))
  return known ?? make(tx, templateNow(template), { customerId, key, by, place: null })
}

/** A customer takes a coupon that the packs offer; throws Conflict with the reason why not. */
export async function claimCoupon(tx: Tx, customerId: string, template: string, key: string): Promise<Coupon> {
  const known = await byKey(tx, keyOf(template, customerId, key))
  if (known) return known
  const version = templateNow(template)
  const { per_customer: share } = version.body
  if (!share) throw new NotFound('coupon_template', { coupon: template })
  const time = claimTime(version.body, tx.now)
  if (time !== 'open') throw new Conflict(`coupon_claim_${time}`)
  const taken = await takenBy(tx, customerId, template)
  if (taken >= share) throw new Conflict('coupon_share', { share })
  const place = `${template}:${customerId}:${taken + 1}`
  return make(tx, version, { customerId, key, by: { type: 'customer', id: customerId }, place })
}

/** How many of a template a customer has taken themselves. */
export async function takenBy(tx: Tx, customerId: string, template: string): Promise<number> {
  const [row] = await tx.query<{ n: number }>(
    'SELECT COUNT(*) AS n FROM coupons WHERE customerId = ? AND template = ? AND place IS NOT NULL',
    [customerId, template],
  )
  return Number(row?.n ?? 0)
}

/** The order for which a coupon is used. */
export interface Purchase {
  order: string
  /** What is to be paid, in fen. */
  amount: number
  /** What is bought, in the words of the coupons' `scope`. */
  kinds?: string[]
}

/** Uses a customer's coupon for an order, once; returns what it takes off, in fen. */
export async function useCoupon(tx: Tx, customerId: string, couponId: string, purchase: Purchase): Promise<number> {
  const coupon = await ownCoupon(tx, customerId, couponId)
  const { order, amount } = purchase
  const id = `${coupon.id}:${order}`
  const before = await tx.get(CouponUse, id)
  if (before?.returnedAt === null) return before.off
  const template = await termsOf(tx, coupon)
  checkUse(coupon, template, purchase, tx.now)
  const off = offOf(template, amount)
  const changes = { state: 'used', usedAt: tx.now, usedFor: order, sweepAt: null } as const
  // Two orders at once: one of them gets it, the other runs again and is refused.
  if (!(await tx.update(Coupon, coupon.id, changes, { state: 'active' }))) throw new LostRace()
  const use = { couponId: coupon.id, customerId, orderId: order, off, at: tx.now, returnedAt: null }
  if (before) await tx.update(CouponUse, id, use)
  else if (!(await tx.insertOnce(CouponUse, { id, ...use }))) throw new LostRace()
  await tell(tx, 'coupon.used', coupon, SYSTEM, { order, off })
  return off
}

/** Gives a coupon back that was used for an order that did not come about; false when it was given back already. */
export async function returnCoupon(tx: Tx, couponId: string, order: string): Promise<boolean> {
  const use = await tx.get(CouponUse, `${couponId}:${order}`)
  if (!use) throw new NotFound('coupon_use')
  if (!(await tx.update(CouponUse, use.id, { returnedAt: tx.now }, { returnedAt: null }))) return false
  const coupon = await tx.get(Coupon, couponId)
  if (!coupon) throw new NotFound('coupon')
  // Its time went on meanwhile: a coupon that is over comes back as one that is over.
  const over = coupon.endsAt <= tx.now
  await tx.update(
    Coupon,
    couponId,
    { state: over ? 'expired' : 'active', usedAt: null, usedFor: null, sweepAt: over ? null : coupon.endsAt },
    { state: 'used', usedFor: order },
  )
  await tell(tx, 'coupon.returned', coupon, SYSTEM, { order, off: use.off, over })
  return true
}

/** The terms of a coupon, as they were when it was given. */
export async function termsOf(tx: Tx, coupon: Coupon): Promise<CouponTemplate> {
  return (await definitionById<CouponTemplate>(tx, coupon.definitionId)).body
}

/** Throws Conflict with the reason why a coupon is not good for a purchase. */
export function checkUse(
  coupon: Coupon,
  template: CouponTemplate,
  { amount, kinds = [] }: Purchase,
  now: number,
): void {
  if (coupon.state === 'used') throw new Conflict('coupon_used')
  if (coupon.state === 'expired' || now >= coupon.endsAt) throw new Conflict('coupon_over')
  if (now < coupon.startsAt) throw new Conflict('coupon_early')
  if (template.at_least && amount < template.at_least) throw new Conflict('coupon_below', { least: template.at_least })
  if (template.scope && !kinds.some((kind) => template.scope?.includes(kind))) throw new Conflict('coupon_scope')
}

interface Making {
  customerId: string
  key: string
  by: Actor
  place: string | null
}

async function make(tx: Tx, { definitionId, body }: TemplateVersion, making: Making): Promise<Coupon> {
  const { customerId, key, by, place } = making
  const times = validity(body, tx.now)
  if (!times) throw new Conflict('coupon_over')
  // When all are gone most come in vain: they are told so before they queue for the row that counts.
  if (((await leftOf(tx, body)) ?? 1) <= 0) throw new Conflict('coupon_gone')
  const row = {
    id: newId(tx.now),
    template: body.coupon,
    definitionId,
    customerId,
    claimKey: keyOf(body.coupon, customerId, key),
    place,
    state: 'active' as const,
    claimedAt: tx.now,
    ...times,
    usedAt: null,
    usedFor: null,
    sweepAt: times.endsAt,
  }
  // The same claim twice at once, or two beyond their share: one is made, the other runs again and finds it.
  if (!(await tx.insertOnce(Coupon, row))) throw new LostRace()
  await takeFromStock(tx, body)
  const coupon = Object.assign(new Coupon(), row)
  await tell(tx, 'coupon.claimed', coupon, by, { given: place === null })
  return coupon
}

/** How many of a template are left to be given out; undefined: there is no end to them. */
export async function leftOf(tx: Tx, { coupon, stock }: CouponTemplate): Promise<number | undefined> {
  if (stock === undefined) return undefined
  return Math.max(0, stock - ((await tx.get(CouponStock, coupon))?.claimed ?? 0))
}

/** Counts one more given out, unless all are: the one statement that decides, however many ask at once. */
async function takeFromStock(tx: Tx, { coupon, stock }: CouponTemplate): Promise<void> {
  const bound = stock === undefined ? '' : ` AND claimed < ${stock}`
  const taken = await tx.run(`UPDATE coupon_stocks SET claimed = claimed + 1 WHERE id = ?${bound}`, [coupon])
  if (taken === 1) return
  if (await tx.get(CouponStock, coupon)) throw new Conflict('coupon_gone')
  throw new Error(`the coupon ${coupon} has no stock`)
}

/** A coupon in this customer's hands; throws NotFound. */
export async function ownCoupon(tx: Tx, customerId: string, id: string): Promise<Coupon> {
  const coupon = await tx.get(Coupon, id)
  if (coupon?.customerId !== customerId) throw new NotFound('coupon')
  return coupon
}

function byKey(tx: Tx, claimKey: string): Promise<Coupon | undefined> {
  return tx.first(Coupon, 'WHERE claimKey = ?', [claimKey])
}

function keyOf(template: string, customerId: string, key: string): string {
  return `${template}:${customerId}:${key}`.slice(0, 190)
}

/** Writes down what happened to a coupon. */
export function tell(
  tx: Tx,
  name: string,
  { id, template, customerId }: Coupon,
  by: Actor,
  data: Record<string, unknown>,
): Promise<void> {
  return record(tx, name, {
    by,
    subject: { type: 'coupon', id },
    customerId,
    data: { coupon: template, ...data },
  })
}
