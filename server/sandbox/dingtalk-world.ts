import type { WebSocket } from 'ws'
import { type Clock, DAY } from '../lib/clock.ts'
import type { Cipher } from './cipher.ts'
import type {
  DingtalkApp,
  DingtalkCardUpdate,
  DingtalkFaults,
  DingtalkGroup,
  DingtalkLimits,
  DingtalkPerson,
  DingtalkTiming,
  WebhookRobot,
} from './dingtalk.ts'
import type { CardInstance, CardPlace, DingtalkItem, KeptItem } from './dingtalk-chat.ts'
import { lookAt } from './dingtalk-look.ts'
import type { Live } from './live.ts'
import type { Memory } from './memory.ts'
import type { Department } from './people.ts'
import type { SentMessage } from './wecom.ts'

/** An event that the product has not acknowledged yet. */
export interface PendingEvent {
  eventId: string
  eventType: string
  data: Record<string, unknown>
  bornAt: number
  /** When it was last pushed; 0 = not yet. */
  pushedAt: number
  attempts: number
}

/** What DingTalk remembers over a restart. */
export interface DingtalkState {
  token: { value: string; expiresAt: number } | null
  sequence: number
  /** user id or openConversationId → what stands there. */
  chats: Record<string, KeptItem[]>
  /** processQueryKey → where it was shown. */
  messages: Record<string, { at: number; chats: string[] }>
  cards: Record<string, CardInstance>
  /** callbackRouteKey → the registered address. */
  routes: Record<string, { callbackUrl: string; apiSecret?: string }>
  media: Record<string, { type: string; mime: string; name: string; size: number }>
  /** downloadCode → media id. */
  codes: Record<string, string>
  /** token of a download address → media id. */
  downloads: Record<string, { mediaId: string; expiresAt: number }>
  /** session of a sessionWebhook → the chat it writes to. */
  sessions: Record<string, { chat: string; expiresAt: number }>
  oauth: Record<string, { userid: string; expiresAt: number }>
  events: PendingEvent[]
  /** task id of a work notification → what became of it. */
  notices: Record<string, { at: number; to: string[]; forbidden: string[]; invalid: string[] }>
  /** receiver + content → the day of its last arrival. */
  contents: Record<string, number>
}

export const EMPTY_DINGTALK: DingtalkState = {
  token: null,
  sequence: 0,
  chats: {},
  messages: {},
  cards: {},
  routes: {},
  media: {},
  codes: {},
  downloads: {},
  sessions: {},
  oauth: {},
  events: [],
  notices: {},
  contents: {},
}

/** One open Stream connection. */
export interface Link {
  id: string
  socket: WebSocket
  subscriptions: { type: string; topic: string }[]
  /** It was told to go: nothing new is sent to it. */
  leaving: boolean
}

/** The answer to a frame. */
export interface Ack {
  code: number
  data: string
}

/** The stand-in's inside: settings, memory and the lists that tests count. */
export interface DingtalkWorld {
  readonly app: DingtalkApp & { corpId: string }
  readonly productUrl: () => string
  /** The stand-in's own address, without a trailing slash. */
  readonly base: () => string
  readonly clock: Clock
  /** For events over HTTP; the trailing id is the corp's, answers may carry the application's instead. */
  readonly ciphers?: { corp: Cipher; app: Cipher }
  readonly people: DingtalkPerson[]
  readonly departments: Department[]
  readonly groups: DingtalkGroup[]
  readonly webhooks: WebhookRobot[]
  readonly state: DingtalkState
  readonly memory: Memory
  readonly live: Live
  readonly faults: DingtalkFaults
  readonly limits: DingtalkLimits
  readonly timing: DingtalkTiming
  readonly sent: SentMessage[]
  readonly suppressed: SentMessage[]
  readonly dropped: SentMessage[]
  readonly updates: DingtalkCardUpdate[]
  readonly calls: Map<string, number>
  readonly links: Set<Link>
  readonly pings: { sent: number; echoed: number }
  readonly tickets: Map<string, { expiresAt: number; subscriptions: Link['subscriptions'] }>
  /** message id of a frame → who waits for its answer. */
  readonly acks: Map<string, (ack: Ack) => void>
  /** Cards whose press waits for an answer. */
  readonly answering: Set<string>
  /** Real instants of the last calls, and until when (sandbox's time) the address is blocked. */
  readonly address: { calls: number[]; blockedUntil: number }
  /** webhook token → instants of its messages, until when it is blocked, and the ids it has shown. */
  readonly hooks: Map<string, { at: number[]; blockedUntil: number; uuids: Set<string> }>
  readonly noticeTimes: { at: number; to: string }[]
}

