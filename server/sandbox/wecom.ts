import type { CardItem, ChatItem } from './chat.ts'
import type { Department, Person } from './people.ts'

/** A message that the platform accepted for one receiver. */
export interface SentMessage {
  msgid: string
  /** ms UTC on the sandbox's clock. */
  at: number
  to: string
  msgtype: string
  /** The body under the key `msgtype`, as it came. */
  body: unknown
  taskId?: string
}

/** An update of a card by REST that the platform accepted, for one receiver. */
export interface CardUpdate {
  msgid: string
  at: number
  to: string
  taskId: string
  responseCode: string
  /** The new card, or the grey label. */
  change: { card: unknown } | { replaceName: string }
}

/** What became of a callback. */
export interface CallbackResult {
  /** HTTP status of the last attempt; 0 = no answer within 5 s, or no connection. */
  status: number
  /** Attempts made: 1, and up to 4 when there was no answer. */
  attempts: number
  /** Kind of the passive reply that was applied. */
  reply: 'none' | 'text' | 'image' | 'news' | 'update_button' | 'update_template_card'
  /** Why a reply was not applied (bad signature, wrong receiveid, invalid card…). */
  refused?: string
}

/** What became of a press on a card. */
export interface PressResult extends CallbackResult {
  /** Whether the passive reply changed the presser's copy of the card. */
  changed: boolean
  /** The response code that the callback carried. */
  responseCode: string
  /** The card as the presser sees it after the answer. */
  card: CardItem
}

/** Switches that make the platform misbehave. */
export interface WecomFaults {
  /** Cuts every connection, or answers 503. */
  down: false | 'reset' | '503'
  /** Milliseconds of real time added before each API answer. */
  slowMs: number
  /** Error codes answered to the next API calls (all but gettoken), one each, e.g. [45009, 45009]. */
  errcodes: number[]
  /** The next n API calls are carried out, but the connection is cut before the answer. */
  loseAnswers: number
  /** Answers 60020: the caller's address is not in the application's list. */
  ipNotListed: boolean
  /** Passive replies are thrown away, as when they come after 5 s. */
  loseReplies: boolean
  /** How many more times each callback is delivered, at the same time and with the same CreateTime. */
  duplicateCallbacks: number
  /** Milliseconds of real time before a callback is delivered. */
  delayCallbacksMs: number
}

/** Limits of the platform, changeable for load tests. */
export interface WecomLimits {
  /** Messages per member; the excess is dropped silently. */
  memberPerMinute: number
  memberPerHour: number
  /** Person-times a day are accounts × 200; the excess answers 45009. */
  accounts: number
  /** Messages of one group robot; the excess answers 45009. */
  robotPerMinute: number
}

/** A group chat that the application made, and what stands in it. */
export interface WecomGroup {
  name: string
  owner: string
  members: string[]
  items: ChatItem[]
}

/** WeCom as one self-built application sees it, with the clients of everybody in the company. */
export interface WecomStandIn {
  readonly people: Person[]
  readonly departments: Department[]
  readonly faults: WecomFaults
  readonly limits: WecomLimits
  /** Every message accepted and shown to somebody, one entry per receiver. */
  readonly sent: SentMessage[]
  /** Messages that enable_duplicate_check suppressed. */
  readonly suppressed: SentMessage[]
  /** Messages dropped silently because the member had too many. */
  readonly dropped: SentMessage[]
  /** Card updates by REST. */
  readonly updates: CardUpdate[]
  /** How often each API path was called, errors included. */
  readonly calls: Map<string, number>

  /** What this person's chat with the application shows now, oldest first. */
  chat(userid: string): ChatItem[]
  /** The cards of this person's chat, oldest first. */
  cards(userid: string): CardItem[]
  /** The card with this task id in this person's chat; throws if there is none. */
  card(userid: string, taskId: string): CardItem
  /**
   * Presses a button or submits a card. `selected` overrides what the drop-downs show.
   * Throws when the button is not there or dead, unless `stale` says that this client has not seen the update yet.
   */
  press(
    userid: string,
    taskId: string,
    key: string,
    selected?: Record<string, string[]>,
    how?: { stale?: boolean },
  ): Promise<PressResult>
  /** Chooses an entry of the upper-right menu of a card. */
  pressMenu(userid: string, taskId: string, key: string): Promise<PressResult>
  /** Sends a text to the application. */
  say(userid: string, text: string): Promise<CallbackResult>
  /** Sends a picture to the application. */
  sendImage(userid: string, bytes: Buffer, mime: string): Promise<CallbackResult>
  /** Opens the chat with the application. */
  enter(userid: string): Promise<CallbackResult>
  /** Chooses an entry of the application's own menu. */
  clickMenu(userid: string, key: string): Promise<CallbackResult>
  /**
   * Tells the application that the address book has changed (`create_user`, `update_party` …), with the fields of that
   * event; what it tells of must have been changed in `people` or `departments` before.
   */
  changeContact(changeType: string, fields: Record<string, string>): Promise<CallbackResult>
  /** A code as the workbench's OAuth redirect would carry it: 5 minutes, one use. */
  oauthCode(userid: string): string
  /** The bytes of a media id, as the client shows them. */
  media(mediaId: string): Promise<{ bytes: Buffer; mime: string; name: string } | undefined>
  /** A group chat that the application made. */
  group(chatId: string): WecomGroup | undefined
  /** Adds a robot to some group and returns its key, which may be given. */
  addRobot(name: string, key?: string): string
  /** What this robot has said. */
  robotSaid(key: string): ChatItem[]
  /** Asks the product's callback URL the verification question; true if the plain echo came back. */
  verifyUrl(): Promise<boolean>
  /** Makes the present access token invalid before its time (40014). */
  dropToken(): void
}
