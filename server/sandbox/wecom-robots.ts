import { createHash } from 'node:crypto'
import type Koa from 'koa'
import type Router from 'koa-router'
import { MINUTE } from '../lib/clock.ts'
import type { ChatItem } from './chat.ts'
import { fresh, jsonBody, Refusal } from './listener.ts'
import { imageType, keepMedia, uploadMedia } from './wecom-media.ts'
import { composeMessage, cut } from './wecom-send.ts'
import type { WecomWorld } from './wecom-world.ts'

type Body = Record<string, unknown>

const OK = { errcode: 0, errmsg: 'ok' }
const TEXT_BYTES = 2048
const MARKDOWN_BYTES = 4096
const IMAGE_BYTES = 2 * 1024 * 1024
const SILENT_CARDS = new Set(['text_notice', 'news_notice'])

/** Robots of group chats, called by the key in their address and without a token. Source: WeCom docs 91770, 99110. */
export function groupRobots(world: WecomWorld, routes: Router): void {
  const robotOf = (ctx: Koa.Context) => {
    const key = String(ctx.query.key)
    const robot = world.state.robots[key]
    if (!robot) throw new Refusal(93000, 'invalid webhook url')
    return { key, robot }
  }
  routes.post('/cgi-bin/webhook/send', async (ctx) => {
    const { key, robot } = robotOf(ctx)
    const body = await jsonBody(ctx)
    const item = await itemOf(world, body)
    countMessage(world, key)
    robot.items.push(item)
    world.memory.touch()
    ctx.body = OK
  })
  routes.post('/cgi-bin/webhook/upload_media', async (ctx) => {
    robotOf(ctx)
    if (ctx.query.type !== 'file' && ctx.query.type !== 'voice') throw new Refusal(40004, 'invalid media type')
    ctx.body = await uploadMedia(world, ctx)
  })
}

/** Twenty a minute. */
function countMessage(world: WecomWorld, key: string): void {
  const now = world.clock.now()
  const recent = (world.pace.get(`robot ${key}`) ?? []).filter((at) => at > now - MINUTE)
  if (recent.length >= world.limits.robotPerMinute) throw new Refusal(45009, 'api freq out of limit')
  world.pace.set(`robot ${key}`, [...recent, now])
}

async function itemOf(world: WecomWorld, request: Body): Promise<ChatItem> {
  const msgtype = String(request.msgtype)
  const body = (request[msgtype] ?? {}) as Body
  const base = { id: fresh('w'), at: world.clock.now(), from: 'app' as const, msgid: '' }
  switch (msgtype) {
    case 'text':
    case 'markdown':
    case 'markdown_v2': {
      const text = cut(String(body.content ?? ''), msgtype === 'text' ? TEXT_BYTES : MARKDOWN_BYTES)
      if (text === '') throw new Refusal(44004, 'empty content')
      return { ...base, kind: msgtype === 'text' ? 'text' : 'markdown', text }
    }
    case 'image':
      return { ...base, kind: 'image', mediaId: await keepImage(world, body) }
    case 'voice':
    case 'file':
      return composeMessage(world, 'file', body).draw(base)
    case 'template_card': {
      if (!SILENT_CARDS.has(String(body.card_type))) throw new Refusal(40058, 'invalid argument: card_type')
      return composeMessage(world, 'template_card', body).draw(base)
    }
    case 'news':
      return composeMessage(world, 'news', body).draw(base)
    default:
      throw new Refusal(40008, 'invalid message type')
  }
}

async function keepImage(world: WecomWorld, { base64, md5 }: Body): Promise<string> {
  const bytes = Buffer.from(String(base64 ?? ''), 'base64')
  if (bytes.length > IMAGE_BYTES) throw new Refusal(40009, 'invalid image size')
  const mime = imageType(bytes)
  if (!mime) throw new Refusal(40005, 'invalid file type')
  if (createHash('md5').update(bytes).digest('hex') !== md5) throw new Refusal(40058, 'invalid argument: md5')
  return keepMedia(world, { type: 'image', mime, name: 'robot', bytes })
}
