import type { Clock } from '../lib/clock.ts'
import { PlatformError } from '../lib/errors.ts'
import { log } from '../lib/log.ts'
import {
  type BotHandler,
  type BotWords,
  cardBody,
  messageBodies,
  STREAM_LIFE_MS,
  streamBody,
  updateBody,
  welcomeBody,
} from './wecom-bot-answer.ts'
import { type BotConversation, type BotEvent, botEvent } from './wecom-bot-event.ts'
import { type BotLinkHealth, type BotReply, botSocket } from './wecom-bot-socket.ts'
import { type BotWork, startWork } from './wecom-bot-work.ts'
import type { TemplateCard } from './wecom-card.ts'

export interface WecomBotLinkSettings {
  botId: string
  secret: string
  /** Empty: the public address. */
  wsUrl?: string
  words: BotWords
  clock: Clock
  /** Real ms after which a person sees that the bot works; default 2000. */
  patienceMs?: number
  /** Real ms between two frames of one stream, since each counts (30 a minute); default 3000. */
  frameGapMs?: number
  /** Real ms before the first try after a lost connection; doubles up to 30 s. Default 1000. */
  reconnectMs?: number
  /** Real ms in which a subscription must be answered; default 15 s. */
  subscribeMs?: number
}

/** The long connection of one AI bot (§3.2). */
export interface WecomBotLink {
  health(): BotLinkHealth
  /** Resolves when the bot is subscribed; rejects when it will never be (replaced, refused, stopped). */
  live(): Promise<void>
  /** Pushes a message into a conversation in which somebody has spoken to the bot before. Repeats are not recognised. */
  send(conversation: BotConversation, text: string, card?: TemplateCard): Promise<void>
  stop(): void
}

const PATIENCE_MS = 2000
const FRAME_GAP_MS = 3000
/** How many message ids are remembered: a repeat comes soon or never. */
const REMEMBERED = 2000
/** The platform's number for a stream that has ended or expired. */
const STREAM_ENDED = 846608

/**
 * Connects at once and stays connected, but for two ends: a newer subscription took this one's place, or the secret was
 * refused again and again. Then nothing is tried any more until somebody restarts; `health` says which it was.
 */
export function wecomBotLink(settings: WecomBotLinkSettings, handler: BotHandler): WecomBotLink {
  const { words, clock, patienceMs = PATIENCE_MS, frameGapMs = FRAME_GAP_MS } = settings
  const socket = botSocket(settings, receive)
  const seen = new Set<string>()

  function receive(body: unknown, reply: BotReply): void {
    const event = readEvent(body)
    if (!event || seen.has(event.msgId)) return
    seen.add(event.msgId)
    if (seen.size > REMEMBERED) seen.delete(seen.values().next().value ?? '')
    const answering = event.kind === 'message' ? answerMessage(event, reply) : answerEvent(event, reply)
    answering.catch((err: unknown) => log.warn({ err, msgId: event.msgId }, 'an answer of the AI bot was lost'))
  }

  async function answerMessage(event: BotEvent, reply: BotReply): Promise<void> {
    const work = startWork(handler, event, words)
    await work.changed(patienceMs)
    if (work.finished) return sayAtOnce(event, work, reply)
    const id = `s-${event.msgId}`
    await showProgress(id, work, reply)
    if (!work.finished) {
      const promise = [work.content, words.later].filter(Boolean).join('\n\n')
      await reply.respond(streamBody({ id, content: promise, finish: true })).catch(() => undefined)
      while (!work.finished) await work.changed(frameGapMs)
      return send(event.conversation, work.content, work.card)
    }
    await finish(event, streamBody({ id, content: work.content || words.done, finish: true }, work.card), work, reply)
  }

  /** Frames of what there is so far, until the work ends or the stream grows too old. */
  async function showProgress(id: string, work: BotWork, reply: BotReply): Promise<void> {
    const openedAt = clock.now()
    let shown: string | undefined
    let shownAt = Number.NEGATIVE_INFINITY
    while (!work.finished && clock.now() - openedAt < STREAM_LIFE_MS) {
      const content = work.content || words.working
      const rest = shownAt + frameGapMs - performance.now()
      if (content !== shown && rest <= 0) {
        shown = content
        shownAt = performance.now()
        const frame = streamBody({ id, content, finish: false, feedbackId: work.feedbackId })
        // What is lost here is made good by the next frame, which is the whole text again.
        await reply.respond(frame).catch((err: unknown) => log.warn({ err }, 'a frame of a stream was lost'))
      } else {
        await work.changed(content === shown ? frameGapMs : rest)
      }
    }
  }

  async function sayAtOnce(event: BotEvent, work: BotWork, reply: BotReply): Promise<void> {
    const { content, card, feedbackId } = work
    if (card && !content) return finish(event, cardBody(card), work, reply)
    if (!content) return
    await finish(event, streamBody({ id: `s-${event.msgId}`, content, finish: true, feedbackId }, card), work, reply)
  }

  /** The end must arrive: it waits for the connection, and when its frame is refused it goes as a message of its own. */
  async function finish(event: BotEvent, frame: object, { content, card }: BotWork, reply: BotReply): Promise<void> {
    const first = await tried(frame, reply)
    if (first === undefined) return
    // Without an acknowledgement it may have arrived: a stream that says it has ended has had our end.
    const second = first === 'no_ack' ? await tried(frame, reply) : first
    if (second === undefined || (first === 'no_ack' && second === STREAM_ENDED)) return
    log.warn({ code: second, msgId: event.msgId }, 'the end of a stream goes as a message of its own')
    await send(event.conversation, content, card)
  }

  async function tried(frame: object, reply: BotReply): Promise<string | number | undefined> {
    await socket.live()
    try {
      await reply.respond(frame)
      return undefined
    } catch (error) {
      if (error instanceof PlatformError) return error.code
      throw error
    }
  }

  async function answerEvent(event: BotEvent, reply: BotReply): Promise<void> {
    const work = startWork(handler, event, words)
    while (!work.finished) await work.changed(patienceMs)
    const { answer, content, card } = work
    if (answer && 'updateCard' in answer && event.kind === 'card') {
      return reply.update(updateBody(event, answer.updateCard, answer.userIds))
    }
    if (answer && 'welcome' in answer && event.kind === 'enter') return reply.welcome(welcomeBody(answer.welcome))
    // A stream in answer to an event is refused (846605).
    await send(event.conversation, content, card)
  }

  async function send(conversation: BotConversation, text: string, card?: TemplateCard): Promise<void> {
    for (const body of messageBodies(text, card)) {
      await socket.live()
      const to = { chatid: conversation.id, chat_type: conversation.kind === 'group' ? 2 : 1 }
      await socket.push({ ...to, ...body })
    }
  }

  return { health: socket.health, live: socket.live, send, stop: socket.stop }
}

function readEvent(body: unknown): BotEvent | undefined {
  try {
    const event = botEvent(body)
    return event.kind === 'stream_poll' ? undefined : event
  } catch (err) {
    log.warn({ err }, 'the AI bot received what it cannot read')
    return undefined
  }
}
