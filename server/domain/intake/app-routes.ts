import type Koa from 'koa'
import Router from 'koa-router'
import { z } from 'zod'
import { SYSTEM } from '../../engines/events/events.ts'
import { declaredEvents } from '../../engines/packs/events.ts'
import type { Shelf } from '../../engines/packs/shelf.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { bodyOf, rateLimit, requester } from '../../lib/http.ts'
import { bearer } from '../customers/auth.ts'
import { identityOf } from '../customers/customers.ts'
import { type GivenIdentity, identify } from '../customers/identify.ts'
import { customerOf } from '../customers/session.ts'
import { appEventSchema, eventObjection, reported } from './event.ts'
import { takeAppEvents } from './take-events.ts'

const MOST = 100
const appBody = z.object({
  device: z.string().regex(/^[a-z0-9]{16,40}$/),
  events: z.array(z.unknown()).min(1).max(MOST),
})

interface Needs {
  db: Database
  shelf: Shelf
}

/**
 * The door by which the customer's app reports what they look at (M7): by session, and by the app's device before they
 * sign in. What it may not tell, or tells too late, is dropped and never refused: the app could do nothing about it.
 */
export function appEventRoutes({ db, shelf }: Needs): Router {
  const router = new Router({ prefix: '/api' })
  const few = rateLimit(60, 60, requester)

  router.post('/events', few, async (ctx) => {
    const { device, events } = bodyOf(ctx, appBody)
    const declared = declaredEvents(shelf.heads)
    const token = ctx.get('Authorization') ? bearer(ctx as Koa.Context) : undefined
    ctx.body = await db.write(async (tx) => {
      const customerId = token && (await customerOf(tx, token))
      const good = events.flatMap((one) => {
        const parsed = appEventSchema.safeParse(one)
        const event = parsed.success ? reported(parsed.data, tx.now) : undefined
        return event && !eventObjection(event, tx.now, 'app', declared) ? [event] : []
      })
      const accepted = good.length > 0 ? await takeAppEvents(tx, await whose(tx, device, customerId), device, good) : 0
      return { accepted, dropped: events.length - good.length }
    })
  })

  return router
}

/** Whose app it is: the signed-in customer's, to whom what the device told before they signed in belongs as well. */
async function whose(tx: Tx, device: string, customerId: string | undefined): Promise<string> {
  const own: GivenIdentity = { kind: 'device', value: device }
  const openid = customerId && (await identityOf(tx, customerId, 'openid'))
  if (customerId && !openid) return customerId
  const given: GivenIdentity[] = openid ? [{ kind: 'openid', value: openid, proved: true }, own] : [own]
  const by = customerId ? { type: 'customer' as const, id: customerId } : SYSTEM
  return (await identify(tx, given, { by, source: 'app' })).id
}
