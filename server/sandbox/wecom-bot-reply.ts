import { SECOND } from '../lib/clock.ts'
import { checkCard, isRefusal, type TemplateCard } from './cards.ts'
import { newCard } from './chat.ts'
import { Refusal } from './listener.ts'
import {
  type BotWorld,
  changeBotCard,
  type Exchange,
  findBotCard,
  nextBotId,
  STREAM_LIFE,
  setStream,
  showBotItem,
} from './wecom-bot-world.ts'

/*
 * What a bot may answer, checked and shown; every refusal is thrown as a Refusal. Source: WeCom docs 101031, 101138,
 * 101463 (PLATFORMS.md §3).
 */

type Body = Record<string, unknown>

const CONTENT_BYTES = 20_480
const EVENT_LIFE = 5 * SECOND
const IN_CALLBACK = new Set(['stream', 'template_card', 'stream_with_template_card'])

/** An answer to a message: a stream, a card, both, or (long connection only) Markdown. */
export function respond(world: BotWorld, exchange: Exchange, body: Body): void {
  const msgtype = body.msgtype
  if (typeof msgtype !== 'string') throw new Refusal(40058, 'invalid argument: missing msgtype')
  if (!IN_CALLBACK.has(msgtype) && !(world.app.mode === 'link' && msgtype === 'markdown'))
    throw new Refusal(40008, 'invalid message type')
  if (exchange.kind !== 'message') throw new Refusal(846605, 'invalid req_id')
  if (msgtype.startsWith('stream')) refuseEnded(world, exchange)
  const card = msgtype.endsWith('template_card') ? cardOnce(world, exchange, body, msgtype) : undefined
  if (msgtype.startsWith('stream')) stream(world, exchange, object(body.stream, 'stream'))
  if (msgtype === 'markdown') exchange.shown.push(showMarkdown(world, exchange.chat, body))
  if (!msgtype.startsWith('stream')) exchange.done = true
  if (!card) return
  exchange.cardShown = true
  exchange.shown.push(showCard(world, exchange.chat, card))
}

/** The greeting in answer to enter_chat: plain text or a card, once, within five seconds. */
export function welcome(world: BotWorld, exchange: Exchange, body: Body): void {
  if (exchange.kind !== 'enter_chat') throw new Refusal(846605, 'invalid req_id')
  inTime(world, exchange)
  if (body.msgtype === 'text') {
    const text = content(object(body.text, 'text'))
    exchange.shown.push(show(world, exchange.chat, { kind: 'text', text }))
  } else if (body.msgtype === 'template_card') {
    exchange.shown.push(showCard(world, exchange.chat, botCard(world, body.template_card, 'send')))
  } else throw new Refusal(40008, 'invalid message type')
  exchange.done = true
}

/** A new look for the pressed card: once, within five seconds, and only with the task_id that was pressed. */
export function updateCard(world: BotWorld, exchange: Exchange, body: Body): void {
  if (exchange.kind !== 'template_card_event') throw new Refusal(846605, 'invalid req_id')
  inTime(world, exchange)
  if (body.response_type !== 'update_template_card') throw new Refusal(40058, 'invalid argument: missing response_type')
  const card = botCard(world, body.template_card, 'update')
  if (card.task_id !== exchange.taskId) throw new Refusal(40058, 'invalid argument: template_card.task_id')
  const group = exchange.chat !== exchange.userid
  const only = group && Array.isArray(body.userids) ? body.userids.map(String) : undefined
  changeBotCard(world, exchange.chat, card.task_id ?? '', card, only)
  exchange.done = true
}

/** A message of its own: by a response_url or `aibot_send_msg`. */
export function sendOwn(world: BotWorld, chat: string, body: Body): string {
  if (body.msgtype === 'markdown') return showMarkdown(world, chat, body)
  if (body.msgtype === 'template_card') return showCard(world, chat, botCard(world, body.template_card, 'send'))
  throw new Refusal(40008, 'invalid message type')
}