/** The client keeps this many items of a chat; older ones scroll out of the sandbox's memory. */
const CHAT_LENGTH = 1000

/** The member with this user id or unionId, as long as the application can see them. */
export function dingtalkPerson(world: DingtalkWorld, id: unknown): DingtalkPerson | undefined {
  const person = world.people.find((one) => one.userid === id || one.unionid === id)
  return person && (person.status ?? 1) !== 5 && person.status !== 2 ? person : undefined
}

/** The group with this openConversationId. */
export function dingtalkGroup(world: DingtalkWorld, id: unknown): DingtalkGroup | undefined {
  return world.groups.find((group) => group.openConversationId === id)
}

/** A new number for messages, tasks and frames. */
export function nextNumber(world: DingtalkWorld): number {
  world.state.sequence++
  world.memory.touch()
  return world.state.sequence
}

/** Adds an item to a chat. */
export function showInChat(world: DingtalkWorld, chat: string, item: KeptItem): void {
  const items = world.state.chats[chat] ?? []
  world.state.chats[chat] = items
  items.push(item)
  if (items.length > CHAT_LENGTH) items.splice(0, items.length - CHAT_LENGTH)
  tellItem(world, chat, item)
}

/** Puts a changed item in the place of the old one. */
export function replaceInChat(world: DingtalkWorld, chat: string, item: KeptItem): void {
  const items = world.state.chats[chat] ?? []
  const index = items.findIndex((one) => one.id === item.id)
  if (index < 0) return
  items[index] = item
  tellItem(world, chat, item)
}

/** A card was changed: everybody who has it sees its new look. */
export function cardChanged(world: DingtalkWorld, card: CardInstance): void {
  for (const { spaceId } of card.places) {
    const place = world.state.chats[spaceId]?.find((item) => item.kind === 'card' && item.taskId === card.outTrackId)
    if (place) tellItem(world, spaceId, place)
  }
}

/** An item as somebody sees it. */
export function asSeen(world: DingtalkWorld, item: KeptItem, viewer: string): DingtalkItem {
  if (item.kind !== 'card') return structuredClone(item)
  const instance = world.state.cards[item.taskId]
  if (!instance) throw new Error(`no card ${item.taskId}`)
  return lookAt(item as CardPlace, instance, viewer)
}

function tellItem(world: DingtalkWorld, chat: string, item: KeptItem): void {
  world.memory.touch()
  world.live.tell({ type: 'dingtalk', chat, item: asSeen(world, item, chat) })
}

/** Forgets what has no meaning any more. */
export function sweepDingtalk(world: DingtalkWorld): void {
  const { state, clock, tickets } = world
  const now = clock.now()
  for (const kept of [state.downloads, state.sessions, state.oauth])
    for (const [key, { expiresAt }] of Object.entries(kept)) if (expiresAt < now) delete kept[key]
  for (const [key, day] of Object.entries(state.contents))
    if (day < Math.floor(now / DAY) - 2) delete state.contents[key]
  for (const [ticket, { expiresAt }] of tickets) if (expiresAt < now) tickets.delete(ticket)
}
