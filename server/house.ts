import { join } from 'node:path'
import { useIdentityRules, useMergeRoles } from './domain/customers/identity-rules.ts'
import { mergeVerbs } from './domain/customers/merge-verbs.ts'
import { useDifferences } from './domain/payments/differences.ts'
import { differenceFlow } from './domain/payments/money-file.ts'
import { embeddedReader, type PaperReader, wechatReader } from './domain/profile/readers.ts'
import { rentalVerbs } from './domain/rentals/staff-verbs.ts'
import { book } from './domain/segments/book.ts'
import { deskLookups } from './domain/tickets/lookups.ts'
import { openDispatch } from './engines/dispatch/dispatch.ts'
import { onEvents } from './engines/events/events.ts'
import { useFolder } from './engines/files/store.ts'
import { chainRoles, useDispatch } from './engines/flows/assign.ts'
import { useManagerRoles } from './engines/flows/guards.ts'
import { startReminder } from './engines/flows/remind.ts'
import { openRoots } from './engines/keys/roots.ts'
import type { Channel } from './engines/messages/channel.ts'
import { whenSent } from './engines/messages/deliver.ts'
import { useDigest } from './engines/messages/digest.ts'
import { afterPeace, releaseHeld } from './engines/messages/quiet.ts'
import { identityRules, mergeRoles } from './engines/packs/identities.ts'
import { contactRule, digestRule } from './engines/packs/manners.ts'
import { Shelf } from './engines/packs/shelf.ts'
import { endFollowUps } from './engines/rules/follow-ups.ts'
import { hearForRules } from './engines/rules/hear.ts'
import { useRules } from './engines/rules/hooks.ts'
import { useHooks } from './engines/rules/notify.ts'
import { onRuleEnd } from './engines/rules/rows.ts'
import { openRules } from './engines/rules/sweep.ts'
import { lendLookups } from './engines/staff/lookups.ts'
import { lendMerges } from './engines/staff/merges.ts'
import { lendRentals } from './engines/staff/rentals.ts'
import { onReturn } from './engines/staff/shift.ts'
import { entities, migrations } from './entities.ts'
import { lendPrivacy, lendToRules } from './lend.ts'
import type { Clock } from './lib/clock.ts'
import type { Config } from './lib/config.ts'
import { keysFromFile, useKeys } from './lib/crypto.ts'
import { Database } from './lib/db.ts'
import { embeddedOcr, type Ocr } from './lib/ocr.ts'
import { type Sealer, sealer } from './lib/pdf-seal.ts'
import { loadWords, type Words } from './lib/render.ts'
import { type Dingtalk, dingtalk } from './platforms/dingtalk.ts'
import { type DingtalkCallback, dingtalkCallback } from './platforms/dingtalk-callback.ts'
import { cardSecret } from './platforms/dingtalk-sign.ts'
import { type LockService, lockService } from './platforms/lock.ts'
import { type Mailer, mailer } from './platforms/mail.ts'
import { type Sms, sms } from './platforms/sms.ts'
import { type Wechat, wechat } from './platforms/wechat.ts'
import { type WechatPush, wechatPush } from './platforms/wechat-push.ts'
import { type Wechatpay, wechatpay } from './platforms/wechatpay.ts'
import { type WechatpayNotify, wechatpayNotify } from './platforms/wechatpay-notify.ts'
import { type Wecom, wecom } from './platforms/wecom.ts'
import { type WecomCallback, wecomCallback } from './platforms/wecom-callback.ts'

/** What everything in the process stands on: made once by main.ts, handed to faces and duties. */
export interface House {
  config: Readonly<Config>
  clock: Clock
  db: Database
  words: Words
  shelf: Shelf
  wecom?: Wecom
  wecomCallback?: WecomCallback
  dingtalk?: Dingtalk
  dingtalkCallback?: DingtalkCallback
  wechat?: Wechat
  wechatPush?: WechatPush
  wechatpay?: Wechatpay
  wechatpayNotify?: WechatpayNotify
  sms?: Sms
  mailer?: Mailer
  /** Seals contracts by the company's certificate. */
  sealer?: Sealer
  /** Reads papers from their pictures. */
  reader?: PaperReader
  /** Reads pictures on this machine; gives its memory back when it is closed. */
  ocr?: Ocr
  locks?: LockService
}