function stream(world: BotWorld, exchange: Exchange, body: Body): void {
  const { id, finish = false, feedback } = body
  if (typeof id !== 'string' || id === '') throw new Refusal(40058, 'invalid argument: missing stream.id')
  if (exchange.streamId !== undefined && exchange.streamId !== id)
    throw new Refusal(40058, 'invalid argument: stream.id is another one')
  const text = content(body)
  const now = world.clock.now()
  if (!exchange.itemId) {
    const feedbackId = (feedback as { id?: unknown } | undefined)?.id
    exchange.itemId = show(world, exchange.chat, {
      kind: 'stream',
      text,
      state: 'open',
      frames: 0,
      ...(typeof feedbackId === 'string' && { feedbackId }),
    })
    exchange.shown.push(exchange.itemId)
    exchange.streamId = id
    exchange.firstFrameAt = now
  }
  exchange.frames.push(text)
  exchange.done = finish === true
  setStream(world, exchange, { text, frames: exchange.frames.length, state: exchange.done ? 'finished' : 'open' })
}

/** Six minutes from the question, or from the first frame over the long connection. */
function refuseEnded(world: BotWorld, exchange: Exchange): void {
  const now = world.clock.now()
  const since = world.app.mode === 'callback' ? exchange.at : (exchange.firstFrameAt ?? now)
  if (exchange.done || now - since >= STREAM_LIFE) throw new Refusal(846608, 'stream message has expired or finished')
}

/** Streams that nobody finished stand as they were. */
export function expireStream(world: BotWorld, exchange: Exchange): boolean {
  const since = world.app.mode === 'callback' ? exchange.at : (exchange.firstFrameAt ?? Number.POSITIVE_INFINITY)
  if (exchange.done || world.clock.now() - since < STREAM_LIFE) return false
  setStream(world, exchange, { state: 'expired' })
  return true
}

function cardOnce(world: BotWorld, exchange: Exchange, body: Body, msgtype: string): TemplateCard | undefined {
  if (msgtype !== 'template_card' && body.template_card === undefined) return undefined
  if (exchange.cardShown) throw new Refusal(40058, 'invalid argument: template_card only once')
  return botCard(world, body.template_card, 'send')
}

/** Bot cards have neither replace_text nor attachments nor buttons that open a page. */
function botCard(world: BotWorld, value: unknown, use: 'send' | 'update'): TemplateCard {
  const { replace_text: _, ...shown } = object(value, 'template_card')
  const card = checkCard(shown, use)
  if (isRefusal(card)) throw new Refusal(card.errcode, card.errmsg)
  if (card.horizontal_content_list?.some((line) => line.type === 2))
    throw new Refusal(40058, 'invalid argument: horizontal_content_list.type')
  if (card.button_list?.some((button) => button.type === 1))
    throw new Refusal(40058, 'invalid argument: button_list.type')
  if (use === 'send' && card.task_id && world.state.tasks[card.task_id])
    throw new Refusal(40058, 'invalid argument: template_card.task_id is not unique')
  return card
}

function showCard(world: BotWorld, chat: string, card: TemplateCard): string {
  const id = nextBotId(world, 'c')
  if (card.task_id) world.state.tasks[card.task_id] = true
  if (card.task_id && findBotCard(world, chat, card.task_id)) throw new Error('a task id was shown twice')
  showBotItem(world, chat, newCard({ id, at: world.clock.now(), msgid: id }, card))
  return id
}

function showMarkdown(world: BotWorld, chat: string, body: Body): string {
  return show(world, chat, { kind: 'markdown', text: content(object(body.markdown, 'markdown')) })
}

type Look =
  | { kind: 'text' | 'markdown'; text: string }
  | { kind: 'stream'; text: string; state: 'open'; frames: number; feedbackId?: string }

function show(world: BotWorld, chat: string, look: Look): string {
  const id = nextBotId(world, 'r')
  showBotItem(world, chat, { id, at: world.clock.now(), from: 'app', ...look })
  return id
}

function content(body: Body): string {
  if (typeof body.content !== 'string') throw new Refusal(40058, 'invalid argument: missing content')
  if (Buffer.byteLength(body.content) > CONTENT_BYTES) throw new Refusal(45002, 'content size out of limit')
  return body.content
}

function object(value: unknown, name: string): Body {
  if (typeof value !== 'object' || value === null) throw new Refusal(40058, `invalid argument: missing ${name}`)
  return value as Body
}

function inTime(world: BotWorld, exchange: Exchange): void {
  if (exchange.done || world.clock.now() - exchange.at > EVENT_LIFE) throw new Refusal(846605, 'invalid req_id')
}
