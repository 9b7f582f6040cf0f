import { HOUR } from '../lib/clock.ts'
import { checkCard, isRefusal } from './cards.ts'
import type { CardChange } from './chat.ts'
import { Refusal } from './listener.ts'
import { applyChange, findCard, replaceItem, spendResponseCode, type WecomWorld } from './wecom-world.ts'

const RECALL_WITHIN = 24 * HOUR

/** update_template_card: changes the copies of the named receivers. Source: WeCom docs 94888. */
export function updateCard(world: WecomWorld, request: Record<string, unknown>): Record<string, unknown> {
  if (request.agentid !== world.app.agentId) throw new Refusal(40056, 'invalid agentid')
  const change = changeOf(request)
  const userids = Array.isArray(request.userids) ? request.userids.map(String) : []
  if (userids.length > 1000) throw new Refusal(40058, 'invalid argument: userids')
  if (userids.length === 0 && request.atall !== 1) throw new Refusal(40058, 'invalid argument: no receivers')
  const { msgid, code } = spendResponseCode(world, request.response_code)
  const message = world.state.messages[msgid]
  const receivers = message?.receivers ?? []
  const targets = request.atall === 1 ? receivers : userids

  const invalid: string[] = []
  for (const target of targets) {
    const userid = receivers.find((one) => one.toLowerCase() === target.toLowerCase())
    const card = userid && findCard(world, userid, (item) => item.msgid === msgid)
    if (!userid || !card) {
      invalid.push(target.toLowerCase())
      continue
    }
    applyChange(world, userid, card, change)
    world.updates.push({
      msgid,
      at: world.clock.now(),
      to: userid,
      taskId: card.taskId,
      responseCode: code,
      change,
    })
  }
  world.memory.touch()
  return { errcode: 0, errmsg: 'ok', ...(invalid.length > 0 && { invaliduser: invalid }) }
}

function changeOf(request: Record<string, unknown>): CardChange {
  if (request.template_card !== undefined) {
    const card = checkCard(request.template_card, 'update')
    if (isRefusal(card)) throw new Refusal(card.errcode, card.errmsg)
    return { card }
  }
  const replaceName = (request.button as { replace_name?: unknown } | undefined)?.replace_name
  if (typeof replaceName !== 'string' || replaceName === '')
    throw new Refusal(40058, 'invalid argument: missing button.replace_name or template_card')
  return { replaceName }
}

/** message/recall, within 24 h. Source: WeCom docs 94867. */
export function recallMessage(world: WecomWorld, request: Record<string, unknown>): Record<string, unknown> {
  const msgid = String(request.msgid)
  const message = world.state.messages[msgid]
  if (!message || message.at + RECALL_WITHIN <= world.clock.now()) throw new Refusal(40058, 'invalid argument: msgid')
  for (const userid of message.receivers) {
    const item = world.state.chats[userid]?.find((one) => one.msgid === msgid)
    if (item) replaceItem(world, userid, { id: item.id, at: item.at, from: item.from, msgid, kind: 'recalled' })
  }
  return { errcode: 0, errmsg: 'ok' }
}
