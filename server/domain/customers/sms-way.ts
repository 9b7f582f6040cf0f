import type { Shelf } from '../../engines/packs/shelf.ts'
import { DAY, HOUR, MINUTE } from '../../lib/clock.ts'
import { seal, unseal } from '../../lib/crypto.ts'
import { PlatformError } from '../../lib/errors.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Sms, TextMessage } from '../../platforms/sms.ts'
import { customerById, identityOf } from './customers.ts'
import { isStopped } from './stop.ts'
import type { Way } from './way.ts'
import { wordsFor } from './way-words.ts'

/** Only mobile numbers of the mainland get text messages. */
const MOBILE = /^1[3-9]\d{9}$/

/** Text messages, one approved template for each kind of message (R2). */
export function smsWay(sms: Sms | undefined, shelf: Shelf, words: Words): Way {
  const templateOf = (kind: string) => shelf.heads.flatMap((head) => head.sms[kind] ?? [])[0]
  return {
    name: 'sms',
    // Aliyun's own limits for one number, which it otherwise answers with isv.BUSINESS_LIMIT_CONTROL.
    limits: [
      { per: 'recipient', count: 1, windowMs: MINUTE, via: 'sms' },
      { per: 'recipient', count: 5, windowMs: HOUR, via: 'sms' },
      { per: 'recipient', count: 10, windowMs: DAY, via: 'sms' },
      { per: 'channel', count: 3_000, windowMs: MINUTE, via: 'sms' },
    ],
    offers: (kind) => sms !== undefined && templateOf(kind) !== undefined,
    reaches: async (tx, customerId) =>
      (await mobileOf(tx, customerId)) !== undefined && !(await isStopped(tx, customerId, 'sms')),

    async draw(tx, message) {
      const template = templateOf(message.kind)
      const phone = await mobileOf(tx, message.recipientId)
      if (!template || !phone || (await isStopped(tx, message.recipientId, 'sms'))) return undefined
      const text: TextMessage = {
        phone,
        template: template.template,
        params: await wordsFor(tx, message, { shelf, words }, template.words ?? `messages/sms.${message.kind}`),
        outId: message.id,
      }
      return seal(JSON.stringify(text))
    },

    async send(message, wire, again) {
      if (!sms) throw new PlatformError('sms', 'off', false, 'no text messages are configured')
      const text = JSON.parse(unseal(wire)) as TextMessage
      // Aliyun takes the same message twice: after a lost answer it is asked first.
      if (again && (await sms.wasSent(text, message.createdAt))) return {}
      const { bizId } = await sms.send(text)
      return { platformRef: bizId }
    },
  }
}

/** The number to which a customer's text messages go; one that nobody has proved will do for whoever left it. */
async function mobileOf(tx: Tx, customerId: string): Promise<string | undefined> {
  const phone =
    (await identityOf(tx, customerId, 'phone')) ??
    (await identityOf(tx, customerId, 'contact')) ??
    (await customerById(tx, customerId)).phone
  return phone && MOBILE.test(phone) ? phone : undefined
}
