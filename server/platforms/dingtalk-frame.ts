import { z } from 'zod'
import { type CardChange, cardAnswer } from './dingtalk-card.ts'
import {
  type DingtalkEvent,
  dingtalkCardPress,
  dingtalkOrgEvent,
  dingtalkRobotMessage,
  jsonOf,
} from './dingtalk-event.ts'

/*
 * What goes over a Stream connection (PLATFORMS.md §5.7): frames down, and up one ack for each, in a shape of its own
 * for every kind.
 */

const ROBOT_TOPIC = '/v1.0/im/bot/messages/get'
const CARD_TOPIC = '/v1.0/card/instances/callback'

/** Everything we can read: the company's events, messages to the robot and presses on cards. */
export const SUBSCRIPTIONS = [
  { type: 'EVENT', topic: '*' },
  { type: 'CALLBACK', topic: ROBOT_TOPIC },
  { type: 'CALLBACK', topic: CARD_TOPIC },
]

const frameShape = z
  .object({
    type: z.string(),
    headers: z
      .object({
        topic: z.string().default(''),
        messageId: z.string().default(''),
        eventId: z.string().optional(),
        eventType: z.string().optional(),
      })
      .default({ topic: '', messageId: '' }),
    data: z.string().default(''),
  })
  .transform(({ headers, ...frame }) => ({ ...frame, ...headers }))

/** A frame of the server; `data` is JSON in text. */
export type Frame = z.infer<typeof frameShape>

/** Reads a frame; throws CallbackRefused or ZodError when it is none. */
export function readFrame(wire: string): Frame {
  return frameShape.parse(jsonOf(wire))
}

/** What a frame tells; undefined for topics that we did not ask for. Throws CallbackRefused when it cannot be read. */
export function frameEvent(frame: Frame): DingtalkEvent | undefined {
  if (frame.type === 'EVENT') return dingtalkOrgEvent(jsonOf(frame.data), frame)
  if (frame.type !== 'CALLBACK') return undefined
  if (frame.topic === ROBOT_TOPIC) return dingtalkRobotMessage(jsonOf(frame.data))
  if (frame.topic === CARD_TOPIC) return dingtalkCardPress(jsonOf(frame.data), frame.messageId)
  return undefined
}

/** What a handler has to say to an event; nothing at all is "done", and leaves a card as it is. */
export interface DingtalkAnswer {
  /** To a press: what changes on the card. */
  card?: CardChange
  /** To an event of the company: send it again later. */
  again?: boolean
}

/** The ack of an event that was handled. */
export function answerAck(frame: Frame, event: DingtalkEvent, answer: DingtalkAnswer): string {
  return ack(frame.messageId, 200, 'OK', answerData(event, answer))
}

/** The ack of an event that is still being handled, or could not be: it may come again. */
export function emptyAck(frame: Frame, event: DingtalkEvent, code: 200 | 500): string {
  return ack(frame.messageId, code, code === 200 ? 'OK' : 'failed', answerData(event, { again: true }))
}

/** The ack of a topic that nobody listens to. */
export function unknownAck(frame: Frame): string {
  return ack(frame.messageId, 404, 'no handler', {})
}

/** The ack of something that cannot be read. */
export function unreadableAck(frame: Frame): string {
  return ack(frame.messageId, 500, 'unreadable', {})
}

/** The ack of a ping: its own data. */
export function pong(frame: Frame): string {
  return envelope(frame.messageId, 200, 'OK', frame.data)
}

function answerData(event: DingtalkEvent, { again, card }: DingtalkAnswer): object {
  switch (event.kind) {
    case 'robot_message':
      return { response: null }
    case 'card':
      return { response: cardAnswer(card) }
    case 'event':
      // The only one that is not wrapped in `response`.
      return again ? { status: 'LATER', message: '' } : { status: 'SUCCESS', message: '' }
  }
}

function ack(messageId: string, code: number, message: string, data: object): string {
  return envelope(messageId, code, message, JSON.stringify(data))
}

function envelope(messageId: string, code: number, message: string, data: string): string {
  return JSON.stringify({ code, headers: { contentType: 'application/json', messageId }, message, data })
}
