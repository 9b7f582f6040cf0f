import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Coupon } from './coupon.ts'
import { termsOf } from './coupons.ts'
import type { PointsMove } from './lot.ts'
import type { CouponTemplate } from './template.ts'

/** What a coupon says of itself: on a page, in a mail, on a poster. */
export interface CouponLook {
  title: string
  terms: string
  /** What it is worth, in two words: 8 折, ￥20. */
  worth: string
}

/** A template as customers see it. */
export function templateLook({ title, terms, off }: CouponTemplate, words: Words): CouponLook {
  return { title, terms, worth: worthOf(off, words) }
}

/** A coupon as messages speak of it (`coupon` in their data); `lastAt` is an instant of its last day. */
export async function couponData(tx: Tx, coupon: Coupon, words: Words) {
  return { ...templateLook(await termsOf(tx, coupon), words), lastAt: coupon.endsAt - 1 }
}

/** What a move of points is called. */
export function moveText({ why }: PointsMove, words: Words): string {
  const key = `messages/loyalty.why.${why}`
  return words.has(key) ? words.text(key) : why
}

function worthOf(off: CouponTemplate['off'], words: Words): string {
  const say = (word: string, data = {}) => words.text(`messages/loyalty.worth.${word}`, data)
  if ('amount' in off) return say('amount', { yuan: String(off.amount / 100) })
  return off.percent === 100 ? say('free') : say('percent', { fold: String((100 - off.percent) / 10) })
}
