import { createHash } from 'node:crypto'
import { z } from 'zod'
import { CallbackRefused } from './wx-crypto.ts'

/** What every push tells. */
interface Common {
  /** The person's openid. */
  from: string
  /** The mini-program's original id (gh_…). */
  to: string
  /** CreateTime in ms; the platform's retries of one push repeat it. */
  createdAt: number
  /** 64 bits as text; '' for events, which have none. */
  msgId: string
}

export interface SubscribeChoice {
  templateId: string
  accepted: boolean
}

export interface SubscribeResult {
  templateId: string
  /** The msgid that the send call returned. */
  msgid: string
  /** 0 is delivered. */
  errorCode: number
  errorStatus: string
}

/** A push of WeChat, named as on the wire (PLATFORMS.md §6.2, 6.3, 6.6). */
export type WechatEvent =
  /** The person answered the question for permission. */
  | (Common & { kind: 'subscribe_msg_popup_event'; choices: SubscribeChoice[] })
  /** The person changed permissions in the settings. */
  | (Common & { kind: 'subscribe_msg_change_event'; choices: SubscribeChoice[] })
  /** What became of messages that were sent. */
  | (Common & { kind: 'subscribe_msg_sent_event'; results: SubscribeResult[] })
  /** The verdict on a picture; `errcode` -1008: it could not be fetched. */
  | (Common & {
      kind: 'wxa_media_check'
      traceId: string
      errcode: number
      suggest: 'pass' | 'review' | 'risky' | ''
      label: number
    })
  | (Common & { kind: 'other'; msgType: string; event: string; fields: Record<string, unknown> })

/** Numbers and texts alike: the JSON form writes numbers where the XML form can only write text. */
const text = z
  .union([z.string(), z.number()])
  .optional()
  .transform((value) => (value === undefined ? '' : String(value)))
const number = text.transform((value) => Number(value || 0))

const head = z.looseObject({
  ToUserName: text,
  FromUserName: text.refine((value) => value !== ''),
  CreateTime: text.refine((value) => /^\d{1,12}$/.test(value)),
  MsgType: text.refine((value) => value !== ''),
  Event: text,
  MsgId: text,
})
type Push = z.infer<typeof head>

/** One row or a list of rows, directly under the root (JSON) or under an element named for the event (XML). */
function rows<T>(row: z.ZodType<T>) {
  return z
    .union([z.array(row), row])
    .optional()
    .transform((list) => (list === undefined ? [] : Array.isArray(list) ? list : [list]))
}

const choices = rows(
  z.object({ TemplateId: text, SubscribeStatusString: text }).transform(
    (row): SubscribeChoice => ({
      templateId: row.TemplateId,
      accepted: row.SubscribeStatusString === 'accept',
    }),
  ),
)

const results = rows(
  z.object({ TemplateId: text, MsgID: text, ErrorCode: number, ErrorStatus: text }).transform(
    (row): SubscribeResult => ({
      templateId: row.TemplateId,
      msgid: row.MsgID,
      errorCode: row.ErrorCode,
      errorStatus: row.ErrorStatus,
    }),
  ),
)

const mediaCheck = z.object({
  trace_id: text.refine((value) => value !== ''),
  errcode: number,
  result: z
    .object({ suggest: z.enum(['pass', 'review', 'risky', '']).catch(''), label: number })
    .default({ suggest: '', label: 0 }),
})

const readers: Record<string, (push: Push, common: Common) => WechatEvent> = {
  subscribe_msg_popup_event: (push, common) => ({
    ...common,
    kind: 'subscribe_msg_popup_event',
    choices: read(choices, listOf(push, 'SubscribeMsgPopupEvent')),
  }),
  subscribe_msg_change_event: (push, common) => ({
    ...common,
    kind: 'subscribe_msg_change_event',
    choices: read(choices, listOf(push, 'SubscribeMsgChangeEvent')),
  }),
  subscribe_msg_sent_event: (push, common) => ({
    ...common,
    kind: 'subscribe_msg_sent_event',
    results: read(results, listOf(push, 'SubscribeMsgSentEvent')),
  }),
  wxa_media_check: (push, common) => {
    const { trace_id, errcode, result } = read(mediaCheck, push)
    return { ...common, kind: 'wxa_media_check', traceId: trace_id, errcode, ...result }
  },
}

/** Reads a push from its parsed JSON or XML; throws CallbackRefused('content') when a field is missing. */
export function wechatEvent(parsed: unknown): WechatEvent {
  const push = read(head, parsed)
  const common: Common = {
    from: push.FromUserName,
    to: push.ToUserName,
    createdAt: Number(push.CreateTime) * 1000,
    msgId: push.MsgId,
  }
  const reader = push.MsgType === 'event' && Object.hasOwn(readers, push.Event) ? readers[push.Event] : undefined
  if (reader) return reader(push, common)
  return { ...common, kind: 'other', msgType: push.MsgType, event: push.Event, fields: push }
}

/** The same for each repeat of one push and different for all else: MsgId, or sender, second and content (§6.6). */
export function wechatDedupKey(event: WechatEvent): string {
  if (event.msgId) return `m:${event.msgId}`
  return `e:${createHash('sha256').update(JSON.stringify(event)).digest('base64url')}`
}

function read<T>(shape: z.ZodType<T>, value: unknown): T {
  const parsed = shape.safeParse(value)
  if (parsed.success) return parsed.data
  throw new CallbackRefused('content', z.prettifyError(parsed.error))
}

function listOf(push: Push, wrapper: string): unknown {
  const inner = push[wrapper]
  return push.List ?? (inner && typeof inner === 'object' && 'List' in inner ? inner.List : undefined)
}
