import Router from 'koa-router'
import { z } from 'zod'
import type { Database } from '../../lib/db.ts'
import { queryOf, rateLimit, repeatKey, requester } from '../../lib/http.ts'
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
    const key = repeatKey(ctx)
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
