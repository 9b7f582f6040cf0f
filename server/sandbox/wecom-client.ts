import { MINUTE } from '../lib/clock.ts'
import { type CardItem, canChange } from './chat.ts'
import { fresh } from './listener.ts'
import type { CallbackResult, PressResult, WecomStandIn } from './wecom.ts'
import { keepMedia } from './wecom-media.ts'
import { askEcho, type Pushed, pushXml } from './wecom-push.ts'
import { applyChange, findCard, newResponseCode, nextMsgId, showItem, type WecomWorld } from './wecom-world.ts'
import type { XmlValue } from './xml.ts'

const OAUTH_CODE_LIFE = 5 * MINUTE

/** The WeCom clients of everybody in the company, and the lists that tests count. */
export function wecomClient(world: WecomWorld): WecomStandIn {
  const { people, departments, faults, limits, sent, suppressed, dropped, updates, calls } = world

  function card(userid: string, taskId: string): CardItem {
    const found = findCard(world, userid, (item) => item.taskId === taskId)
    if (!found) throw new Error(`${userid} has no card ${taskId}`)
    return found
  }

  /** Pushes what a person did, and shows what the application answers at once. */
  async function act(userid: string, fields: Record<string, XmlValue>): Promise<CallbackResult> {
    const pushed = await pushXml(world, userid, fields)
    if ('items' in pushed.reply) for (const item of pushed.reply.items) showItem(world, userid, item)
    return resultOf(pushed)
  }

  /** Pushes a press; a passive update changes the presser's copy only. */
  async function pushPress(userid: string, pressed: CardItem, fields: Record<string, XmlValue>): Promise<PressResult> {
    const responseCode = newResponseCode(world, pressed.msgid ?? '')
    const { Event, EventKey, ...rest } = fields
    const pushed = await pushXml(world, userid, {
      MsgType: 'event',
      Event: Event ?? '',
      EventKey: EventKey ?? '',
      TaskId: pressed.taskId,
      CardType: pressed.card.card_type,
      ResponseCode: responseCode,
      ...rest,
    })
    const now = card(userid, pressed.taskId)
    if ('items' in pushed.reply) for (const item of pushed.reply.items) showItem(world, userid, item)
    if (!('change' in pushed.reply)) return { ...resultOf(pushed), changed: false, responseCode, card: now }
    const after = applyChange(world, userid, now, pushed.reply.change)
    return { ...resultOf(pushed), changed: true, responseCode, card: after }
  }

  return {
    people,
    departments,
    faults,
    limits,
    sent,
    suppressed,
    dropped,
    updates,
    calls,
    card,
    chat: (userid) => structuredClone(world.state.chats[userid] ?? []),
    cards: (userid) =>
      structuredClone((world.state.chats[userid] ?? []).filter((item): item is CardItem => item.kind === 'card')),

    async press(userid, taskId, key, selected = {}, { stale = false } = {}) {
      const pressed = card(userid, taskId)
      const button = pressed.buttons.find((one) => one.key === key)
      if (!stale && !button?.alive) {
        const live = pressed.buttons.filter((one) => one.alive).map((one) => one.key)
        throw new Error(`${userid}'s card ${taskId} has no live button ${key} (live: ${live.join(', ') || 'none'})`)
      }
      const chosen = Object.fromEntries(pressed.selects.map((select) => [select.questionKey, select.selected]))
      Object.assign(chosen, selected)
      return pushPress(userid, pressed, {
        Event: 'template_card_event',
        EventKey: key,
        ...(Object.keys(chosen).length > 0 && {
          SelectedItems: {
            SelectedItem: Object.entries(chosen).map(([questionKey, optionIds]) => ({
              QuestionKey: questionKey,
              OptionIds: { OptionId: optionIds },
            })),
          },
        }),
      })
    },

    async pressMenu(userid, taskId, key) {
      const pressed = card(userid, taskId)
      if (!pressed.menu.some((entry) => entry.key === key) || !canChange(pressed.card))
        throw new Error(`${userid}'s card ${taskId} has no menu entry ${key}`)
      return pushPress(userid, pressed, { Event: 'template_card_menu_event', EventKey: key })
    },

    say(userid, text) {
      const id = nextMsgId(world)
      showItem(world, userid, { id, at: world.clock.now(), from: 'person', kind: 'text', text })
      return act(userid, { MsgType: 'text', Content: text, MsgId: BigInt(id) })
    },

    async sendImage(userid, bytes, mime) {
      const id = nextMsgId(world)
      const name = `${id}.${mime === 'image/png' ? 'png' : 'jpg'}`
      const mediaId = await keepMedia(world, { type: 'image', mime, name, bytes })
      showItem(world, userid, { id, at: world.clock.now(), from: 'person', kind: 'image', mediaId })
      return act(userid, { MsgType: 'image', PicUrl: '', MediaId: mediaId, MsgId: BigInt(id) })
    },

    enter: (userid) => act(userid, { MsgType: 'event', Event: 'enter_agent', EventKey: '' }),
    clickMenu: (userid, key) => act(userid, { MsgType: 'event', Event: 'click', EventKey: key }),

    // Source: WeCom docs 90970 to 90972; such events name no application.
    changeContact: (changeType, fields) =>
      act('sys', { MsgType: 'event', Event: 'change_contact', ChangeType: changeType, ...fields }),

    oauthCode(userid) {
      const code = fresh('')
      world.state.oauth[code] = { userid, expiresAt: world.clock.now() + OAUTH_CODE_LIFE }
      return code
    },

    async media(mediaId) {
      const kept = world.state.media[mediaId]
      const bytes = kept && (await world.memory.bytes(mediaId))
      return kept && bytes && { bytes, mime: kept.mime, name: kept.name }
    },

    group: (chatId) => structuredClone(world.state.groups[chatId]),

    addRobot(name, key = fresh('')) {
      world.state.robots[key] ??= { name, items: [] }
      world.memory.touch()
      return key
    },

    robotSaid: (key) => structuredClone(world.state.robots[key]?.items ?? []),
    verifyUrl: () => askEcho(world),
    dropToken() {
      world.state.token = null
    },
  }
}

function resultOf({ answer, reply, refused }: Pushed): CallbackResult {
  return { status: answer.status, attempts: answer.attempts, reply: reply.kind, ...(refused && { refused }) }
}
