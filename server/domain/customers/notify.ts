import type { Channel } from '../../engines/messages/channel.ts'
import type { Shelf } from '../../engines/packs/shelf.ts'
import { MINUTE } from '../../lib/clock.ts'
import { PlatformError } from '../../lib/errors.ts'
import type { Words } from '../../lib/render.ts'
import type { SubscribeMessage, Wechat } from '../../platforms/wechat.ts'
import { identityOf } from './customers.ts'

/** The way to customers: WeChat subscribe messages, one template for each kind of message (P10, R2). */
export function customerChannel(wechat: Wechat | undefined, shelf: Shelf, words: Words): Channel {
  return {
    limits: [{ per: 'channel', count: 9_000, windowMs: MINUTE }],
    notBefore: (_message, now) => now,
    async draw(tx, message) {
      const template = shelf.heads.flatMap(({ subscribe }) => subscribe[message.kind] ?? [])[0]
      const openid = await identityOf(tx, message.recipientId, 'openid')
      if (!template || !openid || !wechat) return undefined
      const file = words.has(`messages/rules.${message.kind}`) ? 'rules' : 'customer'
      const values = words.tree(`messages/${file}.${message.kind}`, { ...message.data, now: tx.now })
      const body: SubscribeMessage = {
        openid,
        templateId: template.template,
        page: template.page.replace('{id}', message.subjectId),
        data: values as Record<string, string>,
      }
      return { wire: JSON.stringify(body) }
    },
    async send(_message, wire) {
      if (!wechat) throw new PlatformError('wechat', 'off', false, 'no mini-program is configured')
      const { msgid } = await wechat.sendSubscribe(JSON.parse(wire) as SubscribeMessage)
      return { platformRef: msgid }
    },
  }
}
