import type { Shelf } from '../../engines/packs/shelf.ts'
import { MINUTE } from '../../lib/clock.ts'
import { seal, unseal } from '../../lib/crypto.ts'
import { PlatformError } from '../../lib/errors.ts'
import { drawPng } from '../../lib/picture.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Mail, Mailer } from '../../platforms/mail.ts'
import { emailOf } from './email.ts'
import { EMAIL_CODE, waitingEmail } from './email-confirmation.ts'
import { appendTo, textOf, trackLinks } from './mail-html.ts'
import { mailToken } from './mail-token.ts'
import { isStopped } from './stop.ts'
import type { Way } from './way.ts'
import { tellingData } from './way-words.ts'

interface Needs {
  mailer: Mailer | undefined
  /** Our own address: Message-IDs are named after its domain. */
  from: string
  /** Where our doors stand, for links and the picture that tells of an opening. */
  base: string
  shelf: Shelf
  words: Words
}

/** A mail as it waits in the outbox: posters as their drawings. */
interface Wire extends Omit<Mail, 'pictures'> {
  posters: Record<string, string>
}

const POSTER = /cid:(\w+)\.png/g

/** Mails, one MJML template for each kind of message (R2): opened and clicked links come back as events. */
export function mailWay({ mailer, from, base, shelf, words }: Needs): Way {
  const domain = /@([^>\s]+)/.exec(from)?.[1] ?? 'localhost'
  return {
    name: 'mail',
    // A courtesy to the mail server and to the mailbox.
    limits: [
      { per: 'recipient', count: 20, windowMs: 60 * MINUTE, via: 'mail' },
      { per: 'channel', count: 600, windowMs: MINUTE, via: 'mail' },
    ],
    offers: (kind) => mailer !== undefined && words.has(`mail/${kind}.html`),
    reaches: async (tx, customerId) => (await openAddress(tx, customerId)) !== undefined,

    async draw(tx, message) {
      // The code goes to the address that it shall confirm, and the code itself stands nowhere but there.
      const waiting = message.kind === EMAIL_CODE ? await waitingEmail(tx, message.recipientId) : undefined
      const address = message.kind === EMAIL_CODE ? waiting?.address : await openAddress(tx, message.recipientId)
      if (!address) return undefined
      const door = (path: string, token: string) => `${base}/m/${path}/${token}`
      const unsubscribe = door('u', mailToken('stop', message.id))
      const told = await tellingData(tx, message, shelf)
      const data: Record<string, unknown> = { ...told, base, unsubscribe, ...(waiting && { code: waiting.code }) }
      const html = words.text(`mail/${message.kind}.html`, data)
      const tracked = trackLinks(html, `${base}/m/`, (url) => door('c', mailToken('click', message.id, url)))
      const pixel = `<img src="${door('o', mailToken('open', message.id))}" width="1" height="1" alt="" style="display:block;border:0">`
      const wire: Wire = {
        to: address,
        ...(told.name ? { name: String(told.name) } : {}),
        subject: words.text(`mail/${message.kind}.subject`, data).replace(/\s+/g, ' ').trim(),
        html: appendTo(tracked, pixel),
        text: await textOf(html),
        messageId: `${message.id}@${domain}`,
        at: tx.now,
        unsubscribe,
        posters: Object.fromEntries(
          [...html.matchAll(POSTER)].map(([, name]) => [name, words.text(`posters/${name}`, data)]),
        ),
      }
      return seal(JSON.stringify(wire))
    },

    async send(_message, wire) {
      if (!mailer) throw new PlatformError('mail', 'off', false, 'no mail server is configured')
      const { posters, ...mail } = JSON.parse(unseal(wire)) as Wire
      const pictures = await Promise.all(
        Object.entries(posters).map(async ([name, svg]) => ({
          name: `${name}.png`,
          type: 'image/png',
          bytes: await drawPng(svg),
        })),
      )
      await mailer.send({ ...mail, pictures })
      return { platformRef: mail.messageId }
    },
  }
}

/** The address of a customer who may be written to there. */
async function openAddress(tx: Tx, customerId: string): Promise<string | undefined> {
  const address = await emailOf(tx, customerId)
  return address && !(await isStopped(tx, customerId, 'mail', address)) ? address : undefined
}
