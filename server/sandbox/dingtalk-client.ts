import { setTimeout as sleep } from 'node:timers/promises'
import { MINUTE } from '../lib/clock.ts'
import type { CardValues, DingtalkPressResult, DingtalkResult, DingtalkStandIn } from './dingtalk.ts'
import { changeCard, readAnswer } from './dingtalk-card-rules.ts'
import type { CardInstance, DingtalkCard, DingtalkItem } from './dingtalk-chat.ts'
import { raiseEvent } from './dingtalk-events.ts'
import { dismiss } from './dingtalk-gateway.ts'
import { keepDingtalkMedia } from './dingtalk-media.ts'
import { isSealedSuccess, type Pushed, pushMessage, pushPress, sealedEvent } from './dingtalk-push.ts'
import { asSeen, type DingtalkWorld, nextNumber, showInChat } from './dingtalk-world.ts'
import { fresh } from './listener.ts'
import { push } from './post.ts'

const OAUTH_CODE_LIFE = 5 * MINUTE
const SESSION_LIFE = 90 * MINUTE
const CHECK_MS = 10

/** The DingTalk clients of everybody in the company, and the lists that tests count. */
export function dingtalkClient(world: DingtalkWorld): DingtalkStandIn {
  const { app, people, groups, webhooks, faults, limits, timing, sent, suppressed, dropped, updates, calls } = world
  const chat = (id: string): DingtalkItem[] => (world.state.chats[id] ?? []).map((item) => asSeen(world, item, id))
  const links = () => [...world.links].filter(({ leaving }) => !leaving).length

  function card(userid: string, outTrackId: string): DingtalkCard {
    const instance = world.state.cards[outTrackId]
    const place = instance?.places.map(({ spaceId }) => spaceId).find((id) => id === userid || isMember(id, userid))
    const item = place && world.state.chats[place]?.find((one) => one.kind === 'card' && one.taskId === outTrackId)
    if (!item) throw new Error(`${userid} has no card ${outTrackId}`)
    return asSeen(world, item, userid) as DingtalkCard
  }

  function isMember(groupId: string, userid: string): boolean {
    return groups.some(({ openConversationId, members }) => openConversationId === groupId && members.includes(userid))
  }

  /** Pushes a press and applies the answer. */
  async function act(
    userid: string,
    seen: DingtalkCard,
    key: string,
    params: Record<string, unknown>,
  ): Promise<DingtalkPressResult> {
    const instance = world.state.cards[seen.taskId] as CardInstance
    const pushed = await pushPress(world, instance, pressOf(world, instance, userid, key, params))
    let refused = pushed.refused
    let change: ReturnType<typeof readAnswer>
    if (pushed.status === 200 && !refused && pushed.answer !== undefined) {
      try {
        change = readAnswer(world, userid, pushed.answer)
      } catch (error) {
        refused = (error as Error).message
      }
    }
    if (change) changeCard(world, instance, change, 'answer')
    const result = { ...resultOf({ ...pushed, refused }), reply: change ? ('card' as const) : ('none' as const) }
    return { ...result, changed: change !== undefined, responseCode: '', card: card(userid, seen.taskId) }
  }

  return {
    app,
    people,
    groups,
    webhooks,
    faults,
    limits,
    timing,
    sent,
    suppressed,
    dropped,
    updates,
    calls,
    card,
    chat,
    links,
    pings: world.pings,
    cards: (id) => chat(id).filter((item): item is DingtalkCard => item.kind === 'card'),

    async press(userid, outTrackId, key, values = {}, { stale = false } = {}) {
      const seen = card(userid, outTrackId)
      if (!stale && !seen.buttons.some((button) => button.key === key && button.alive)) {
        const live = seen.buttons.filter(({ alive }) => alive).map((one) => one.key)
        throw new Error(`${userid}'s card ${outTrackId} has no live button ${key} (live: ${live.join(', ') || 'none'})`)
      }
      return act(userid, seen, key, { action: key, ...filledIn(seen, values) })
    },

    async pressMenu(userid, outTrackId, key) {
      const seen = card(userid, outTrackId)
      if (!seen.menu.some((entry) => entry.key === key))
        throw new Error(`${userid}'s card ${outTrackId} has no menu entry ${key}`)
      return act(userid, seen, key, { action: key })
    },

    async say(userid, text, { group } = {}) {
      const id = fresh('msg')
      const item = { id, at: world.clock.now(), from: 'person' as const, kind: 'text' as const, text }
      showInChat(world, group ?? userid, group ? { ...item, by: userid } : item)
      // What is left of a mention is the blank after it.
      const content = group ? ` ${text}` : text
      return resultOf(
        await pushMessage(world, messageOf(world, userid, id, { msgtype: 'text', text: { content } }, group)),
      )
    },

    async sendImage(userid, bytes, mime) {
      const id = fresh('msg')
      const name = `${id}.${mime === 'image/png' ? 'png' : 'jpg'}`
      const mediaId = await keepDingtalkMedia(world, { type: 'image', mime, name, bytes })
      showInChat(world, userid, { id, at: world.clock.now(), from: 'person', kind: 'image', mediaId })
      const downloadCode = fresh('', 45)
      world.state.codes[downloadCode] = mediaId
      const content = { downloadCode, pictureDownloadCode: downloadCode }
      return resultOf(await pushMessage(world, messageOf(world, userid, id, { msgtype: 'picture', content })))
    },

    event: async (eventType, data) => resultOf(await raiseEvent(world, eventType, data)),
    pendingEvents: () =>
      world.state.events.map(({ eventId, eventType, attempts }) => ({ eventId, eventType, attempts })),

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

    async verifyUrl() {
      const request = () => sealedEvent(world, { EventType: 'check_url' })
      const { status, body } = await push({ request, retries: 0, timeoutMs: 1500 })
      try {
        return status === 200 && isSealedSuccess(world, body)
      } catch {
        return false
      }
    },

    dropToken() {
      world.state.token = null
    },
    async linked(count = 1) {
      while (links() !== count) await sleep(CHECK_MS)
    },
    disconnect() {
      for (const link of world.links) dismiss(world, link)
    },
    cutLinks() {
      for (const { socket } of world.links) socket.terminate()
    },
  }
}

