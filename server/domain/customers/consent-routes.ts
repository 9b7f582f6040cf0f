import Router from 'koa-router'
import { z } from 'zod'
import type { Database } from '../../lib/db.ts'
import { bodyOf, rateLimit, requester } from '../../lib/http.ts'
import { signedIn } from './auth.ts'
import { setConsents, standings } from './consents.ts'

const consentBody = z.strictObject({ consents: z.record(z.string().max(40), z.boolean()) })

/** The customer's own door to what they have agreed to (D12, M6). */
export function consentRoutes({ db }: { db: Database }): Router {
  const router = new Router({ prefix: '/api/me' })
  const auth = signedIn(db)
  const few = rateLimit(60, 60, requester)

  router.get('/consents', auth, async (ctx) => {
    ctx.body = { consents: await db.read((tx) => standings(tx, ctx.state.customerId)) }
  })

  router.put('/consents', auth, few, async (ctx) => {
    const { consents } = bodyOf(ctx, consentBody)
    const customerId = ctx.state.customerId as string
    ctx.body = await db.write(async (tx) => {
      await setConsents(tx, customerId, consents, 'app')
      return { consents: await standings(tx, customerId) }
    })
  })

  return router
}
