import type { CardItem, ChatItem } from './chat.ts'

/** An answer that is written while one reads: each frame replaces the whole text. */
export interface StreamItem {
  id: string
  at: number
  from: 'app'
  kind: 'stream'
  text: string
  /** `open` until the finishing frame; `expired` when six minutes went by without one. */
  state: 'open' | 'finished' | 'expired'
  /** How many times the text was set. */
  frames: number
  /** Set: the person may say whether the answer was any good. */
  feedbackId?: string
}

/** What stands in a conversation with the bot; `userid`: who said it. */
export type BotItem = (Exclude<ChatItem, CardItem> | StreamItem | BotCardItem) & { userid?: string }

/** A card, and the copies of those for whom alone it was changed. */
export type BotCardItem = CardItem & { seenBy?: Record<string, CardItem> }

/** What became of something that a person did. */
export interface BotResult {
  /** Which way it went; `nowhere` when no connection was open, or three exchanges were under way. */
  way: 'callback' | 'link' | 'nowhere'
  /** HTTP status of the last callback; 200 for a frame that was sent, 0 = no answer or not sent. */
  status: number
  /** Deliveries of the message itself. */
  attempts: number
  /** Answers that were not accepted, and why. */
  refused: string[]
}

/** What the bot answered to a message. */
export interface BotAsked extends BotResult {
  msgid: string
  /** What the bot showed in this exchange, as it stood at its end, oldest first. */
  items: BotItem[]
  /** The whole text after each frame of the stream. */
  frames: string[]
  /** How often the platform asked for the rest. */
  polls: number
  /** Callback mode only. */
  responseUrl?: string
}

/** What became of a press on one of the bot's cards. */
export interface BotPressed extends BotResult {
  /** Whether the answer changed the card. */
  changed: boolean
  /** The card as the presser sees it after the answer. */
  card: CardItem
}

/** Switches that make the bot's platform misbehave. */
export interface BotFaults {
  /** Connections and calls are cut. */
  down: boolean
  /** The next n replies to callbacks are lost on the way: a message is delivered again, an event is not. */
  loseReplies: number
  /** How many more times each callback or frame is delivered. */
  duplicates: number
  /** Codes answered to the next frames of the long connection, one each. */
  errcodes: number[]
  /** The next n frames are carried out, but not acknowledged. */
  loseAcks: number
  /** The next n subscriptions are not answered at all. */
  deafSubscriptions: number
}

/** Limits and spans of the platform, changeable for tests. */
export interface BotLimits {
  perMinute: number
  perHour: number
  /** Exchanges of one person that may be under way at a time. */
  exchanges: number
  /** Real ms between two questions for the rest of a stream. */
  pollMs: number
  /** Real ms after which one who asked over the long connection looks away when nothing at all has come. */
  patienceMs: number
}

/** One group in which the bot is, or a single chat (then without one). */
export interface BotPlace {
  chatId?: string
}

/** A WeCom AI bot as its platform runs it, in either mode, with everybody's conversation. */
export interface WecomBotStandIn {
  readonly faults: BotFaults
  readonly limits: BotLimits
  /** Bodies that reached the product's callback or connection, in order. */
  readonly pushed: Record<string, unknown>[]
  /** Frames that came over the long connection, in order, but for subscriptions and pings. */
  readonly frames: { cmd: string; body: unknown; errcode: number }[]
  /** How often a connection subscribed with success. */
  readonly subscriptions: () => number
  readonly connected: () => boolean
  /** What stands in a conversation, by user id or chat id; as `viewer` sees it. */
  chat(conversation: string, viewer?: string): BotItem[]
  /** Says something to the bot (in a group: @s it) and follows the answer to its end. */
  ask(userid: string, text: string, place?: BotPlace): Promise<BotAsked>
  /** Sends a picture to the bot; single chats only. */
  sendImage(userid: string, bytes: Buffer): Promise<BotAsked>
  /** Opens the single chat; the first time on a day is an event. */
  enter(userid: string): Promise<BotAsked>
  press(
    userid: string,
    taskId: string,
    key: string,
    selected?: Record<string, string[]>,
    place?: BotPlace,
  ): Promise<BotPressed>
  pressMenu(userid: string, taskId: string, key: string, place?: BotPlace): Promise<BotPressed>
  /** Says whether an answer was any good: 1 accurate, 2 inaccurate, 3 withdrawn. */
  feedback(userid: string, feedbackId: string, type: 1 | 2 | 3, content?: string): Promise<BotResult>
  /** The bytes of a picture that somebody sent, as the client shows them. */
  media(id: string): Promise<{ bytes: Buffer; mime: string } | undefined>
  /** Asks the product's callback URL the verification question; true if the plain echo came back. */
  verifyUrl(): Promise<boolean>
  /** Cuts the long connection without a word. */
  cut(): void
}
