import { randomBytes } from 'node:crypto'
import { DAY, HOUR, MINUTE } from '../lib/clock.ts'
import type { CardItem } from './chat.ts'
import { canChange } from './chat.ts'
import { fresh } from './listener.ts'
import type { BotAsked, BotPlace, BotPressed, BotResult, WecomBotStandIn } from './wecom-bot.ts'
import { askBotEcho, pushToCallback } from './wecom-bot-push.ts'
import { head, pushToLink } from './wecom-bot-socket.ts'
import {
  type BotWorld,
  CODE_LIFE,
  cardFor,
  type Exchange,
  findBotCard,
  nextBotId,
  openExchange,
  showBotItem,
  underWay,
} from './wecom-bot-world.ts'
import { imageType } from './wecom-media.ts'

const FILE_LIFE = 5 * MINUTE
const BOT_NAME = '智能助手'

/** Everybody's conversation with the bot. */
export function wecomBotClient(world: BotWorld): WecomBotStandIn {
  /** Pushes what a person did, in the mode that is set, and gathers what came of it. */
  async function act(
    kind: Exchange['kind'],
    userid: string,
    { chatId }: BotPlace,
    more: Record<string, unknown>,
    taskId?: string,
  ): Promise<BotAsked> {
    const chat = chatId ?? userid
    const { app } = world
    const responseUrl = app.mode === 'callback' ? newResponseUrl(world, chat) : undefined
    const body = {
      ...head(world),
      from: { userid },
      ...(chatId ? { chatid: chatId, chattype: 'group' } : { chattype: 'single' }),
      ...(responseUrl && { response_url: responseUrl }),
      ...more,
    }
    const msgid = String((body as Record<string, unknown>).msgid)
    const exchange: Exchange = {
      msgid,
      reqId: fresh('q'),
      kind,
      userid,
      chat,
      at: world.clock.now(),
      taskId,
      done: false,
      cardShown: false,
      shown: [],
      frames: [],
      refused: [],
    }
    const result = (how: Pick<BotResult, 'way' | 'status' | 'attempts'>, polls = 0): BotAsked => ({
      ...how,
      msgid,
      polls,
      refused: exchange.refused,
      items: structuredClone((world.state.chats[chat] ?? []).filter(({ id }) => exchange.shown.includes(id))),
      frames: exchange.frames,
      ...(responseUrl && { responseUrl }),
    })
    if (kind === 'message' && underWay(world, userid) >= world.limits.exchanges) {
      exchange.refused.push('too many exchanges under way')
      return result({ way: 'nowhere', status: 0, attempts: 0 })
    }
    if (app.mode === 'callback') {
      openExchange(world, exchange)
      const { polls, ...how } = await pushToCallback(world, exchange, body)
      return result({ way: 'callback', ...how }, polls)
    }
    const cmd = kind === 'message' ? 'aibot_msg_callback' : 'aibot_event_callback'
    const sent = await pushToLink(world, exchange, cmd, body)
    return result({ way: sent ? 'link' : 'nowhere', status: sent ? 200 : 0, attempts: sent ? 1 : 0 })
  }

  async function pressCard(
    userid: string,
    pressed: CardItem,
    place: BotPlace,
    data: Record<string, unknown>,
  ): Promise<BotPressed> {
    const before = pressed.updates
    const { taskId } = pressed
    const event = {
      msgtype: 'event',
      event: {
        eventtype: 'template_card_event',
        template_card_event: { card_type: pressed.card.card_type, task_id: taskId, ...data },
      },
    }
    const { way, status, attempts, refused } = await act('template_card_event', userid, place, event, taskId)
    const card = cardOf(userid, taskId, place)
    return { way, status, attempts, refused, changed: card.updates > before, card }
  }

  function cardOf(userid: string, taskId: string, { chatId }: BotPlace): CardItem {
    const found = findBotCard(world, chatId ?? userid, taskId)
    if (!found) throw new Error(`${userid} has no card ${taskId} of the bot`)
    return cardFor(found, userid)
  }

  return {
    faults: world.faults,
    limits: world.limits,
    pushed: world.pushed,
    frames: world.frames,
    subscriptions: () => world.subscriptions,
    connected: () => world.link !== null,

    chat: (conversation, viewer) =>
      (world.state.chats[conversation] ?? []).map((item) =>
        item.kind === 'card' ? cardFor(item, viewer) : structuredClone(item),
      ),

    ask(userid, text, place = {}) {
      const said = place.chatId ? `@${BOT_NAME} ${text}` : text
      const item = { id: nextBotId(world, 'p'), at: world.clock.now(), from: 'person' as const, userid }
      showBotItem(world, place.chatId ?? userid, { ...item, kind: 'text', text: said })
      return act('message', userid, place, { msgtype: 'text', text: { content: said } })
    },

    async sendImage(userid, bytes) {
      const id = nextBotId(world, 'f')
      const bytesOfKey =
        world.app.mode === 'link' ? randomBytes(32) : Buffer.from(`${world.app.encodingAesKey}=`, 'base64')
      const key = bytesOfKey.toString('base64')
      await world.memory.keepBytes(id, bytes)
      world.state.files[id] = { expiresAt: world.clock.now() + FILE_LIFE, key }
      const item = { id, at: world.clock.now(), from: 'person' as const, userid }
      showBotItem(world, userid, { ...item, kind: 'image', mediaId: id })
      const url = `${world.base()}/bot-file/${id}`
      const image = { url, ...(world.app.mode === 'link' && { aeskey: key }) }
      return act('message', userid, {}, { msgtype: 'image', image })
    },

    async enter(userid) {
      const today = Math.floor((world.clock.now() + 8 * HOUR) / DAY)
      const known = world.state.entered[userid] === today
      world.state.entered[userid] = today
      if (known)
        return { way: 'nowhere', status: 0, attempts: 0, refused: [], msgid: '', items: [], frames: [], polls: 0 }
      return act('enter_chat', userid, {}, { msgtype: 'event', event: { eventtype: 'enter_chat' } })
    },

    async press(userid, taskId, key, selected = {}, place = {}) {
      const pressed = cardOf(userid, taskId, place)
      if (!pressed.buttons.some((button) => button.key === key && button.alive))
        throw new Error(`${userid}'s card ${taskId} has no live button ${key}`)
      const chosen = Object.fromEntries(pressed.selects.map((select) => [select.questionKey, select.selected]))
      const items = Object.entries({ ...chosen, ...selected })
      return pressCard(userid, pressed, place, {
        event_key: key,
        ...(items.length > 0 && {
          selected_items: {
            selected_item: items.map(([name, ids]) => ({ question_key: name, option_ids: { option_id: ids } })),
          },
        }),
      })
    },

    async pressMenu(userid, taskId, key, place = {}) {
      const pressed = cardOf(userid, taskId, place)
      if (!pressed.menu.some((entry) => entry.key === key) || !canChange(pressed.card))
        throw new Error(`${userid}'s card ${taskId} has no menu entry ${key}`)
      return pressCard(userid, pressed, place, { event_key: key })
    },

    feedback(userid, feedbackId, type, content = '') {
      const known = world.state.chats[userid]?.some((item) => item.kind === 'stream' && item.feedbackId === feedbackId)
      if (!known) throw new Error(`${userid} has no answer ${feedbackId}`)
      const feedback_event = { id: feedbackId, type, content, inaccurate_reason_list: type === 2 ? [2] : [] }
      return act(
        'feedback_event',
        userid,
        {},
        { msgtype: 'event', event: { eventtype: 'feedback_event', feedback_event } },
      )
    },

    async media(id) {
      const bytes = Object.hasOwn(world.state.files, id) ? await world.memory.bytes(id) : undefined
      return bytes && { bytes, mime: imageType(bytes) ?? 'application/octet-stream' }
    },

    verifyUrl: () => askBotEcho(world),
    cut: () => world.link?.terminate(),
  }
}

function newResponseUrl(world: BotWorld, chat: string): string {
  const code = fresh('rc')
  world.state.codes[code] = { chat, expiresAt: world.clock.now() + CODE_LIFE, used: false }
  return `${world.base()}/cgi-bin/aibot/response?response_code=${code}`
}
