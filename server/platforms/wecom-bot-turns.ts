import { createHash } from 'node:crypto'
import { type Clock, HOUR, MINUTE, SECOND } from '../lib/clock.ts'
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
import type { BotEvent, BotPoll } from './wecom-bot-event.ts'
import { respondByUrl } from './wecom-bot-respond.ts'
import { type BotWork, startWork } from './wecom-bot-work.ts'

export interface BotTurnsSettings {
  words: BotWords
  clock: Clock
  /** Real time within which a callback is answered, in ms; the platform waits for five seconds. */
  patienceMs?: number
}

/** The answers of a bot in callback mode: to a callback at once, to the polls of its stream, and late by response_url. */
export interface BotTurns {
  /** The plaintext of the reply to this callback; nothing means an empty answer. */
  answer(event: BotEvent | BotPoll): Promise<object | undefined>
}

/** A message that is being answered. */
interface Turn {
  streamId: string
  work: BotWork
  event: BotEvent
  startedAt: number
  /** When the platform last asked for the stream; 0 when none was begun. */
  askedAt: number
  /** The stream was ended with the promise of a later message. */
  promised: boolean
}

const PATIENCE_MS = 4 * SECOND
/** The platform asks about every second; who has not asked for so long has given the stream up. */
const NO_LONGER_ASKED_MS = 30 * SECOND
const KEPT_MS = HOUR

/**
 * Runs the handler once for each message, however often it is delivered, and answers the polls of its stream from what
 * the work has come to. Turns are kept in memory: a poll that reaches a process which does not know the stream gets a
 * calm last sentence, and the process that has the answer notices that nobody asks any more and sends it by response_url.
 */
export function wecomBotTurns(settings: BotTurnsSettings, handler: BotHandler): BotTurns {
  const { words, clock, patienceMs = PATIENCE_MS } = settings
  const turns = new Map<string, Turn>()

  function sweep(): void {
    for (const [id, { startedAt, work }] of turns) {
      if (work.finished && startedAt < clock.now() - KEPT_MS) turns.delete(id)
    }
  }

  async function answerMessage(event: BotEvent): Promise<object | undefined> {
    const streamId = streamIdOf(event.msgId)
    const known = turns.get(streamId)
    const turn = known ?? begin(event, streamId)
    await turn.work.changed(patienceMs)
    const { work } = turn
    if (work.finished && turn.askedAt === 0) return finalBody(turn)
    const first = turn.askedAt === 0
    turn.askedAt = clock.now()
    if (first) void followUp(turn)
    return streamOf(turn)
  }

  function begin(event: BotEvent, streamId: string): Turn {
    sweep()
    const work = startWork(handler, event, words)
    const turn: Turn = { streamId, work, event, startedAt: clock.now(), askedAt: 0, promised: false }
    turns.set(streamId, turn)
    return turn
  }

  function answerPoll(poll: BotPoll): object {
    const turn = turns.get(poll.streamId)
    if (!turn) return streamBody({ id: poll.streamId, content: words.lost, finish: true })
    turn.askedAt = clock.now()
    turn.promised ||= !turn.work.finished && clock.now() - turn.startedAt >= STREAM_LIFE_MS
    return streamOf(turn)
  }

  function streamOf({ streamId: id, work, promised }: Turn): object {
    const { content, card, feedbackId, finished } = work
    if (promised) {
      return streamBody({ id, content: [content, words.later].filter(Boolean).join('\n\n'), finish: true, feedbackId })
    }
    const shown = content || (finished ? words.done : words.working)
    return streamBody({ id, content: shown, finish: finished, feedbackId }, finished ? card : undefined)
  }

  /** When the work ends after the platform has stopped asking, its end goes out as a message of its own. */
  async function followUp(turn: Turn): Promise<void> {
    while (!turn.work.finished) await turn.work.changed(MINUTE)
    const stillAsked = clock.now() - turn.askedAt < NO_LONGER_ASKED_MS
    if (turn.promised || !stillAsked) await sendLate(turn.event, turn.work)
  }

  async function sendLate(event: BotEvent, { content, card }: Pick<BotWork, 'content' | 'card'>): Promise<void> {
    // The address is good for one message: words that come with a card go first, since a card has none of its own.
    const [body] = messageBodies(content, card)
    if (body) await respondByUrl(event.responseUrl, body).catch((err) => log.warn({ err }, 'a late answer was lost'))
  }

  async function answerEvent(event: BotEvent): Promise<object | undefined> {
    const work = startWork(handler, event, words)
    const until = performance.now() + patienceMs
    while (!work.finished && performance.now() < until) await work.changed(until - performance.now())
    const { answer, finished } = work
    if (finished && answer && 'updateCard' in answer && event.kind === 'card') {
      return updateBody(event, answer.updateCard, answer.userIds)
    }
    if (finished && answer && 'welcome' in answer && event.kind === 'enter') return welcomeBody(answer.welcome)
    void lateToEvent(event, work)
    return undefined
  }

  async function lateToEvent(event: BotEvent, work: BotWork): Promise<void> {
    while (!work.finished) await work.changed(MINUTE)
    if (work.answer && ('updateCard' in work.answer || 'welcome' in work.answer)) {
      log.warn({ kind: event.kind }, 'the AI bot answered an event too late or with the wrong thing')
      return
    }
    await sendLate(event, work)
  }

  return {
    async answer(event) {
      if (event.kind === 'stream_poll') return answerPoll(event)
      return event.kind === 'message' ? answerMessage(event) : answerEvent(event)
    },
  }
}

function finalBody({ streamId: id, work }: Turn): object | undefined {
  const { content, card, feedbackId } = work
  if (card && !content) return cardBody(card)
  if (!content) return undefined
  return streamBody({ id, content, finish: true, feedbackId }, card)
}

/** Each delivery of a message names the same stream, whichever process it reaches. */
function streamIdOf(msgId: string): string {
  return createHash('sha256').update(msgId).digest('base64url').slice(0, 24)
}
