import type Koa from 'koa'
import Router from 'koa-router'
import { z } from 'zod'
import type { Database } from '../../lib/db.ts'
import { Invalid } from '../../lib/errors.ts'
import { queryOf, rateLimit, requester } from '../../lib/http.ts'
import { newId } from '../../lib/ids.ts'
import type { Words } from '../../lib/render.ts'
import { signedIn } from '../customers/auth.ts'
import { claimCoupon } from './coupons.ts'
import { couponData } from './look.ts'
import { couponPage, pointsPage } from './view.ts'

const couponQuery = z.object({
  tab: z.enum(['usable', 'used', 'expired']).default('usable'),
  before: z.string().length(26).optional(),
})
const pointsQuery = z.object({ before: z.coerce.number().int().positive().optional() })
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,64}$/

interface Needs {
  db: Database
  words: Words
}

/** The customer's coupons and points (M5, L2, L3). */
export function loyaltyRoutes({ db, words }: Needs): Router {
  const router = new Router({ prefix: '/api/me' })
  const auth = signedIn(db)
  const few = rateLimit(60, 60, requester)

  router.get('/coupons', auth, async (ctx) => {
    const query = queryOf(ctx, couponQuery)
    ctx.body = await db.read((tx) => couponPage(tx, ctx.state.customerId, words, query))
  })

  router.post('/coupons/:template/claim', auth, few, async (ctx) => {
    const key = keyIn(ctx)
    const { id, look } = await db.write(async (tx) => {
      const coupon = await claimCoupon(tx, ctx.state.customerId, String(ctx.params.template), key ?? newId(tx.now))
      return { id: coupon.id, look: await couponData(tx, coupon, words) }
    })
    ctx.status = 201
    ctx.body = { coupon: { id, ...look } }
  })

  router.get('/points', auth, async (ctx) => {
    const { before } = queryOf(ctx, pointsQuery)
    ctx.body = await db.read((tx) => pointsPage(tx, ctx.state.customerId, words, before))
  })

  return router
}

/** A claim that is sent twice under one key is one claim. */
function keyIn(ctx: Koa.Context): string | undefined {
  const key = ctx.get('Idempotency-Key')
  if (!key) return undefined
  if (!IDEMPOTENCY_KEY.test(key)) throw new Invalid('Idempotency-Key', 'wrong_value')
  return key
}
