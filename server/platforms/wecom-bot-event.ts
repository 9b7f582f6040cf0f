import { createHash } from 'node:crypto'
import { z } from 'zod'
import { CallbackRefused } from './wx-crypto.ts'

/*
 * What a WeCom AI bot receives, alike in both of its modes (PLATFORMS.md §3.1): the JSON inside a callback, or the body of
 * a frame of the long connection.
 */

/** Where something was said; `id` is the person's user id, or the group's chat id. */
export interface BotConversation {
  kind: 'single' | 'group'
  id: string
}

/** A picture, file or video of a message: good for five minutes, encrypted with its key; see `fetchBotFile`. */
export interface BotFile {
  url: string
  aesKey: string
}

/** What a message says: all its words (a voice message comes as words already) and all its files. */
export interface BotSaid {
  text: string
  files: BotFile[]
}

interface Common {
  /** Repeats of one callback carry the same; hand it to `botDedupKey`. */
  msgId: string
  userId: string
  conversation: BotConversation
  /** Good for one answer within an hour; callback mode only. */
  responseUrl?: string
}

/** A message to the bot; in a group it is one that names the bot, and the leading @name is cut off. */
export type BotMessage = Common & BotSaid & { kind: 'message'; type: string; quoted?: BotSaid }

/** A press on a card's button or upper-right menu; `selected`: the chosen option ids by question_key. */
export type BotPress = Common & {
  kind: 'card'
  taskId: string
  eventKey: string
  cardType: string
  selected: Record<string, string[]>
}

/** What a handler is asked. */
export type BotEvent =
  | BotMessage
  | BotPress
  /** The first look at the single chat on that day. */
  | (Common & { kind: 'enter' })
  | (Common & { kind: 'feedback'; feedbackId: string; verdict: BotVerdict; text: string; reasons: number[] })
  | (Common & { kind: 'other'; type: string })

/** Callback mode only: the platform asks for the rest of a stream that was begun. */
export type BotPoll = Common & { kind: 'stream_poll'; streamId: string }

export type BotVerdict = 'accurate' | 'inaccurate' | 'withdrawn'

const VERDICTS: Record<number, BotVerdict> = { 1: 'accurate', 2: 'inaccurate', 3: 'withdrawn' }

const words = z.object({ content: z.string().default('') })
const file = z.object({ url: z.string(), aeskey: z.string().optional() })
const parts = z.object({
  msgtype: z.string().min(1),
  text: words.optional(),
  voice: words.optional(),
  image: file.optional(),
  file: file.optional(),
  video: file.optional(),
})
type Parts = z.infer<typeof parts>
const content = parts.extend({ mixed: z.object({ msg_item: z.array(parts) }).optional() })

const pressShape = z.object({
  card_type: z.string().default(''),
  event_key: z.string().default(''),
  task_id: z.string().default(''),
  selected_items: z
    .object({
      selected_item: z
        .array(
          z.object({
            question_key: z.string(),
            option_ids: z.object({ option_id: z.array(z.string()).default([]) }).default({ option_id: [] }),
          }),
        )
        .default([]),
    })
    .optional(),
})
const feedbackShape = z.object({
  id: z.string().default(''),
  type: z.number(),
  content: z.string().default(''),
  inaccurate_reason_list: z.array(z.number()).default([]),
})

const received = content.extend({
  msgid: z.string().min(1),
  from: z.object({ userid: z.string().min(1) }),
  chattype: z.enum(['single', 'group']).default('single'),
  chatid: z.string().optional(),
  response_url: z.string().optional(),
  quote: content.optional(),
  stream: z.object({ id: z.string().min(1) }).optional(),
  event: z
    .object({
      eventtype: z.string(),
      template_card_event: pressShape.optional(),
      feedback_event: feedbackShape.optional(),
    })
    .optional(),
})
type Received = z.infer<typeof received>

/**
 * Reads what the bot received; throws CallbackRefused('content') when sender, id or type is missing. `aesKey` opens the
 * files that bring no key of their own, which is so in callback mode.
 */
export function botEvent(value: unknown, aesKey = ''): BotEvent | BotPoll {
  const parsed = received.safeParse(value)
  if (!parsed.success) throw new CallbackRefused('content', z.prettifyError(parsed.error))
  const body = parsed.data
  const common = commonOf(body)
  if (body.msgtype === 'event') return eventOf(body, common)
  if (body.msgtype === 'stream') return { ...common, kind: 'stream_poll', streamId: body.stream?.id ?? '' }
  const said = saidIn(body, aesKey)
  return {
    ...common,
    kind: 'message',
    type: body.msgtype,
    text: common.conversation.kind === 'group' ? said.text.replace(/^@\S+\s+/, '') : said.text,
    files: said.files,
    ...(body.quote && { quoted: saidIn(body.quote, aesKey) }),
  }
}

/** The same for each of the platform's repeats of one callback; always 50 characters or less. */
export function botDedupKey(event: BotEvent): string {
  const key = `b:${event.msgId}`
  return key.length <= 50 ? key : `b:${createHash('sha256').update(event.msgId).digest('base64url')}`
}

function commonOf(body: Received): Common {
  const group = body.chattype === 'group' && body.chatid
  return {
    msgId: body.msgid,
    userId: body.from.userid,
    conversation: group ? { kind: 'group', id: group } : { kind: 'single', id: body.from.userid },
    ...(body.response_url && { responseUrl: body.response_url }),
  }
}

function eventOf({ event }: Received, common: Common): BotEvent {
  if (event?.template_card_event) return { ...common, kind: 'card', ...pressOf(event.template_card_event) }
  if (event?.feedback_event) {
    const { id, type, content, inaccurate_reason_list: reasons } = event.feedback_event
    const verdict = VERDICTS[type] ?? 'withdrawn'
    return { ...common, kind: 'feedback', feedbackId: id, verdict, text: content, reasons }
  }
  const type = event?.eventtype ?? ''
  return type === 'enter_chat' ? { ...common, kind: 'enter' } : { ...common, kind: 'other', type }
}

function pressOf(press: z.infer<typeof pressShape>) {
  const items = press.selected_items?.selected_item ?? []
  return {
    taskId: press.task_id,
    eventKey: press.event_key,
    cardType: press.card_type,
    selected: Object.fromEntries(items.map((item) => [item.question_key, item.option_ids.option_id])),
  }
}

function saidIn(said: z.infer<typeof content>, aesKey: string): BotSaid {
  const all: Parts[] = said.mixed?.msg_item ?? [said]
  return {
    text: all
      .map((part) => part.text?.content ?? part.voice?.content ?? '')
      .filter(Boolean)
      .join('\n'),
    files: all
      .map((part) => part.image ?? part.file ?? part.video)
      .filter((found) => found !== undefined)
      .map(({ url, aeskey }) => ({ url, aesKey: aeskey ?? aesKey })),
  }
}
