import Router from 'koa-router'
import { Message } from '../../engines/messages/message.ts'
import { sendOnward } from '../../engines/messages/onward.ts'
import { takeOnce } from '../../engines/messages/outbox.ts'
import type { Database } from '../../lib/db.ts'
import type { Tx } from '../../lib/tx.ts'
import { refusing } from '../../platforms/refusing.ts'
import type { WechatEvent } from '../../platforms/wechat-event.ts'
import type { WechatPush } from '../../platforms/wechat-push.ts'
import type { CallbackQuery } from '../../platforms/wx-crypto.ts'

interface Needs {
  db: Database
  push?: WechatPush
  /** What to do with the verdict on a picture. */
  onVerdict: (tx: Tx, verdict: Extract<WechatEvent, { kind: 'wxa_media_check' }>) => Promise<void>
}

/** WeChat's door: URL verification and pushes (PLATFORMS.md §6.6). */
export function pushRoutes({ db, push, onVerdict }: Needs): Router {
  const router = new Router({ prefix: '/callbacks' })
  if (!push) return router

  router.get('/wechat', (ctx) => {
    ctx.body = refusing('wechat', ctx, () => push.verifyUrl(ctx.query as CallbackQuery)) ?? ''
    ctx.type = 'text/plain'
  })

  router.post('/wechat', async (ctx) => {
    const raw = (ctx.request as { rawBody?: string }).rawBody ?? ''
    const event = refusing('wechat', ctx, () => push.open(ctx.query as CallbackQuery, raw))
    if (!event) return
    await db.write(async (tx) => {
      if (!(await takeOnce(tx, `wechat:${push.dedupKey(event)}`))) return
      if (event.kind === 'wxa_media_check') await onVerdict(tx, event)
      if (event.kind === 'subscribe_msg_sent_event') {
        for (const { msgid, errorCode, errorStatus } of event.results) await confirm(tx, msgid, errorCode, errorStatus)
      }
    })
    ctx.type = 'text/plain'
    ctx.body = 'success'
  })

  return router
}

/** The platform reports what became of a subscribe message. */
async function confirm(tx: Tx, msgid: string, errorCode: number, errorStatus: string): Promise<void> {
  const message = await tx.first(Message, `WHERE platformRef = ? AND channel = 'customer'`, [msgid])
  if (!message) return
  if (errorCode === 0) await tx.update(Message, message.id, { state: 'confirmed' })
  // What was reported once is over, or on its way by another: a report that comes again moves nothing.
  else if (message.state === 'sent')
    await sendOnward(tx, message, { state: 'sent' }, { code: String(errorCode), text: `${errorCode} ${errorStatus}` })
}
