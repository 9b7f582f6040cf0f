import { rawJson } from './call.ts'
import type { BotEvent, BotPress } from './wecom-bot-event.ts'
import type { TemplateCard } from './wecom-card.ts'
import { clipBytes } from './wecom-message.ts'

/**
 * What a handler answers. `stream` is Markdown: a whole text, or one text after the other, each standing in place of the
 * one before. `updateCard` changes the card that was pressed (for `userIds` only, in a group) and must come within five
 * seconds; `welcome` likewise, and only to `enter`. Anything else in answer to an event is sent as a message of its own.
 */
export type BotAnswer =
  | { stream: string | AsyncIterable<string>; card?: TemplateCard; feedbackId?: string }
  | { card: TemplateCard }
  | { updateCard: TemplateCard; userIds?: string[] }
  | { welcome: string | TemplateCard }

/** Answers what people say and press, in whichever mode the bot runs. Repeats are its own affair: see `botDedupKey`. */
export type BotHandler = (event: BotEvent) => Promise<BotAnswer | undefined>

/** The sentences that the bot says by itself. */
export interface BotWords {
  /** While there is nothing else to show. */
  working: string
  /** The six minutes of a stream are over: the answer will come as a message of its own. */
  later: string
  /** The answer was lost (a restart): please ask again. */
  lost: string
  /** The handler failed. */
  failed: string
  /** A stream that was begun ends in a card, or in nothing. */
  done: string
}

/** A stream lives for six minutes from its question or first frame (§3); we stop before the platform does. */
export const STREAM_LIFE_MS = 345_000

const MARKDOWN_BYTES = 20_480

/** One frame or poll answer of a stream; the content is always the whole of it. */
export function streamBody(
  stream: { id: string; content: string; finish: boolean; feedbackId?: string },
  card?: TemplateCard,
): object {
  const { id, finish, feedbackId } = stream
  const content = clipBytes(stream.content, MARKDOWN_BYTES)
  return clean({
    msgtype: card ? 'stream_with_template_card' : 'stream',
    stream: { id, finish, content, ...(feedbackId && { feedback: { id: feedbackId } }) },
    ...(card && { template_card: card }),
  })
}

/** A message of its own: by a response_url, or pushed over the long connection. */
export function messageBodies(text: string, card?: TemplateCard): object[] {
  return [
    ...(text ? [clean({ msgtype: 'markdown', markdown: { content: clipBytes(text, MARKDOWN_BYTES) } })] : []),
    ...(card ? [cardBody(card)] : []),
  ]
}

export function cardBody(card: TemplateCard): object {
  return clean({ msgtype: 'template_card', template_card: card })
}

export function welcomeBody(welcome: string | TemplateCard): object {
  return typeof welcome === 'string' ? clean({ msgtype: 'text', text: { content: welcome } }) : cardBody(welcome)
}

/** The new look of the pressed card: its task_id must be the one that came with the press. */
export function updateBody({ taskId }: BotPress, card: TemplateCard, userIds?: string[]): object {
  return clean({
    response_type: 'update_template_card',
    ...(userIds && { userids: userIds }),
    template_card: { ...card, task_id: taskId },
  })
}

/** Without the characters that WeCom refuses, as `rawJson` writes it. */
function clean(body: object): object {
  return JSON.parse(rawJson(body)) as object
}