/** Opens the database, reads words and packs, makes the platform clients. Packs with mistakes stop a first start. */
export async function openHouse(config: Readonly<Config>, clock: Clock): Promise<House> {
  useKeys(config.dataKeys ?? keysFromFile(join(config.dataDir, 'keys')))
  useFolder(join(config.dataDir, 'files'))
  const words = loadWords(config.templatesDir, { clock })
  lendToRules(words)
  const shelf = new Shelf(join(config.templatesDir, 'packs'), config.packs)
  const db = await Database.open({ url: config.databaseUrl, entities, migrations, clock })
  await openRoots(db)
  const problems = await shelf.load(db)
  if (problems.length > 0) {
    await db.close()
    const list = problems.map(({ file, line, field, reason }) => `  ${file}:${line} ${field}: ${reason}`)
    throw new Error(`The packs cannot be used:\n${list.join('\n')}`)
  }
  useDispatch(openDispatch())
  useDigest(() => digestRule(shelf))
  whenSent('step', startReminder)
  onReturn(releaseHeld)
  lendLookups(deskLookups)
  useIdentityRules(() => identityRules(shelf.heads))
  useMergeRoles(() => mergeRoles(shelf.heads))
  useManagerRoles(() => [...new Set([...shelf.flows.values()].flatMap(({ body }) => chainRoles(body)))])
  lendMerges(mergeVerbs)
  lendRentals(rentalVerbs)
  useRules({
    rules: () => shelf.rules,
    say: words.say,
    titleOf: (kind, name) =>
      kind === 'flow' ? shelf.flows.get(name)?.body.title : book()?.segments.find((one) => one.segment === name)?.title,
    contacts: () => contactRule(shelf),
  })
  lendPrivacy(shelf)
  useDifferences(() => shelf.flows.get(differenceFlow() ?? ''))
  useHooks(Object.keys(config.webhooks.hooks))
  onEvents(hearForRules)
  onRuleEnd(endFollowUps)
  await openRules(db)
  const maxAgeS = config.callbackMaxAgeS
  const client = config.wechat && wechat(config.wechat, clock)
  const ocr = config.ocr === 'embedded' ? embeddedOcr() : undefined
  const reader = ocr ? embeddedReader(ocr) : config.ocr === 'wechat' && client ? wechatReader(client) : undefined
  return {
    config,
    clock,
    db,
    words,
    shelf,
    ...(config.wecom && {
      wecom: wecom(config.wecom, clock),
      wecomCallback: wecomCallback({ ...config.wecom, maxAgeS }),
    }),
    ...(config.dingtalk && {
      dingtalk: dingtalk(config.dingtalk, clock),
      dingtalkCallback: dingtalkCallback({
        ...config.dingtalk,
        corpId: config.dingtalk.corpId ?? '',
        token: config.dingtalk.callbackToken,
        aesKey: config.dingtalk.callbackAesKey,
        cardSecret: cardSecret(config.dingtalk.appSecret),
        maxAgeS,
      }),
    }),
    ocr,
    reader,
    ...(config.signing && { sealer: sealer(config.signing) }),
    ...(config.wechat && {
      wechat: client,
      wechatPush: wechatPush({
        appId: config.wechat.appId,
        token: config.wechat.pushToken,
        aesKey: config.wechat.pushAesKey,
        maxAgeS,
      }),
    }),
    ...(config.wechat &&
      config.wechatpay && {
        wechatpay: wechatpay(config.wechatpay, {
          appId: config.wechat.appId,
          notifyUrl: `${config.baseUrl}/callbacks/wechatpay`,
        }),
        wechatpayNotify: wechatpayNotify(config.wechatpay, maxAgeS),
      }),
    ...(config.sms && { sms: sms(config.sms, clock) }),
    ...(config.mail && { mailer: mailer(config.mail) }),
    ...(config.lock && { locks: lockService(config.lock) }),
  }
}

/** When a message to staff may go: not in the quiet hours, the pack's or their own, and not while they are away. */
export function quietRule(shelf: Shelf): Channel['notBefore'] {
  return (message, now, tx) => {
    const [head] = shelf.heads
    return afterPeace({ quiet: head?.quiet_hours, away: head?.off_duty.holds ?? [] }, message, now, tx)
  }
}
