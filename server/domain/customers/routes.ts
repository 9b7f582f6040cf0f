import Router from 'koa-router'
import { z } from 'zod'
import { record } from '../../engines/events/events.ts'
import type { Database } from '../../lib/db.ts'
import { Conflict, Invalid, PlatformError, Unauthorized } from '../../lib/errors.ts'
import { maskPhone } from '../../lib/format.ts'
import { bodyOf, rateLimit } from '../../lib/http.ts'
import type { Wechat } from '../../platforms/wechat.ts'
import { bearer, signedIn } from './auth.ts'
import type { Customer } from './customer.ts'
import { customerById, setNickname } from './customers.ts'
import { closeSession, openSession, refreshSession } from './session.ts'
import { setPhone, signIn } from './sign-in.ts'

const codeBody = z.object({ code: z.string().min(1).max(512) })
const refreshBody = z.object({ refreshToken: z.string().min(20).max(100) })
const meBody = z.object({ nickname: z.string().trim().min(1).max(20) })
const subscriptionBody = z.object({
  accepted: z.array(z.string().max(64)).max(10),
  rejected: z.array(z.string().max(64)).max(10),
})

interface Needs {
  db: Database
  wechat?: Wechat
}

/** Sign-in and the customer's own data (M1, M6). */
export function customerRoutes({ db, wechat }: Needs): Router {
  const router = new Router({ prefix: '/api' })
  const auth = signedIn(db)
  const few = rateLimit(120, 60, (ctx) => ctx.ip)

  router.post('/session', few, async (ctx) => {
    const { code } = bodyOf(ctx, codeBody)
    const who = await exchange(wechat, (platform) => platform.session(code))
    const { tokens, customer } = await db.write(async (tx) => {
      const customer = await signIn(tx, who)
      return { customer, tokens: await openSession(tx, customer.id) }
    })
    ctx.body = { ...tokens, customer: look(customer) }
  })

  router.post('/session/refresh', few, async (ctx) => {
    const { refreshToken } = bodyOf(ctx, refreshBody)
    const { tokens, customer } = await db.write(async (tx) => {
      const { tokens, customerId } = await refreshSession(tx, refreshToken)
      return { tokens, customer: await customerById(tx, customerId) }
    })
    // The revocation of a replayed token is committed before it is refused.
    if (!tokens) throw new Unauthorized('session_ended')
    ctx.body = { ...tokens, customer: look(customer) }
  })

  router.delete('/session', auth, async (ctx) => {
    await db.write((tx) => closeSession(tx, bearer(ctx)))
    ctx.status = 204
  })

  router.get('/me', auth, async (ctx) => {
    ctx.body = { customer: look(await db.read((tx) => customerById(tx, ctx.state.customerId))) }
  })

  router.patch('/me', auth, async (ctx) => {
    const { nickname } = bodyOf(ctx, meBody)
    ctx.body = { customer: look(await db.write((tx) => setNickname(tx, ctx.state.customerId, nickname))) }
  })

  router.post('/me/phone', auth, few, async (ctx) => {
    const { code } = bodyOf(ctx, codeBody)
    const { purePhoneNumber } = await exchange(wechat, (platform) => platform.phoneNumber(code))
    const customer = await db.write((tx) => setPhone(tx, ctx.state.customerId, purePhoneNumber))
    // That somebody else has it is noted and stays so, whatever the answer.
    if (!customer) throw new Conflict('phone_taken')
    // In full to its owner, who may want it in a form.
    ctx.body = { customer: look(customer), number: purePhoneNumber }
  })

  router.post('/subscriptions', auth, async (ctx) => {
    const data = bodyOf(ctx, subscriptionBody)
    const customerId = ctx.state.customerId as string
    await db.write((tx) =>
      record(tx, 'subscription.answered', {
        by: { type: 'customer', id: customerId },
        subject: { type: 'customer', id: customerId },
        customerId,
        data,
      }),
    )
    ctx.status = 204
  })

  return router
}

/** Asks WeChat; a code that it refuses is the customer's input, not our failure. */
async function exchange<T>(platform: Wechat | undefined, ask: (platform: Wechat) => Promise<T>): Promise<T> {
  if (!platform) throw new Invalid('code', 'wechat_not_configured')
  try {
    return await ask(platform)
  } catch (error) {
    if (error instanceof PlatformError && !error.retryable) throw new Invalid('code', 'code_refused')
    throw error
  }
}

function look(customer: Customer) {
  return { id: customer.id, nickname: customer.nickname, phone: customer.phone && maskPhone(customer.phone) }
}
