import type Koa from 'koa'
import { z } from 'zod'
import type { WechatUser } from './people.ts'
import type { SmsStandIn } from './sms.ts'
import type { SmtpStandIn } from './smtp.ts'

/** What may be switched at the operator and at the mail server. */
export const smsSwitches = z.object({
  down: z.union([z.literal(false), z.literal('reset'), z.literal('503')]),
  codes: z.array(z.string().max(60)).max(20),
  loseAnswers: z.int().min(0).max(20),
  undelivered: z.array(z.string().max(60)).max(20),
})
export const mailSwitches = z.object({
  down: z.boolean(),
  refuseReceivers: z.array(z.string().regex(/^[45]\d\d .{1,200}$/)).max(20),
  loseAnswers: z.int().min(0).max(20),
})

const SHOWN = 50

/** What stands on the phones and in the mailboxes of the customers, by their openid. */
export function lettersState(users: WechatUser[], sms?: SmsStandIn, smtp?: SmtpStandIn) {
  const byUser = <T>(find: (user: WechatUser) => T[]) =>
    Object.fromEntries(users.map((user) => [user.openid, find(user).slice(-SHOWN)]))
  return {
    sms: sms && byUser(({ phone }) => sms.inbox(phone)),
    mail: smtp && byUser(({ email }) => (email ? smtp.inbox(email).map(({ html: _, ...head }) => head) : [])),
  }
}

/**
 * A mail's HTML as a mail program shows it: nothing in it is run, its links open in windows of their own, its own
 * pictures stand in it. `path` is `<address>/<id>`.
 */
export async function showMail(ctx: Koa.Context, smtp: SmtpStandIn, path: string): Promise<boolean> {
  const [address = '', id = ''] = path.split('/').map(decodeURIComponent)
  const mail = smtp.inbox(address).find((one) => one.id === id)
  if (!mail) return false
  let html = mail.html.replace('<head>', '<head><base target="_blank">')
  for (const { cid } of mail.pictures) {
    const picture = await smtp.picture(id, cid)
    if (picture) html = html.replaceAll(`cid:${cid}`, `data:${picture.type};base64,${picture.bytes.toString('base64')}`)
  }
  ctx.status = 200
  ctx.set(
    'Content-Security-Policy',
    "default-src 'none'; img-src * data:; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox",
  )
  ctx.set('X-Content-Type-Options', 'nosniff')
  ctx.type = 'html'
  ctx.body = html
  return true
}
