import { timingSafeEqual } from 'node:crypto'
import Router from 'koa-router'
import { Message } from '../../engines/messages/message.ts'
import { sendOnward } from '../../engines/messages/onward.ts'
import type { Database } from '../../lib/db.ts'
import type { Tx } from '../../lib/tx.ts'
import { countRefusal } from '../../platforms/refusing.ts'
import { readReports, type SmsReport } from '../../platforms/sms.ts'

interface Needs {
  db: Database
  /** Stands in the address that Aliyun is given, since its reports are not signed. */
  token?: string
}

/** Aliyun's door: what became of text messages (SmsReport by HTTP). One that did not arrive goes on by the next way. */
export function smsReportRoutes({ db, token }: Needs): Router {
  const router = new Router({ prefix: '/callbacks' })
  if (!token) return router
  router.post('/sms/:token', async (ctx) => {
    if (!same(String(ctx.params.token), token)) {
      countRefusal('sms', 'token')
      ctx.status = 403
      return
    }
    const reports = readReports(jsonOf((ctx.request as { rawBody?: string }).rawBody ?? ''))
    if (!reports) {
      countRefusal('sms', 'shape')
      ctx.status = 400
      return
    }
    const taken = await db.write(async (tx) => {
      let all = true
      for (const report of reports) all = (await take(tx, report)) && all
      return all
    })
    // What Aliyun is not thanked for it brings again, the others with it: they have moved on by then.
    ctx.body = taken ? { code: 0, msg: 'ok' } : { code: 1, msg: 'not yet' }
  })
  return router
}

/** Notes what became of a message; false while its sender has not noted yet that it is gone. */
async function take(tx: Tx, { outId, arrived, code, text }: SmsReport): Promise<boolean> {
  const message = await tx.get(Message, outId)
  if (message?.channel !== 'customer' || message.via !== 'sms') return true
  if (message.state === 'sending') return false
  // A report that comes again finds the message moved on.
  if (message.state !== 'sent') return true
  if (arrived) await tx.update(Message, message.id, { state: 'confirmed' }, { state: 'sent' })
  else await sendOnward(tx, message, { state: 'sent' }, { code, text: `sms report ${code}: ${text}` })
  return true
}

function same(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
