import type { Shelf } from '../../engines/packs/shelf.ts'
import { MINUTE } from '../../lib/clock.ts'
import { PlatformError } from '../../lib/errors.ts'
import type { Words } from '../../lib/render.ts'
import type { SubscribeMessage, Wechat } from '../../platforms/wechat.ts'
import { openidOf } from './addressees.ts'
import type { Way } from './way.ts'
import { wordsFor } from './way-words.ts'

/** WeChat subscribe messages, one approved template for each kind of message (P10, R2). */
export function subscribeWay(wechat: Wechat | undefined, shelf: Shelf, words: Words): Way {
  // Rules have their words in a file of their own.
  const placeOf = (kind: string) => {
    const own = `messages/rules.${kind}`
    return words.has(own) ? own : `messages/customer.${kind}`
  }
  const templateOf = (kind: string) => shelf.heads.flatMap(({ subscribe }) => subscribe[kind] ?? [])[0]
  return {
    name: 'subscribe',
    limits: [{ per: 'channel', count: 9_000, windowMs: MINUTE, via: 'subscribe' }],
    offers: (kind) => wechat !== undefined && templateOf(kind) !== undefined,
    reaches: async (tx, customerId) => (await openidOf(tx, customerId)) !== undefined,

    async draw(tx, message) {
      const template = templateOf(message.kind)
      const openid = await openidOf(tx, message.recipientId)
      if (!template || !openid) return undefined
      const body: SubscribeMessage = {
        openid,
        templateId: template.template,
        page: template.page.replace('{id}', message.subjectId),
        data: await wordsFor(tx, message, { shelf, words }, template.words ?? placeOf(message.kind)),
      }
      return JSON.stringify(body)
    },

    async send(_message, wire) {
      if (!wechat) throw new PlatformError('wechat', 'off', false, 'no mini-program is configured')
      const { msgid } = await wechat.sendSubscribe(JSON.parse(wire) as SubscribeMessage)
      return { platformRef: msgid }
    },
  }
}
