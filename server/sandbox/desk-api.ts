import type { ServerResponse } from 'node:http'
import type Koa from 'koa'
import { z } from 'zod'
import { type Clock, DAY } from '../lib/clock.ts'
import { assistantState, assistantVerb, sendAssistantPicture } from './desk-assistant.ts'
import type { AskCity } from './desk-city.ts'
import { dingtalkState, dingtalkSwitches, dingtalkVerb, sendDingtalkPicture } from './desk-dingtalk.ts'
import { lettersState, mailSwitches, showMail, smsSwitches } from './desk-letters.ts'
import { closeLock, lockSwitches } from './desk-lock.ts'
import { agreeToScore, lookAtPay, lookAtScore, pay, paySwitches } from './desk-pay.ts'
import type { DingtalkStandIn } from './dingtalk.ts'
import { bodyBytes, jsonBody, Refusal } from './listener.ts'
import type { Live } from './live.ts'
import type { LockStandIn } from './lock.ts'
import type { Department } from './people.ts'
import type { SmsStandIn } from './sms.ts'
import type { SmtpStandIn } from './smtp.ts'
import type { WechatStandIn } from './wechat.ts'
import type { WechatpayStandIn } from './wechatpay.ts'
import type { WecomStandIn } from './wecom.ts'
import type { WecomBotStandIn } from './wecom-bot.ts'
import { imageType } from './wecom-media.ts'

/** What the desk shows and moves. */
export interface DeskWorld {
  wecom: WecomStandIn
  wechat: WechatStandIn
  wechatpay?: WechatpayStandIn
  dingtalk?: DingtalkStandIn
  wecomBot?: WecomBotStandIn
  sms?: SmsStandIn
  smtp?: SmtpStandIn
  locks?: LockStandIn
  live: Live
  clock: Clock
  departments: Department[]
  menu: () => unknown[]
  advance: (ms: number) => Promise<void>
  nextDue?: () => Promise<number | undefined>
  findings?: () => Promise<DeskFinding[]>
  /** The city in which vehicles stand. */
  city?: AskCity
}

/** Something that the product's auditor has found, in the product's own words. */
export interface DeskFinding {
  id: string
  kind: string
  text: string
  repaired: boolean
}

type Verb = (world: DeskWorld, body: Record<string, unknown>) => unknown

const person = z.object({ userid: z.string() })
const customer = z.object({ openid: z.string() })
const press = person.extend({ taskId: z.string(), key: z.string() })
const MAX_PICTURE = 10 * 1024 * 1024
const MAX_STEP = 60 * DAY
const HEARTBEAT_MS = 20_000
const DINGTALK = 'dingtalk/'
const ASSISTANT = 'assistant/'

/** What the page may ask for, by name: POST /desk/api/<name> with JSON. */
const VERBS: Record<string, Verb> = {
  press: ({ wecom }, body) => {
    const { userid, taskId, key, selected } = press
      .extend({ selected: z.record(z.string(), z.array(z.string())).optional() })
      .parse(body)
    return wecom.press(userid, taskId, key, selected)
  },
  menu: ({ wecom }, body) => {
    const { userid, taskId, key } = press.parse(body)
    return wecom.pressMenu(userid, taskId, key)
  },
  command: ({ wecom }, body) => {
    const { userid, key } = person.extend({ key: z.string() }).parse(body)
    return wecom.clickMenu(userid, key)
  },
  say: ({ wecom }, body) => {
    const { userid, text } = person.extend({ text: z.string().min(1).max(2000) }).parse(body)
    return wecom.say(userid, text)
  },
  enter: ({ wecom }, body) => wecom.enter(person.parse(body).userid),
  advance: async ({ advance, clock, nextDue, wechat }, body) => {
    const { ms, to } = z
      .object({ ms: z.number().positive().max(MAX_STEP).optional(), to: z.literal('next').optional() })
      .parse(body)
    const due = to === 'next' ? await nextDue?.() : undefined
    const span = to === 'next' ? due && Math.max(0, due - clock.now()) : ms
    if (span === undefined) return { now: clock.now(), moved: false }
    await advance(span)
    // The phones lie open on the desk: their users go on visiting the mini-program.
    for (const { openid } of wechat.users) wechat.visit(openid)
    return { now: clock.now(), moved: true }
  },
  faults: (world, body) => {
    const change = z
      .object({
        wecom: faultSwitches.partial().optional(),
        dingtalk: dingtalkSwitches.partial().optional(),
        wechat: wechatSwitches.partial().optional(),
        wechatpay: paySwitches.partial().optional(),
        lock: lockSwitches.partial().optional(),
        sms: smsSwitches.partial().optional(),
        mail: mailSwitches.partial().optional(),
      })
      .parse(body)
    const faults = faultsOf(world)
    Object.assign(faults.wecom, change.wecom)
    if (faults.dingtalk) Object.assign(faults.dingtalk, change.dingtalk)
    Object.assign(faults.wechat, change.wechat)
    if (faults.wechatpay) Object.assign(faults.wechatpay, change.wechatpay)
    if (faults.lock) Object.assign(faults.lock, change.lock)
    if (faults.sms) Object.assign(faults.sms, change.sms)
    if (faults.mail) Object.assign(faults.mail, change.mail)
    world.live.tell({ type: 'faults' })
    return faults
  },
  'close-lock': ({ locks }, body) => closeLock(locks, body),
  'drop-token': ({ wecom, dingtalk, wechat }) => {
    for (const platform of [wecom, dingtalk, wechat]) platform?.dropToken()
    return {}
  },
  'wx/login': ({ wechat }, body) => ({ code: wechat.login(customer.parse(body).openid) }),
  'wx/phone': ({ wechat }, body) => ({ code: wechat.phoneCode(customer.parse(body).openid) }),
  'wx/pay/look': ({ wechatpay }, body) => lookAtPay(wechatpay, body),
  'wx/pay': ({ wechatpay }, body) => pay(wechatpay, body),
  'wx/score/look': ({ wechatpay }, body) => lookAtScore(wechatpay, body),
  'wx/score': ({ wechatpay }, body) => agreeToScore(wechatpay, body),
  'wx/subscribe': async ({ wechat }, body) => {
    const { openid, accepted, rejected } = customer
      .extend({ accepted: z.array(z.string()), rejected: z.array(z.string()) })
      .parse(body)
    await wechat.accept(openid, accepted, rejected)
    return {}
  },
}