function resultOf({ way, status, attempts, refused }: Pushed): DingtalkResult {
  return { way, status, attempts, reply: 'none', ...(refused && { refused }) }
}

/** What the drop-down shows unless something else is chosen, and the lines that are filled in. */
function filledIn(seen: DingtalkCard, values: CardValues): Record<string, unknown> {
  const params: Record<string, unknown> = {}
  for (const { questionKey, options, selected } of seen.selects) {
    const given = values[questionKey] ?? selected
    const value = Array.isArray(given) ? given[0] : given
    if (value) params[questionKey] = { index: options.findIndex(({ id }) => id === value), value }
  }
  for (const [name, given] of Object.entries(values)) {
    const text = Array.isArray(given) ? given[0] : given
    if (!params[name] && text !== undefined) params[name] = isSelect(seen, name) ? { index: -1, value: text } : text
  }
  return params
}

function isSelect(seen: DingtalkCard, name: string): boolean {
  return seen.selects.some(({ questionKey }) => questionKey === name)
}

/** The callback of a press; its content is a JSON text, which older payloads carry a second time under `value`. */
function pressOf(
  world: DingtalkWorld,
  card: CardInstance,
  userid: string,
  key: string,
  params: Record<string, unknown>,
): Record<string, unknown> {
  const place = card.places.find(({ spaceId }) => spaceId === userid) ?? card.places[0]
  const content = JSON.stringify({ cardPrivateData: { actionIds: [key], params } })
  return {
    type: 'actionCallback',
    outTrackId: card.outTrackId,
    corpId: world.app.corpId,
    userId: userid,
    userIdType: 1,
    spaceType: place?.spaceType,
    spaceId: place?.spaceId,
    extension: '{}',
    content,
    value: content,
  }
}

/** A message as the robot gets it. Source: PLATFORMS.md §5.3. */
function messageOf(
  world: DingtalkWorld,
  userid: string,
  msgId: string,
  content: Record<string, unknown>,
  groupId?: string,
): Record<string, unknown> {
  const person = world.people.find((one) => one.userid === userid)
  const group = world.groups.find((one) => one.openConversationId === groupId)
  const session = fresh('')
  const now = world.clock.now()
  world.state.sessions[session] = { chat: groupId ?? userid, expiresAt: now + SESSION_LIFE }
  nextNumber(world)
  return {
    conversationId: groupId ?? `cid${userid}==`,
    conversationType: group ? '2' : '1',
    ...(group && {
      conversationTitle: group.title,
      atUsers: [{ dingtalkId: `$:LWCP_v1:$${world.app.robotCode}` }],
      isInAtList: true,
    }),
    chatbotCorpId: world.app.corpId,
    chatbotUserId: `$:LWCP_v1:$${world.app.robotCode}`,
    msgId,
    senderNick: person?.name ?? '',
    isAdmin: false,
    // People from outside the corp have none.
    ...(person && { senderStaffId: userid, senderCorpId: world.app.corpId }),
    senderId: `$:LWCP_v1:$${userid}`,
    sessionWebhook: `${world.base()}/robot/sendBySession?session=${session}`,
    sessionWebhookExpiredTime: now + SESSION_LIFE,
    createAt: now,
    robotCode: world.app.robotCode,
    ...content,
  }
}
