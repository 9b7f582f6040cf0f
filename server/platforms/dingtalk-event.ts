import { createHash } from 'node:crypto'
import { z } from 'zod'
import { parseJson } from './json.ts'
import { CallbackRefused } from './wx-crypto.ts'

/** Something that came with a message to the robot; fetch it by its download code. */
export interface RobotFile {
  kind: 'picture' | 'audio' | 'video' | 'file'
  downloadCode: string
  name?: string
}

/** Somebody wrote to the robot, alone or in a group where it was called (PLATFORMS.md §5.3). */
export interface DingtalkRobotMessage {
  kind: 'robot_message'
  msgId: string
  msgtype: string
  /** Of a group: its openConversationId. */
  conversationId: string
  group: boolean
  conversationTitle: string
  /** '' for people outside the company. */
  userId: string
  nick: string
  corpId: string
  robotCode: string
  createdAt: number
  /** What was typed, or understood of what was said; the mention is cut off and the rest trimmed. */
  text: string
  files: RobotFile[]
  /** User ids of the people that were called by name. */
  mentioned: string[]
  sessionWebhook: string
  /** Until when `sessionWebhook` can be used, in ms. */
  sessionWebhookUntil: number
}

/** Somebody pressed on a card (§5.6). */
export interface DingtalkCardPress {
  kind: 'card'
  /** Of this push, over Stream; '' over HTTP, where nothing tells two presses apart. */
  pushId: string
  outTrackId: string
  userId: string
  corpId: string
  /** The action of the button, or else the id of what was pressed. */
  key: string
  /** The button's own parameters and what was chosen and typed, as DingTalk gives them. */
  params: Record<string, unknown>
}

/** A change in the company, such as `user_leave_org` (§5.8). */
export interface DingtalkOrgEvent {
  kind: 'event'
  eventId: string
  eventType: string
  data: Record<string, unknown>
  /** Whom and which departments it names; the two ways of subscription spell these fields differently. */
  userIds: string[]
  departmentIds: number[]
}

export type DingtalkEvent = DingtalkRobotMessage | DingtalkCardPress | DingtalkOrgEvent

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '')
const time = z.coerce.number().catch(0)
const loose = z.record(z.string(), z.unknown())

const content = z.object({
  richText: z.array(z.object({ text: z.string().optional(), pictureDownloadCode: z.string().optional() })).optional(),
  downloadCode: text,
  recognition: text,
  fileName: text,
})

const robotShape = z.object({
  msgId: z.string().min(1),
  msgtype: z.string().min(1),
  conversationId: z.string().min(1),
  conversationType: z.coerce.string(),
  conversationTitle: text,
  atUsers: z.array(z.object({ staffId: text })).nullish(),
  senderStaffId: text,
  senderNick: text,
  senderCorpId: text,
  robotCode: text,
  createAt: time,
  sessionWebhook: text,
  sessionWebhookExpiredTime: time,
  text: z.object({ content: text }).nullish(),
  content: content.nullish().catch(undefined),
})

/** Reads a message to the robot; throws CallbackRefused('content') when sender, place or id is missing. */
export function dingtalkRobotMessage(json: unknown): DingtalkRobotMessage {
  const message = read(robotShape, json)
  return {
    kind: 'robot_message',
    msgId: message.msgId,
    msgtype: message.msgtype,
    conversationId: message.conversationId,
    group: message.conversationType === '2',
    conversationTitle: message.conversationTitle,
    userId: message.senderStaffId,
    nick: message.senderNick,
    corpId: message.senderCorpId,
    robotCode: message.robotCode,
    createdAt: message.createAt,
    text: typed(message),
    files: files(message),
    mentioned: (message.atUsers ?? []).map(({ staffId }) => staffId).filter((staffId) => staffId !== ''),
    sessionWebhook: message.sessionWebhook,
    sessionWebhookUntil: message.sessionWebhookExpiredTime,
  }
}

function typed({ text, content }: z.infer<typeof robotShape>): string {
  const rich = content?.richText?.map((part) => part.text ?? '').join('')
  return (text?.content || rich || content?.recognition || '').trim()
}

function files({ msgtype, content }: z.infer<typeof robotShape>): RobotFile[] {
  const inText = (content?.richText ?? []).flatMap(({ pictureDownloadCode }): RobotFile[] =>
    pictureDownloadCode ? [{ kind: 'picture', downloadCode: pictureDownloadCode }] : [],
  )
  const kind = fileKind.safeParse(msgtype).data
  if (!kind || !content?.downloadCode) return inText
  return [...inText, { kind, downloadCode: content.downloadCode, ...(content.fileName && { name: content.fileName }) }]
}

const fileKind = z.enum(['picture', 'audio', 'video', 'file'])

const cardShape = z.object({
  outTrackId: z.string().min(1),
  userId: z.string().min(1),
  corpId: text,
  content: text,
  value: text,
})
const pressShape = z.object({
  cardPrivateData: z.object({
    actionIds: z.array(z.string()).nullish(),
    params: loose.nullish(),
  }),
})

/** Reads a press on a card; throws CallbackRefused('content') when card, presser or press is missing. */
export function dingtalkCardPress(json: unknown, pushId = ''): DingtalkCardPress {
  const press = read(cardShape, json)
  const { actionIds, params } = read(pressShape, jsonOf(press.content || press.value)).cardPrivateData
  const action = params?.action
  return {
    kind: 'card',
    pushId,
    outTrackId: press.outTrackId,
    userId: press.userId,
    corpId: press.corpId,
    key: typeof action === 'string' && action ? action : (actionIds?.[0] ?? ''),
    params: params ?? {},
  }
}

/** Reads an event of the company; over HTTP its type stands inside it and it has no id but its own text. */
export function dingtalkOrgEvent(json: unknown, head: { eventId?: string; eventType?: string } = {}): DingtalkOrgEvent {
  const data = read(loose, json)
  const eventType = head.eventType || data.EventType || data.eventType
  if (typeof eventType !== 'string') throw new CallbackRefused('content', 'no event type')
  return {
    kind: 'event',
    eventId: head.eventId || `h:${digest(JSON.stringify(data))}`,
    eventType,
    data,
    userIds: list(data.UserId ?? data.userId).map(String),
    departmentIds: list(data.DeptId ?? data.deptId)
      .map(Number)
      .filter(Number.isSafeInteger),
  }
}

/**
 * The same for each of the platform's repeats and different for all else, ≤ 50 characters; undefined for a press over
 * HTTP, which is never repeated and cannot be told from the next one.
 */
export function dingtalkDedupKey(event: DingtalkEvent): string | undefined {
  const id = dingtalkId(event)
  return id ? `${event.kind[0]}:${digest(id)}` : undefined
}

function dingtalkId(event: DingtalkEvent): string {
  switch (event.kind) {
    case 'robot_message':
      return event.msgId
    case 'card':
      return event.pushId
    case 'event':
      return event.eventId
  }
}

/** JSON of the wire; throws CallbackRefused('json'). */
export function jsonOf(wire: string): unknown {
  try {
    return parseJson(wire)
  } catch (error) {
    throw new CallbackRefused('json', '', { cause: error })
  }
}

function read<T>(shape: z.ZodType<T>, json: unknown): T {
  const parsed = shape.safeParse(json)
  if (parsed.success) return parsed.data
  throw new CallbackRefused('content', z.prettifyError(parsed.error))
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
}

function digest(value: string): string {
  return createHash('sha256').update(value).digest('base64url')
}
