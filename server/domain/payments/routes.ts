import Router from 'koa-router'
import { z } from 'zod'
import type { Database } from '../../lib/db.ts'
import { Invalid, PlatformError } from '../../lib/errors.ts'
import { bodyOf, rateLimit, requester } from '../../lib/http.ts'
import { log } from '../../lib/log.ts'
import { refusing } from '../../platforms/refusing.ts'
import type { Wechat } from '../../platforms/wechat.ts'
import type { Wechatpay } from '../../platforms/wechatpay.ts'
import { headersOf } from '../../platforms/wechatpay-api.ts'
import type { WechatpayNotify } from '../../platforms/wechatpay-notify.ts'
import { signedIn } from '../customers/auth.ts'
import { notePaid, noteRefund } from './news.ts'
import { hearAgreed } from './pay-score.ts'
import { ownPayment, prepay } from './prepay.ts'
import { lookAt } from './sweep.ts'
import { paymentLook } from './view.ts'

/** The code of `wx.login`: whoever is at the phone. */
const prepayBody = z.object({ code: z.string().min(1).max(128).optional() })

interface Needs {
  db: Database
  /** Says whose phone it is that pays. */
  wechat?: Wechat
  /** Without it nothing can be paid. */
  pay?: Wechatpay
  notify?: WechatpayNotify
}

/** The customer's payments, and the door by which WeChat Pay tells of them (PLATFORMS 7.4). */
export function paymentRoutes({ db, wechat, pay, notify }: Needs): Router {
  const router = new Router()
  const auth = signedIn(db)
  const few = rateLimit(60, 60, requester)

  router.post('/api/payments/:id/prepay', auth, few, async (ctx) => {
    const { code } = bodyOf(ctx, prepayBody)
    const openid = code === undefined || !wechat ? undefined : await openidOf(wechat, code)
    ctx.body = await prepay(db, pay, ctx.state.customerId, String(ctx.params.id), openid)
  })

  router.get('/api/payments/:id', auth, async (ctx) => {
    const { customerId } = ctx.state
    ctx.body = await db.read(async (tx) => paymentLook(tx, await ownPayment(tx, customerId, String(ctx.params.id))))
  })

  // The phone says that it has paid; the platform is asked, since what it tells by itself may take its time.
  router.post('/api/payments/:id/check', auth, few, async (ctx) => {
    const { customerId } = ctx.state
    const { id, state, openedAt } = await db.read((tx) => ownPayment(tx, customerId, String(ctx.params.id)))
    if (state === 'open' && openedAt !== null) await asked(lookAt(db, pay, id))
    ctx.body = await db.read(async (tx) => paymentLook(tx, await ownPayment(tx, customerId, id)))
  })

  if (!notify) return router
  router.post('/callbacks/wechatpay', async (ctx) => {
    const raw = (ctx.request as { rawBody?: string }).rawBody ?? ''
    const news = refusing('wechatpay', ctx, () =>
      notify.open(
        headersOf((name) => ctx.get(name)),
        raw,
      ),
    )
    if (!news) {
      ctx.body = { code: 'FAIL', message: 'refused' }
      return
    }
    if (news.kind === 'agreed') {
      if (pay?.score) await asked(hearAgreed(db, pay.score, news.number))
    } else
      await db.write(async (tx) => {
        if (news.kind === 'paid') await notePaid(tx, news.trade)
        if (news.kind === 'refund') await noteRefund(tx, news.refund)
      })
    ctx.body = { code: 'SUCCESS' }
  })
  return router
}

async function openidOf(wechat: Wechat, code: string): Promise<string> {
  try {
    return (await wechat.session(code)).openid
  } catch (error) {
    if (error instanceof PlatformError && !error.retryable) throw new Invalid('code', 'code_refused')
    throw error
  }
}

/** A platform that does not answer leaves it to the duty. */
async function asked(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    log.info({ err: error }, 'WeChat Pay did not say what became of it')
  }
}
