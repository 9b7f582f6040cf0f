import { createHash } from 'node:crypto'
import type Router from 'koa-router'
import { DAY, HOUR, MINUTE } from '../lib/clock.ts'
import type { DingtalkPlain } from './dingtalk-chat.ts'
import { oldBody } from './dingtalk-listener.ts'
import type { ItemBase } from './dingtalk-robot.ts'
import { type DingtalkWorld, dingtalkPerson, nextNumber, replaceInChat, showInChat } from './dingtalk-world.ts'
import { Refusal } from './listener.ts'

type Fields = Record<string, unknown>

const OK = { errcode: 0, errmsg: 'ok' }
const BASE = '/topapi/message/corpconversation'
const MESSAGE_BYTES = 2048
const MAX_USERS = 100
const RECALL_WITHIN = 24 * HOUR

/** Work notifications: accepted even when nothing will arrive. Source: PLATFORMS.md §5.9. */
export function noticeApi(world: DingtalkWorld, routes: Router): void {
  routes.post(`${BASE}/asyncsend_v2`, async (ctx) => {
    ctx.body = { ...OK, ...send(world, await oldBody(ctx)) }
  })
  routes.post(`${BASE}/getsendresult`, async (ctx) => {
    const body = await oldBody(ctx)
    const notice = kept(world, body, body.task_id)
    ctx.body = {
      ...OK,
      send_result: {
        invalid_user_id_list: notice.invalid,
        forbidden_user_id_list: notice.forbidden,
        forbidden_list: notice.forbidden.map((userid) => ({ code: '143105', count: 1, userid })),
        failed_user_id_list: [],
        read_user_id_list: [],
        unread_user_id_list: notice.to,
        invalid_dept_id_list: [],
      },
    }
  })
  routes.post(`${BASE}/recall`, async (ctx) => {
    const body = await oldBody(ctx)
    const notice = kept(world, body, body.msg_task_id)
    if (notice.at + RECALL_WITHIN <= world.clock.now()) throw new Refusal(33024, '消息已超过可撤回时间')
    const msgid = `task${body.msg_task_id}`
    for (const chat of notice.to) {
      const item = world.state.chats[chat]?.find((one) => one.msgid === msgid)
      if (item)
        replaceInChat(world, chat, { id: item.id, at: item.at, from: 'app', msgid, kind: 'recalled', via: 'notice' })
    }
    ctx.body = OK
  })
}

function kept(world: DingtalkWorld, body: Fields, taskId: unknown) {
  checkAgent(world, body.agent_id)
  const notice = world.state.notices[String(taskId)]
  if (!notice) throw new Refusal(33025, '无效的task_id')
  return notice
}

function checkAgent(world: DingtalkWorld, agentId: unknown): void {
  if (world.app.agentId === undefined || Number(agentId) !== world.app.agentId)
    throw new Refusal(40056, '不合法的agentid')
}

function send(world: DingtalkWorld, body: Fields): Fields {
  checkAgent(world, body.agent_id)
  const users = typeof body.userid_list === 'string' ? body.userid_list.split(',').filter(Boolean) : []
  const everybody = body.to_all_user === true || body.to_all_user === 'true'
  if (users.length === 0 && !everybody) throw new Refusal(33012, '无效的USERID')
  if (users.length > MAX_USERS) throw new Refusal(33013, 'userid_list 超过100个')
  const msg = messageOf(body.msg)
  const draw = compose(world, msg)
  const wanted = everybody ? world.people.map(({ userid }) => userid) : [...new Set(users)]
  const found = wanted.filter((id) => dingtalkPerson(world, id)?.userid === id)
  if (found.length === 0) throw new Refusal(33012, '无效的USERID')

  const task = nextNumber(world)
  const at = world.clock.now()
  const msgid = `task${task}`
  const notice = {
    at,
    to: [] as string[],
    forbidden: [] as string[],
    invalid: wanted.filter((id) => !found.includes(id)),
  }
  for (const userid of found) {
    const entry = { msgid, at, to: userid, msgtype: String(msg.msgtype), body: msg[String(msg.msgtype)] }
    if (tooMuch(world, userid, msg)) {
      notice.forbidden.push(userid)
      world.dropped.push(entry)
      continue
    }
    notice.to.push(userid)
    showInChat(world, userid, { ...draw({ id: `${msgid}:${userid}`, at, msgid, from: 'app' }), via: 'notice' })
    world.sent.push(entry)
  }
  world.state.notices[task] = notice
  return { task_id: task, request_id: `sandbox${task}` }
}

