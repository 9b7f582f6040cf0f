import type { Shelf } from '../../engines/packs/shelf.ts'
import type { Config } from '../../lib/config.ts'
import type { Words } from '../../lib/render.ts'
import type { Mailer } from '../../platforms/mail.ts'
import type { Sms } from '../../platforms/sms.ts'
import type { Wechat } from '../../platforms/wechat.ts'
import { mailWay } from './mail-way.ts'
import { smsWay } from './sms-way.ts'
import { subscribeWay } from './subscribe-way.ts'
import type { Way } from './way.ts'

interface Needs {
  config: Readonly<Config>
  shelf: Shelf
  words: Words
  wechat?: Wechat
  sms?: Sms
  mailer?: Mailer
}

/** Every way to a customer, whether it is set up or not. */
export function customerWays({ config, shelf, words, wechat, sms, mailer }: Needs): Way[] {
  return [
    subscribeWay(wechat, shelf, words),
    smsWay(sms, shelf, words),
    mailWay({ mailer, from: config.mail?.from ?? '', base: config.baseUrl, shelf, words }),
  ]
}
