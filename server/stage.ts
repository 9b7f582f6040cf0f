import { join } from 'node:path'
import { findingsTold } from './auditor.ts'
import { nextBill } from './domain/payments/reconcile.ts'
import { type Duty, runUntilQuiet } from './duties.ts'
import { nextSummary } from './engines/flows/summary.ts'
import { landed } from './engines/messages/flights.ts'
import { summaryRule } from './engines/packs/manners.ts'
import type { House } from './house.ts'
import type { Clock } from './lib/clock.ts'
import type { Config } from './lib/config.ts'
import { soonest } from './lib/due.ts'
import { IDLE_WECOM } from './lib/settings.ts'
import type { WechatpaySettings } from './lib/wechat-settings.ts'
import { SELF_MADE_PASSPHRASE, selfMade } from './sandbox/certificate.ts'
import type { Person } from './sandbox/people.ts'
import { openSandbox, type Sandbox } from './sandbox/sandbox.ts'
import { cityNow } from './stage-map.ts'
import { makeRides } from './stage-rides.ts'

/** A clock that the desk moves ahead. */
export type MovableClock = Clock & { advance(ms: number): void }

/** What the stand-ins and the clock control know of the house, which is opened after them. */
export interface Door {
  url: string
  duties: Duty[]
  /** When a stand-in has something to do by itself. */
  standIns?: () => number | undefined
  house?: House
}

/** Opens the stand-ins of the platforms that this company has. */
export function makeSandbox(
  config: Readonly<Config>,
  clock: MovableClock,
  door: Door,
  people?: Person[],
): Promise<Sandbox> {
  const { wecom, wecomBot, dingtalk, wechat, wechatpay, sms, lock, sandbox } = config
  if (!wechat) throw new Error('the sandbox needs a mini-program')
  const rides = makeRides(() => door.url, clock)
  return openSandbox({
    clock,
    people,
    store: join(config.dataDir, 'sandbox.json'),
    port: sandbox?.port ?? 0,
    productUrl: () => door.url,
    wecom: wecom ?? IDLE_WECOM,
    wecomBot: wecomBot && {
      botId: wecomBot.botId,
      mode: wecomBot.secret ? 'link' : 'callback',
      secret: wecomBot.secret ?? '',
      token: wecomBot.token ?? IDLE_WECOM.token,
      encodingAesKey: wecomBot.encodingAesKey ?? IDLE_WECOM.encodingAesKey,
    },
    dingtalk,
    wechat: { ...wechat, pushAesKey: wechat.pushAesKey ?? '' },
    wechatpay: wechatpay && { ...accountOf(wechatpay), appId: wechat.appId },
    // What the packs name counts as approved.
    sms: sms && { ...sms, templates: () => door.house?.shelf.heads.flatMap((head) => Object.values(head.sms)) ?? [] },
    mail: config.mail !== undefined,
    lock,
    advance: (ms) => advanceThrough(clock, ms, door),
    nextDue: async () =>
      door.house &&
      nextDue(
        door.house,
        door.duties.filter(({ upkeep }) => !upkeep),
      ),
    findings: async () => (door.house ? findingsTold(door.house) : []),
    async city(beside) {
      const city = door.house && (await cityNow(door.house))
      if (city) rides(city, beside)
      return city
    },
  })
}

/** The configuration with the stand-ins' addresses where none is configured: a configured value always wins. */
export function withSandbox(config: Readonly<Config>, sandbox: Sandbox | undefined): Readonly<Config> {
  if (!sandbox) return config
  const { wecom, wecomBot, dingtalk, wechat, wechatpay, sms, mail, lock, sandbox: given } = config
  return {
    ...config,
    signing: config.signing ?? {
      p12: () => selfMade(join(config.dataDir, 'signing.p12')),
      passphrase: SELF_MADE_PASSPHRASE,
    },
    wecom: wecom && { ...wecom, apiBase: given?.wecomBase ?? sandbox.wecomBase },
    wecomBot: wecomBot && { ...wecomBot, wsUrl: wecomBot.wsUrl ?? sandbox.wecomBotUrl },
    dingtalk: dingtalk && {
      ...dingtalk,
      apiBase: given?.dingtalkBase ?? sandbox.dingtalkBase,
      oapiBase: given?.dingtalkOapiBase ?? sandbox.dingtalkBase,
    },
    wechat: wechat && { ...wechat, apiBase: given?.wechatBase ?? sandbox.wechatBase },
    wechatpay: given?.wechatpayBase ? wechatpay : wechatpay && payByStandIn(wechatpay, sandbox),
    sms: sms && { ...sms, apiBase: given?.smsBase ?? sandbox.smsBase },
    mail: mail && { ...mail, smtpUrl: given?.smtpUrl ?? sandbox.smtpUrl },
    lock: lock && { ...lock, apiBase: given?.lockBase ?? sandbox.lockBase },
  }
}

function accountOf({ mchId, serial, publicKeyId, apiV3Key, score }: WechatpaySettings) {
  return { mchId, serial, publicKeyId, apiV3Key, score }
}

/** The stand-in's own keys, which are not made before somebody pays. */
function payByStandIn(settings: WechatpaySettings, { wechatpayBase, wechatpayKeys }: Sandbox): WechatpaySettings {
  return {
    ...{ ...accountOf(settings), apiBase: wechatpayBase },
    get privateKey() {
      return wechatpayKeys?.().merchantPrivate ?? ''
    },
    get publicKey() {
      return wechatpayKeys?.().platformPublic ?? ''
    },
  }
}

/** The next instant at which one of these duties has something to do. */
function nextDue({ db }: House, duties: Duty[]): Promise<number | undefined> {
  const questions = duties.flatMap(({ next = [] }) => next)
  return db.read((tx) => soonest(tx, questions))
}

/** How often the clock may stand before something that is due and does not act. */
const PATIENCE = 5

/** Moves the clock to each deadline on the way in turn and lets the duties act there, then to the end. */
export async function advanceThrough(clock: MovableClock, ms: number, door: Door): Promise<void> {
  const { house, duties } = door
  const end = clock.now() + ms
  for (let stuck = 0; house && stuck < PATIENCE; ) {
    await runUntilQuiet(house.db, duties)
    // What is on its way has its lease on the clock that we move: it lands first.
    await landed()
    // The morning summary and the day's bill are no deadlines of anybody's, but they have their hours.
    const hours = [nextSummary(summaryRule(house.shelf), clock.now()), await house.db.read(nextBill)]
    const stops = [await nextDue(house, duties), ...hours, door.standIns?.()]
    const next = Math.min(...stops.map((at) => at ?? end + 1))
    if (next > end) break
    if (next > clock.now()) {
      clock.advance(next - clock.now())
      stuck = 0
    } else stuck += 1
  }
  clock.advance(Math.max(0, end - clock.now()))
  if (house) await runUntilQuiet(house.db, duties)
}