const faultSwitches = z.object({
  down: z.union([z.literal(false), z.literal('reset'), z.literal('503')]),
  slowMs: z.int().min(0).max(10_000),
  errcodes: z.array(z.int()).max(50),
  loseAnswers: z.int().min(0).max(100),
  ipNotListed: z.boolean(),
  loseReplies: z.boolean(),
  duplicateCallbacks: z.int().min(0).max(3),
  delayCallbacksMs: z.int().min(0).max(10_000),
})
const wechatSwitches = z.object({
  down: faultSwitches.shape.down,
  errcodes: faultSwitches.shape.errcodes,
  mediaRisky: z.boolean(),
})

function faultsOf({ wecom, dingtalk, wechat, wechatpay, locks, sms, smtp }: DeskWorld) {
  return {
    wecom: wecom.faults,
    dingtalk: dingtalk?.faults,
    wechat: wechat.faults,
    wechatpay: wechatpay?.faults,
    lock: locks?.faults,
    sms: sms?.faults,
    mail: smtp?.faults,
  }
}

/** The desk's JSON API. It acts as anybody in the company, so it answers only this machine's own browser. */
export function deskApi(world: DeskWorld): { handle(ctx: Koa.Context): Promise<void>; close(): void } {
  const streams = new Set<ServerResponse>()
  return {
    close() {
      for (const stream of streams) stream.end()
    },
    async handle(ctx) {
      if (!isLocal(ctx)) return answer(ctx, 403, { error: 'local only' })
      const name = ctx.path.slice('/desk/api/'.length)
      ctx.set('Cache-Control', 'no-store')
      try {
        if (ctx.method === 'GET') return await show(world, ctx, name, streams)
        if (name === 'picture') return answer(ctx, 200, await sendPicture(world, ctx))
        if (name === 'dingtalk/picture' && world.dingtalk)
          return answer(ctx, 200, await sendDingtalkPicture(world.dingtalk, ctx))
        if (name === 'assistant/picture' && world.wecomBot)
          return answer(ctx, 200, await sendAssistantPicture(world.wecomBot, ctx))
        const verb = verbOf(world, name)
        if (ctx.method !== 'POST' || !verb) return answer(ctx, 404, { error: 'unknown' })
        answer(ctx, 200, await verb(world, await jsonBody(ctx)))
      } catch (error) {
        const known = error instanceof z.ZodError || error instanceof Refusal
        answer(ctx, known ? 400 : 409, { error: (error as Error).message })
      }
    },
  }
}

function verbOf({ dingtalk, wecomBot }: DeskWorld, name: string): Verb | undefined {
  const say = wecomBot && name.startsWith(ASSISTANT) ? assistantVerb(name.slice(ASSISTANT.length)) : undefined
  if (wecomBot && say) return (_world, body) => say(wecomBot, body)
  const act = dingtalk && name.startsWith(DINGTALK) ? dingtalkVerb(name.slice(DINGTALK.length)) : undefined
  if (dingtalk && act) return (_world, body) => act(dingtalk, body)
  return Object.hasOwn(VERBS, name) ? VERBS[name] : undefined
}

