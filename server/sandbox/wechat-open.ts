import type { Clock } from '../lib/clock.ts'
import { openCipher } from './cipher.ts'
import { noFaults } from './listener.ts'
import type { Live } from './live.ts'
import type { Memory } from './memory.ts'
import { WECHAT_USERS } from './people.ts'
import type { SubscribeTemplate } from './wechat.ts'
import { papers } from './wechat-ocr.ts'
import { EMPTY_WECHAT, TEMPLATES, type WechatWorld } from './wechat-world.ts'

interface WechatOptions {
  app: WechatWorld['app'] & { templates?: SubscribeTemplate[] }
  clock: Clock
  memory: Memory
  live: Live
  pushUrl: () => string
}

/** WeChat as it begins, or as it was kept: its users, no faults. */
export function openWechat({ app, clock, memory, live, pushUrl }: WechatOptions): WechatWorld {
  return {
    app,
    pushUrl,
    clock,
    cipher: openCipher(app.pushToken, app.pushAesKey, app.appId),
    state: memory.part('wechat', structuredClone({ ...EMPTY_WECHAT, users: WECHAT_USERS })),
    templates: app.templates ?? TEMPLATES,
    memory,
    live,
    faults: {
      ...noFaults(),
      undelivered: 0,
      mediaRisky: false,
      mediaManual: false,
      mediaDelayMs: 1000,
      duplicatePushes: 0,
    },
    sent: [],
    mediaChecks: [],
    papers: papers(),
    calls: new Map(),
    timers: new Set(),
  }
}
