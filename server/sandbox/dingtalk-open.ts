import type Koa from 'koa'
import { type Clock, HOUR } from '../lib/clock.ts'
import { openCipher } from './cipher.ts'
import type { DingtalkApp, DingtalkStandIn } from './dingtalk.ts'
import { dingtalkApp } from './dingtalk-api.ts'
import { dingtalkClient } from './dingtalk-client.ts'
import { repeatEvents } from './dingtalk-events.ts'
import { type StreamDoor, streamDoor } from './dingtalk-gateway.ts'
import { dingtalkDepartments, dingtalkPeople } from './dingtalk-people.ts'
import { type DingtalkWorld, EMPTY_DINGTALK, sweepDingtalk } from './dingtalk-world.ts'
import { noFaults } from './listener.ts'
import type { Live } from './live.ts'
import type { Memory } from './memory.ts'
import { DEPARTMENTS, type Person } from './people.ts'

interface DingtalkOptions {
  app: DingtalkApp
  people: Person[]
  clock: Clock
  memory: Memory
  live: Live
  /** The product's address, to which HTTP pushes go. */
  productUrl: () => string
  /** The stand-in's own address, known once the listener stands. */
  base: () => string
}

/** DingTalk's stand-in: its APIs, its Stream door, and the clients. */
export interface OpenDingtalk {
  client: DingtalkStandIn
  serve: ReturnType<Koa['callback']>
  door: StreamDoor
  close(): void
}

const REPEAT_MS = 200
const GROUP = 'cidSandboxServiceDesk0001=='

/** Opens the stand-in; its Stream door wants the upgrades of the listener. */
export function openDingtalk(options: DingtalkOptions): OpenDingtalk {
  const world = makeWorld(options)
  const door = streamDoor(world)
  const repeating = setInterval(() => repeatEvents(world), REPEAT_MS).unref()
  const sweeping = setInterval(() => sweepDingtalk(world), HOUR).unref()
  return {
    client: dingtalkClient(world),
    serve: dingtalkApp(world).callback(),
    door,
    close() {
      clearInterval(repeating)
      clearInterval(sweeping)
      door.close()
    },
  }
}

function makeWorld({ app, memory, live, clock, productUrl, base, ...options }: DingtalkOptions): DingtalkWorld {
  const people = dingtalkPeople(options.people)
  const { callbackToken, callbackAesKey, corpId, appKey } = app
  return {
    app: { ...app, corpId: corpId ?? '' },
    productUrl,
    base,
    clock,
    ...(callbackToken &&
      callbackAesKey && {
        ciphers: {
          corp: openCipher(callbackToken, callbackAesKey, corpId ?? appKey),
          app: openCipher(callbackToken, callbackAesKey, appKey),
        },
      }),
    people,
    departments: dingtalkDepartments(DEPARTMENTS),
    groups: [{ openConversationId: GROUP, title: '客服值班群', members: people.map(({ userid }) => userid) }],
    webhooks: [{ token: 'sandbox-webhook-token', name: '值班提醒', group: GROUP, secret: 'SECsandbox0webhook0secret' }],
    state: memory.part('dingtalk', structuredClone(EMPTY_DINGTALK)),
    memory,
    live,
    faults: {
      ...noFaults(),
      ipNotListed: false,
      ipBlocked: false,
      throttled: [],
      failDeliveries: 0,
      loseReplies: false,
      duplicateCallbacks: 0,
      delayCallbacksMs: 0,
      streamSilent: false,
      ticketsRefused: false,
    },
    limits: {
      webhookPerMinute: 20,
      noticesPerDay: 500,
      noticesPerMinute: 5000,
      callsPer20s: 10_000,
      cardValueBytes: 1024,
      streamBytes: 3072,
    },
    timing: { pingMs: 20_000, closeAfterMs: 10_000, cardAnswerMs: 2000, ackMs: 5000 },
    sent: [],
    suppressed: [],
    dropped: [],
    updates: [],
    calls: new Map(),
    links: new Set(),
    pings: { sent: 0, echoed: 0 },
    tickets: new Map(),
    acks: new Map(),
    answering: new Set(),
    address: { calls: [], blockedUntil: 0 },
    hooks: new Map(),
    noticeTimes: [],
  }
}
