import type { Clock } from '../lib/clock.ts'
import type { Live } from './live.ts'
import type { Memory } from './memory.ts'
import type { SmsStandIn } from './sms.ts'
import { smsApp } from './sms-api.ts'
import { reportAll, type SmsAccount, type SmsDetail, type SmsWorld } from './sms-world.ts'

interface Needs {
  account: SmsAccount
  clock: Clock
  memory: Memory
  live: Live
  productUrl: () => string
}

/** Opens the stand-in of Aliyun's text messages: its API, and the phones. */
export function openSms({ account, clock, memory, live, productUrl }: Needs) {
  const world: SmsWorld = {
    account,
    clock,
    state: memory.part<{ details: SmsDetail[] }>('sms', { details: [] }),
    memory,
    live,
    faults: { down: false, slowMs: 0, codes: [], loseAnswers: 0, undelivered: [], reportManually: false },
    sent: [],
    calls: new Map(),
    nonces: new Set(),
    reportUrl: () => `${productUrl()}/callbacks/sms/${account.reportToken}`,
  }
  const client: SmsStandIn = {
    faults: world.faults,
    sent: world.sent,
    calls: world.calls,
    inbox: (phone) => world.state.details.filter((one) => one.phone === phone).map(shown),
    report: () => reportAll(world),
  }
  return { serve: smsApp(world).callback(), client }
}

function shown({ id, at, phone, template, text }: SmsDetail) {
  return { id, at, phone, template, text }
}
