import { setTimeout as delay } from 'node:timers/promises'
import { SECOND } from '../lib/clock.ts'
import { log } from '../lib/log.ts'
import { type DingtalkCardPress, type DingtalkEvent, dingtalkDedupKey } from './dingtalk-event.ts'
import {
  answerAck,
  type DingtalkAnswer,
  emptyAck,
  type Frame,
  frameEvent,
  pong,
  unknownAck,
  unreadableAck,
} from './dingtalk-frame.ts'

/** Who is told what comes over Stream. */
export interface DingtalkHandler {
  /** One event; what it throws is told to the platform, which may send the event again. */
  handle(event: DingtalkEvent): Promise<DingtalkAnswer | undefined>
  /** The answer to a press that came after the platform had stopped waiting: it must reach the card by `lateUpdate`. */
  late?(press: DingtalkCardPress, answer: DingtalkAnswer): Promise<void>
}

/** How long the platform waits for an ack, less the way there and back, in ms. */
export interface AckTimes {
  /** Presses and messages: 2 s. */
  pressMs: number
  /** Events of the company are sent again after about a minute. */
  eventMs: number
}

export const ACK_TIMES: AckTimes = { pressMs: 1.5 * SECOND, eventMs: 20 * SECOND }

export interface DingtalkAcks {
  /** Has a frame handled and sends its ack, in time and in its shape. */
  take(frame: Frame, send: (ack: string) => void): void
  /** Resolves when everything is handled and its acks are sent. */
  idle(): Promise<void>
}

type Outcome = { answer: DingtalkAnswer } | { error: unknown }
interface Work {
  outcome: Promise<Outcome>
  late: boolean
}

const MOST_REMEMBERED = 2000

/** Acks for all connections of one application: what comes twice, on whichever of them, is handled once. */
export function dingtalkAcks(handler: DingtalkHandler, times: AckTimes): DingtalkAcks {
  const works = new Map<string | symbol, Work>()
  const running = new Set<Promise<unknown>>()

  function workOn(event: DingtalkEvent): Work {
    // A frame without an id is never taken for another one.
    const key = dingtalkDedupKey(event) ?? Symbol()
    const known = works.get(key)
    if (known) return known
    const work: Work = { outcome: outcomeOf(event), late: false }
    works.set(key, work)
    if (works.size > MOST_REMEMBERED) works.delete(works.keys().next().value ?? '')
    track(
      work.outcome.then((outcome) => {
        // What was not done must be done when it comes again.
        if ('error' in outcome || outcome.answer.again) works.delete(key)
      }),
    )
    return work
  }

  async function outcomeOf(event: DingtalkEvent): Promise<Outcome> {
    try {
      return { answer: (await handler.handle(event)) ?? {} }
    } catch (error) {
      log.error({ err: error, kind: event.kind }, 'an event of DingTalk could not be handled')
      return { error }
    }
  }

  async function follow(event: DingtalkEvent, outcome: Outcome): Promise<void> {
    if (event.kind !== 'card' || !('answer' in outcome)) return
    try {
      await handler.late?.(event, outcome.answer)
    } catch (error) {
      log.error({ err: error }, 'a late answer could not be given')
    }
  }

  function track(work: Promise<unknown>): void {
    const settled = work
      .catch((error: unknown) => log.error({ err: error }, 'an ack to DingTalk could not be sent'))
      .finally(() => running.delete(settled))
    running.add(settled)
  }

  async function handled(frame: Frame, event: DingtalkEvent): Promise<string> {
    const work = workOn(event)
    const outcome = await within(work.outcome, event.kind === 'event' ? times.eventMs : times.pressMs)
    if (!outcome) {
      if (!work.late) track(work.outcome.then((given) => follow(event, given)))
      work.late = true
      return emptyAck(frame, event, 200)
    }
    return 'error' in outcome ? emptyAck(frame, event, 500) : answerAck(frame, event, outcome.answer)
  }

  async function ackOf(frame: Frame): Promise<string> {
    const event = eventOf(frame)
    if (event === 'unreadable') return unreadableAck(frame)
    return event ? handled(frame, event) : unknownAck(frame)
  }

  return {
    take(frame, send) {
      if (frame.type !== 'SYSTEM') track(ackOf(frame).then(send))
      else if (frame.topic === 'ping') send(pong(frame))
    },

    async idle() {
      while (running.size > 0) await Promise.all(running)
    },
  }
}

function eventOf(frame: Frame): DingtalkEvent | 'unreadable' | undefined {
  try {
    return frameEvent(frame)
  } catch (error) {
    log.warn({ err: error, topic: frame.topic }, 'a frame of DingTalk cannot be read')
    return 'unreadable'
  }
}

/** What comes of the work if that takes no longer; the work itself goes on. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  const over = new AbortController()
  try {
    return await Promise.race([work, delay(ms, undefined, { signal: over.signal }).catch(() => undefined)])
  } finally {
    over.abort()
  }
}
