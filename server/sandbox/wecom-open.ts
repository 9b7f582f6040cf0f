import type { Clock } from '../lib/clock.ts'
import { openCipher } from './cipher.ts'
import { noFaults } from './listener.ts'
import type { Live } from './live.ts'
import type { Memory } from './memory.ts'
import { DEPARTMENTS, type Person } from './people.ts'
import { EMPTY_WECOM, type WecomWorld } from './wecom-world.ts'

interface WecomOptions {
  app: WecomWorld['app']
  people: Person[]
  clock: Clock
  memory: Memory
  live: Live
  callbackUrl: () => string
}

/** WeCom as it begins, or as it was kept: an address book, no chats, no faults. */
export function openWecom({ app, people, clock, memory, live, callbackUrl }: WecomOptions): WecomWorld {
  return {
    app,
    callbackUrl,
    clock,
    cipher: openCipher(app.token, app.encodingAesKey, app.corpId),
    people,
    departments: DEPARTMENTS,
    state: memory.part('wecom', structuredClone(EMPTY_WECOM)),
    memory,
    live,
    faults: {
      ...noFaults(),
      ipNotListed: false,
      loseReplies: false,
      duplicateCallbacks: 0,
      delayCallbacksMs: 0,
    },
    limits: { memberPerMinute: 30, memberPerHour: 1000, accounts: 200, robotPerMinute: 20 },
    sent: [],
    suppressed: [],
    dropped: [],
    updates: [],
    calls: new Map(),
    pace: new Map(),
    today: { day: 0, personTimes: 0 },
  }
}