function messageOf(value: unknown): Fields {
  let msg = value
  if (typeof value === 'string') {
    try {
      msg = JSON.parse(value)
    } catch {
      throw new Refusal(40035, '不合法的参数: msg')
    }
  }
  if (typeof msg !== 'object' || msg === null) throw new Refusal(40035, '不合法的参数: msg')
  if (Buffer.byteLength(JSON.stringify(msg)) > MESSAGE_BYTES) throw new Refusal(40035, '不合法的参数: msg too long')
  return msg as Fields
}

/** The same content once a day, so many a day to one person, so many receivers a minute. */
function tooMuch(world: DingtalkWorld, userid: string, msg: Fields): boolean {
  const now = world.clock.now()
  const day = Math.floor((now + 8 * HOUR) / DAY)
  const key = createHash('sha1')
    .update(`${userid}\n${JSON.stringify(msg)}`)
    .digest('base64url')
  if (world.state.contents[key] === day) return true
  const { noticeTimes, limits } = world
  while (noticeTimes[0] && noticeTimes[0].at <= now - DAY) noticeTimes.shift()
  const ofToday = noticeTimes.filter((one) => one.to === userid && Math.floor((one.at + 8 * HOUR) / DAY) === day)
  if (ofToday.length >= limits.noticesPerDay) return true
  if (noticeTimes.filter((one) => one.at > now - MINUTE).length >= limits.noticesPerMinute) return true
  noticeTimes.push({ at: now, to: userid })
  world.state.contents[key] = day
  return false
}

/** Field names are snake_case here, unlike in webhooks. */
function compose(world: DingtalkWorld, msg: Fields): (base: ItemBase) => DingtalkPlain {
  const part = msg[String(msg.msgtype)]
  const body = (typeof part === 'object' && part !== null ? part : {}) as Record<string, string | undefined>
  const need = (name: string) => {
    const text = body[name]
    if (typeof text !== 'string' || text === '') throw new Refusal(40035, `不合法的参数: ${msg.msgtype}.${name}`)
    return text
  }
  switch (msg.msgtype) {
    case 'text': {
      const text = need('content')
      return (base) => ({ ...base, kind: 'text', text })
    }
    case 'markdown': {
      const text = need('text')
      need('title')
      return (base) => ({ ...base, kind: 'markdown', text })
    }
    case 'image':
    case 'file':
    case 'voice': {
      const mediaId = need('media_id')
      const media = world.state.media[mediaId]
      if (!media) throw new Refusal(40007, '不合法的媒体文件id')
      if (msg.msgtype === 'image') return (base) => ({ ...base, kind: 'image', mediaId })
      return (base) => ({ ...base, kind: 'file', mediaId, name: media.name, size: media.size })
    }
    case 'link': {
      const article = {
        title: need('title'),
        description: need('text'),
        url: need('messageUrl'),
        picurl: need('picUrl'),
      }
      return (base) => ({ ...base, kind: 'news', articles: [article] })
    }
    case 'action_card': {
      const [title, text] = [need('title'), need('markdown')]
      const list = (body as { btn_json_list?: { title: string; action_url: string }[] }).btn_json_list
      const buttons = list
        ? list.map((button) => ({ text: button.title, url: button.action_url }))
        : [{ text: need('single_title'), url: need('single_url') }]
      const beside = body.btn_orientation === '1'
      return (base) => ({ ...base, kind: 'actions', title, text, buttons, beside })
    }
    default:
      throw new Refusal(40008, '不合法的消息类型')
  }
}
