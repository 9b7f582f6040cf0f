import { createHmac } from 'node:crypto'
import type Koa from 'koa'
import type Router from 'koa-router'
import { HOUR, MINUTE } from '../lib/clock.ts'
import type { WebhookRobot } from './dingtalk.ts'
import type { DingtalkPlain } from './dingtalk-chat.ts'
import type { ItemBase } from './dingtalk-robot.ts'
import { type DingtalkWorld, showInChat } from './dingtalk-world.ts'
import { fresh, jsonBody, Refusal } from './listener.ts'

type Fields = Record<string, unknown>

const OK = { errcode: 0, errmsg: 'ok' }
const BLOCK = 10 * MINUTE
const MAX_MENTIONS = 50

/** Robots that are called by an address: of a group, or of one conversation. Source: PLATFORMS.md §5.3 and §5.4. */
export function webhookApi(world: DingtalkWorld, routes: Router): void {
  routes.post('/robot/send', async (ctx) => {
    const robot = world.webhooks.find(({ token }) => token === ctx.query.access_token)
    if (!robot) throw new Refusal(300001, 'token is not exist')
    const body = await jsonBody(ctx)
    const draw = compose(body)
    checkSafety(robot, ctx, body)
    const hook = world.hooks.get(robot.token) ?? { at: [], blockedUntil: 0, uuids: new Set<string>() }
    world.hooks.set(robot.token, hook)
    const uuid = typeof body.msgUuid === 'string' ? body.msgUuid : ''
    if (!uuid || !hook.uuids.has(uuid)) {
      countMessage(world, hook)
      if (uuid) hook.uuids.add(uuid)
      show(world, robot.group, draw, body, robot.name)
    }
    ctx.body = OK
  })
  routes.post('/robot/sendBySession', async (ctx) => {
    const session = world.state.sessions[String(ctx.query.session)]
    if (!session || session.expiresAt <= world.clock.now()) throw new Refusal(300001, 'session is not exist or expired')
    const body = await jsonBody(ctx)
    show(world, session.chat, compose(body), body)
    ctx.body = OK
  })
}

/** 20 a minute; over that the robot is silent for 10 minutes. */
function countMessage(world: DingtalkWorld, hook: { at: number[]; blockedUntil: number }): void {
  const now = world.clock.now()
  hook.at = hook.at.filter((at) => at > now - MINUTE)
  if (hook.blockedUntil <= now && hook.at.length >= world.limits.webhookPerMinute) hook.blockedUntil = now + BLOCK
  if (hook.blockedUntil > now) throw new Refusal(130101, 'send too fast, exceed 20 times per minute')
  hook.at.push(now)
}

function checkSafety(robot: WebhookRobot, ctx: Koa.Context, body: Fields): void {
  const { timestamp, sign } = ctx.query
  if (robot.secret !== undefined) {
    const right = createHmac('sha256', robot.secret).update(`${timestamp}\n${robot.secret}`).digest('base64')
    // Signed with the machine's own time, on both sides.
    if (sign !== right || Math.abs(Date.now() - Number(timestamp)) > HOUR)
      throw new Refusal(310000, 'sign not match, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]')
  }
  if (robot.keywords && !robot.keywords.some((word) => JSON.stringify(body).includes(word)))
    throw new Refusal(310000, 'keywords not in content')
}

function show(
  world: DingtalkWorld,
  chat: string,
  draw: (base: ItemBase) => DingtalkPlain,
  body: Fields,
  by?: string,
): void {
  const msgid = fresh('msg')
  const at = world.clock.now()
  const item = draw({ id: msgid, at, msgid, from: 'app' })
  showInChat(world, chat, by === undefined ? item : { ...item, via: 'webhook', by })
  const msgtype = String(body.msgtype)
  world.sent.push({ msgid, at, to: chat, msgtype, body: body[msgtype] })
}

/** Field names are camelCase here, unlike in work notifications. */
function compose(request: Fields): (base: ItemBase) => DingtalkPlain {
  const at = (request.at ?? {}) as { atMobiles?: unknown[]; atUserIds?: unknown[] }
  if ((at.atMobiles?.length ?? 0) + (at.atUserIds?.length ?? 0) > MAX_MENTIONS) throw new Refusal(400105, 'too many at')
  const msgtype = String(request.msgtype)
  const part = request[msgtype]
  if (typeof part !== 'object' || part === null) throw new Refusal(400602, `param error: ${msgtype}`)
  const body = part as Record<string, string>
  const need = (name: string) => {
    const text = body[name]
    if (typeof text !== 'string' || text === '') throw new Refusal(40035, `缺少参数 ${name}`)
    return text
  }
  switch (msgtype) {
    case 'text': {
      const text = need('content')
      return (base) => ({ ...base, kind: 'text', text })
    }
    case 'markdown': {
      const text = need('text')
      need('title')
      return (base) => ({ ...base, kind: 'markdown', text })
    }
    case 'link': {
      const article = { title: need('title'), description: need('text'), url: need('messageUrl'), picurl: body.picUrl }
      return (base) => ({ ...base, kind: 'news', articles: [article] })
    }
    case 'actionCard': {
      const [title, text] = [need('title'), need('text')]
      const list = (part as { btns?: { title: string; actionURL: string }[] }).btns
      const buttons = list
        ? list.map((button) => ({ text: button.title, url: button.actionURL }))
        : [{ text: need('singleTitle'), url: need('singleURL') }]
      return (base) => ({ ...base, kind: 'actions', title, text, buttons, beside: body.btnOrientation === '1' })
    }
    case 'feedCard': {
      const { links } = part as { links?: { title: string; messageURL: string; picURL: string }[] }
      if (!links?.length) throw new Refusal(40035, '缺少参数 links')
      const articles = links.map((one) => ({ title: one.title, url: one.messageURL, picurl: one.picURL }))
      return (base) => ({ ...base, kind: 'news', articles })
    }
    default:
      throw new Refusal(400602, 'unsupported msgtype')
  }
}