/** Loopback by address, by Host (a rebound name would differ) and by Origin. */
function isLocal(ctx: Koa.Context): boolean {
  const address = ctx.req.socket.remoteAddress ?? ''
  if (!/^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/.test(address)) return false
  if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(ctx.req.headers.host ?? '')) return false
  const { origin } = ctx.req.headers
  return origin === undefined || origin === `http://${ctx.req.headers.host}`
}

function answer(ctx: Koa.Context, status: number, body: unknown): void {
  ctx.status = status
  ctx.type = 'application/json'
  ctx.body = JSON.stringify(body)
}

async function show(world: DeskWorld, ctx: Koa.Context, name: string, streams: Set<ServerResponse>): Promise<void> {
  if (name === 'state') return answer(ctx, 200, await state(world))
  if (name === 'due') return answer(ctx, 200, { nextDue: (await world.nextDue?.()) ?? null })
  if (name === 'findings') return answer(ctx, 200, { findings: (await world.findings?.()) ?? [] })
  if (name === 'city') return answer(ctx, 200, { city: (await world.city?.(besideOf(ctx.query))) ?? null })
  if (name === 'live') return stream(world, ctx, streams)
  if (world.smtp && name.startsWith('mail/') && (await showMail(ctx, world.smtp, name.slice('mail/'.length)))) return
  if (!name.startsWith('media/')) return answer(ctx, 404, { error: 'unknown' })
  const id = decodeURIComponent(name.slice('media/'.length))
  const media = (await world.wecom.media(id)) ?? (await world.dingtalk?.media(id)) ?? (await world.wecomBot?.media(id))
  if (!media) return answer(ctx, 404, { error: 'unknown' })
  ctx.type = media.mime
  // Files that the product uploaded are shown, never run.
  ctx.set('Content-Security-Policy', 'sandbox')
  ctx.set('X-Content-Type-Options', 'nosniff')
  ctx.body = media.bytes
}

function besideOf({ lat, lng }: Koa.Context['query']): Parameters<AskCity>[0] {
  return lat && lng ? { lat: Number(lat), lng: Number(lng) } : undefined
}

async function state(world: DeskWorld): Promise<unknown> {
  const { wecom, wechat, dingtalk, wecomBot, clock, departments, menu, nextDue } = world
  return {
    now: clock.now(),
    nextDue: (await nextDue?.()) ?? null,
    departments,
    people: wecom.people,
    chats: Object.fromEntries(wecom.people.map(({ userid }) => [userid, wecom.chat(userid).slice(-200)])),
    menu: menu(),
    dingtalk: dingtalk && dingtalkState(dingtalk),
    assistant:
      wecomBot &&
      assistantState(
        wecomBot,
        wecom.people.map(({ userid }) => userid),
      ),
    // A work chat that the product never asked anything is not in use.
    idle: dingtalk && wecom.calls.size === 0 && dingtalk.calls.size > 0 ? 'wecom' : undefined,
    customers: wechat.users,
    templates: wechat.templates,
    letters: lettersState(wechat.users, world.sms, world.smtp),
    inbox: Object.fromEntries(wechat.users.map(({ openid }) => [openid, wechat.inbox(openid).slice(-50)])),
    faults: faultsOf(world),
  }
}

/** Server-sent events: each change as it happens, and a line now and then so that a lost connection is noticed. */
function stream({ live }: DeskWorld, ctx: Koa.Context, streams: Set<ServerResponse>): void {
  // Written past Koa, which would log every page that is closed as a broken stream.
  ctx.respond = false
  const { res } = ctx
  streams.add(res)
  res.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  })
  res.write('retry: 1000\n\n')
  const stop = live.listen((event) => res.write(`data: ${JSON.stringify(event)}\n\n`))
  const heartbeat = setInterval(() => res.write(': still here\n\n'), HEARTBEAT_MS)
  res.on('close', () => {
    stop()
    clearInterval(heartbeat)
    streams.delete(res)
  })
}

async function sendPicture({ wecom }: DeskWorld, ctx: Koa.Context): Promise<unknown> {
  const { userid } = person.parse({ userid: ctx.query.userid })
  const bytes = await bodyBytes(ctx, MAX_PICTURE)
  const mime = imageType(bytes)
  if (!mime) throw new Refusal(40005, 'invalid file type')
  return wecom.sendImage(userid, bytes, mime)
}
