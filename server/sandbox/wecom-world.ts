import { type Clock, DAY, HOUR } from '../lib/clock.ts'
import { type CardChange, type CardItem, type ChatItem, changeCard } from './chat.ts'
import type { Cipher } from './cipher.ts'
import { fresh, Refusal } from './listener.ts'
import type { Live } from './live.ts'
import type { Memory } from './memory.ts'
import type { Department, Person } from './people.ts'
import type { CardUpdate, SentMessage, WecomFaults, WecomGroup, WecomLimits } from './wecom.ts'

/** What WeCom remembers over a restart. */
export interface WecomState {
  token: { value: string; expiresAt: number } | null
  /** Source of MsgIds, which are larger than a double can hold. */
  sequence: number
  chats: Record<string, ChatItem[]>
  messages: Record<string, { at: number; receivers: string[]; taskId: string }>
  /** task id → msgid: unique per application. */
  tasks: Record<string, string>
  codes: Record<string, { msgid: string; expiresAt: number; used: boolean }>
  media: Record<string, { type: string; mime: string; name: string; size: number; createdAt: number }>
  menu: unknown[] | null
  oauth: Record<string, { userid: string; expiresAt: number }>
  /** receiver + content → when it was last sent. */
  contents: Record<string, number>
  /** chat id → a group that the application made. */
  groups: Record<string, WecomGroup>
  /** key → a robot of some group, and what it said there. */
  robots: Record<string, { name: string; items: ChatItem[] }>
}

/** The stand-in's inside: settings, memory and the lists that tests count. */
export interface WecomWorld {
  readonly app: { corpId: string; agentId: number; secret: string; token: string; encodingAesKey: string }
  readonly callbackUrl: () => string
  readonly clock: Clock
  readonly cipher: Cipher
  readonly people: Person[]
  readonly departments: Department[]
  readonly state: WecomState
  readonly memory: Memory
  readonly live: Live
  readonly faults: WecomFaults
  readonly limits: WecomLimits
  readonly sent: SentMessage[]
  readonly suppressed: SentMessage[]
  readonly dropped: SentMessage[]
  readonly updates: CardUpdate[]
  readonly calls: Map<string, number>
  /** receiver → instants of the last hour's messages. */
  readonly pace: Map<string, number[]>
  readonly today: { day: number; personTimes: number }
}

export const EMPTY_WECOM: WecomState = {
  token: null,
  sequence: 0,
  chats: {},
  messages: {},
  tasks: {},
  codes: {},
  media: {},
  menu: null,
  oauth: {},
  contents: {},
  groups: {},
  robots: {},
}

/** A response code is good for one use within this time. Source: WeCom docs 94888. */
const RESPONSE_CODE_LIFE = 72 * HOUR
/** The client keeps this many items of a chat; older ones scroll out of the sandbox's memory. */
const CHAT_LENGTH = 1000
export const MEDIA_LIFE = 3 * DAY

/** The member with this id, letters of either case, as long as the account can be seen by the application. */
export function visiblePerson(world: WecomWorld, userid: string): Person | undefined {
  const person = world.people.find((one) => one.userid.toLowerCase() === userid.toLowerCase())
  return person && (person.status ?? 1) !== 5 && person.status !== 2 ? person : undefined
}

/** The next 64-bit MsgId, as text. */
export function nextMsgId(world: WecomWorld): string {
  world.state.sequence++
  return String(7_300_000_000_000_000_000n + BigInt(world.state.sequence))
}

/** A new response code for a message. */
export function newResponseCode(world: WecomWorld, msgid: string): string {
  const code = fresh('rc')
  world.state.codes[code] = { msgid, expiresAt: world.clock.now() + RESPONSE_CODE_LIFE, used: false }
  return code
}

/** Spends a response code and returns its message; refuses unknown, used and expired ones. */
export function spendResponseCode(world: WecomWorld, code: unknown): { msgid: string; code: string } {
  const known = typeof code === 'string' ? world.state.codes[code] : undefined
  // The number that the platform answers here is not documented; the product must only see that it is final.
  if (!known || known.used || known.expiresAt <= world.clock.now())
    throw new Refusal(40058, 'invalid argument: response_code invalid, used or expired')
  known.used = true
  return { msgid: known.msgid, code: code as string }
}

/** Adds an item to a chat. */
export function showItem(world: WecomWorld, userid: string, item: ChatItem): void {
  const chat = world.state.chats[userid] ?? []
  world.state.chats[userid] = chat
  chat.push(item)
  if (chat.length > CHAT_LENGTH) chat.splice(0, chat.length - CHAT_LENGTH)
  changed(world, userid, item)
}

/** Puts a changed item in the place of the old one. */
export function replaceItem(world: WecomWorld, userid: string, item: ChatItem): void {
  const chat = world.state.chats[userid] ?? []
  const index = chat.findIndex((one) => one.id === item.id)
  if (index < 0) return
  chat[index] = item
  changed(world, userid, item)
}

/** The card of a message in a person's chat. */
export function findCard(world: WecomWorld, userid: string, match: (card: CardItem) => boolean): CardItem | undefined {
  return world.state.chats[userid]?.findLast((item): item is CardItem => item.kind === 'card' && match(item))
}

/** Changes one person's copy of a card and returns it. */
export function applyChange(world: WecomWorld, userid: string, item: CardItem, change: CardChange): CardItem {
  const updated = changeCard(item, change, world.clock.now())
  replaceItem(world, userid, updated)
  return updated
}

function changed(world: WecomWorld, userid: string, item: ChatItem): void {
  world.memory.touch()
  world.live.tell({ type: 'chat', userid, item })
}

/** Forgets codes and contents that have no meaning any more. */
export function sweep(world: WecomWorld): void {
  const { state, clock } = world
  const now = clock.now()
  for (const [code, { expiresAt }] of Object.entries(state.codes)) if (expiresAt < now) delete state.codes[code]
  for (const [code, { expiresAt }] of Object.entries(state.oauth)) if (expiresAt < now) delete state.oauth[code]
  for (const [content, at] of Object.entries(state.contents)) if (at < now - 4 * HOUR) delete state.contents[content]
}
