import { Refusal } from './listener.ts'
import type { InboxItem, SubscribeSend, SubscribeTemplate } from './wechat.ts'
import { pushEvent } from './wechat-push.ts'
import { fitsKeyword } from './wechat-values.ts'
import { allowance, findUser, type WechatWorld } from './wechat-world.ts'

/** The report of a delivery comes after the answer, as from the platform itself. */
const REPORT_MS = 100

/**
 * message/subscribe/send: one-time subscriptions, values checked by type. The answer as text: its msgid has 64 bits.
 * Source: WeChat docs 发送订阅消息.
 */
export function sendSubscribe(world: WechatWorld, request: Record<string, unknown>): string {
  const data = typeof request.data === 'object' && request.data !== null ? request.data : {}
  const send: SubscribeSend = {
    at: world.clock.now(),
    openid: String(request.touser),
    templateId: String(request.template_id),
    data: data as Record<string, { value: string }>,
    ...(typeof request.page === 'string' && { page: request.page }),
    errcode: 0,
  }
  world.sent.push(send)
  try {
    return deliver(world, send)
  } catch (error) {
    if (error instanceof Refusal) send.errcode = error.errcode
    throw error
  }
}

function deliver(world: WechatWorld, send: SubscribeSend): string {
  const { openid, templateId } = send
  if (!findUser(world, openid)) throw new Refusal(40003, 'invalid openid')
  const template = world.templates.find((one) => one.id === templateId)
  if (!template) throw new Refusal(40037, 'invalid template_id')
  const lines = linesOf(template, send.data)
  const key = allowance(openid, templateId)
  const left = world.state.allowed[key] ?? 0
  if (left === 0) throw new Refusal(43101, 'user refuse to accept the msg')
  world.state.allowed[key] = left - 1
  world.state.sequence++
  const id = String(3_000_000_000_000_000_000n + BigInt(world.state.sequence))
  const item: InboxItem = { id, at: send.at, templateId, title: template.title, lines, page: send.page }
  const refused = world.faults.undelivered > 0
  if (refused) world.faults.undelivered--
  else {
    const inbox = world.state.inbox[openid] ?? []
    world.state.inbox[openid] = inbox
    inbox.push(item)
    world.live.tell({ type: 'inbox', openid, item })
  }
  world.memory.touch()
  const [ErrorCode, ErrorStatus] = refused ? ['43101', 'user refused'] : ['0', 'success']
  const report = { TemplateId: templateId, MsgID: id, ErrorCode, ErrorStatus }
  const timer = setTimeout(() => {
    world.timers.delete(timer)
    void pushEvent(world, openid, 'subscribe_msg_sent_event', { List: report })
  }, REPORT_MS)
  world.timers.add(timer)
  return `{"errcode":0,"errmsg":"ok","msgid":${id}}`
}

function linesOf(template: SubscribeTemplate, data: SubscribeSend['data']): InboxItem['lines'] {
  return Object.entries(template.keywords).map(([name, label]) => {
    const value = data[name]?.value
    if (value === undefined || value === '') throw new Refusal(47003, `argument invalid! data.${name}.value is empty`)
    if (typeof value !== 'string' || !fitsKeyword(name, value))
      throw new Refusal(47003, `argument invalid! data.${name}.value invalid`)
    return { name, label, value }
  })
}
