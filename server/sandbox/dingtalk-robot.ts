import type Router from 'koa-router'
import { HOUR } from '../lib/clock.ts'
import type { ActionsItem, DingtalkPlain } from './dingtalk-chat.ts'
import { NewRefusal } from './dingtalk-listener.ts'
import {
  type DingtalkWorld,
  dingtalkGroup,
  dingtalkPerson,
  nextNumber,
  replaceInChat,
  showInChat,
} from './dingtalk-world.ts'
import { fresh, jsonBody } from './listener.ts'

export interface ItemBase {
  id: string
  at: number
  msgid: string
  from: 'app'
}

/** What a message becomes in a chat, once checked; made anew for each receiver. */
export type Draw = (base: ItemBase) => DingtalkPlain

type Request = Record<string, unknown>

const MAX_USERS = 20
const PARAM_BYTES = 15_000
const RECALL_WITHIN = 24 * HOUR
const MAX_KEYS = 20

/** Messages of the robot to people and groups. Source: PLATFORMS.md §5.2. */
export function robotApi(world: DingtalkWorld, routes: Router): void {
  routes.post('/v1.0/robot/oToMessages/batchSend', async (ctx) => {
    ctx.body = sendToPeople(world, await jsonBody(ctx))
  })
  routes.post('/v1.0/robot/groupMessages/send', async (ctx) => {
    ctx.body = sendToGroup(world, await jsonBody(ctx))
  })
  routes.post('/v1.0/robot/otoMessages/batchRecall', async (ctx) => {
    ctx.body = recall(world, await jsonBody(ctx))
  })
  routes.post('/v1.0/robot/groupMessages/recall', async (ctx) => {
    ctx.body = recall(world, await jsonBody(ctx))
  })
}

function sendToPeople(world: DingtalkWorld, request: Request): Request {
  checkRobot(world, request.robotCode)
  const userIds = request.userIds
  if (!Array.isArray(userIds) || userIds.length === 0) throw new NewRefusal('invalidParameter.userIds.empty')
  if (userIds.length > MAX_USERS) throw new NewRefusal('invalidParameter.userIds.overMax', 'userIds is over 100')
  const { draw, param } = compose(world, request)
  const invalid: string[] = []
  const throttled: string[] = []
  const shown: string[] = []
  for (const id of new Set(userIds.map(String))) {
    const person = world.people.find((one) => one.userid === id)
    if (!person || !dingtalkPerson(world, id)) invalid.push(id)
    else if (world.faults.throttled.includes(id)) throttled.push(id)
    else shown.push(id)
  }
  return {
    processQueryKey: show(world, shown, draw, String(request.msgKey), param),
    invalidStaffIdList: invalid,
    flowControlledStaffIdList: throttled,
  }
}

function sendToGroup(world: DingtalkWorld, request: Request): Request {
  checkRobot(world, request.robotCode)
  if (!request.openConversationId) throw new NewRefusal('miss.openConversationId')
  const group = dingtalkGroup(world, request.openConversationId)
  if (!group) throw new NewRefusal('invalid.openConversationId')
  const { draw, param } = compose(world, request)
  return { processQueryKey: show(world, [group.openConversationId], draw, String(request.msgKey), param) }
}

export function checkRobot(world: DingtalkWorld, code: unknown): void {
  if (!code) throw new NewRefusal('invalidParameter.robotCode.empty')
  if (typeof code !== 'string') throw new NewRefusal('invalidParameter.robotCode.invalid')
  if (code !== world.app.robotCode) throw new NewRefusal('invalidParameter.robotCode.notExsit')
}

function show(world: DingtalkWorld, chats: string[], draw: Draw, msgtype: string, body: unknown): string {
  const msgid = fresh('pq')
  const at = world.clock.now()
  for (const chat of chats) {
    showInChat(world, chat, draw({ id: `${msgid}:${chat}`, at, msgid, from: 'app' }))
    world.sent.push({ msgid, at, to: chat, msgtype, body })
  }
  world.state.messages[msgid] = { at, chats }
  world.memory.touch()
  return msgid
}

/** What the parameters of each msgKey must hold. */
const NEEDS: Record<string, string[]> = {
  sampleText: ['content'],
  sampleMarkdown: ['title', 'text'],
  sampleImageMsg: ['photoURL'],
  sampleLink: ['text', 'title', 'picUrl', 'messageUrl'],
  sampleActionCard: ['title', 'text', 'singleTitle', 'singleURL'],
  sampleActionCard2: ['title', 'text', 'actionTitle1', 'actionURL1', 'actionTitle2', 'actionURL2'],
  sampleActionCard3: ['title', 'text', ...pairs(3)],
  sampleActionCard4: ['title', 'text', ...pairs(4)],
  sampleActionCard5: ['title', 'text', ...pairs(5)],
  sampleActionCard6: ['title', 'text', 'buttonTitle1', 'buttonUrl1', 'buttonTitle2', 'buttonUrl2'],
  sampleAudio: ['mediaId', 'duration'],
  sampleFile: ['mediaId', 'fileName', 'fileType'],
  sampleVideo: ['duration', 'videoMediaId', 'videoType', 'picMediaId'],
}

function pairs(count: number): string[] {
  return Array.from({ length: count }, (_, i) => [`actionTitle${i + 1}`, `actionURL${i + 1}`]).flat()
}

function compose(world: DingtalkWorld, request: Request): { draw: Draw; param: Record<string, string> } {
  const { msgKey, msgParam } = request
  if (!msgKey) throw new NewRefusal('invalidParameter.msgKey.empty')
  const needs = typeof msgKey === 'string' && Object.hasOwn(NEEDS, msgKey) ? NEEDS[msgKey] : undefined
  if (!needs) throw new NewRefusal('invalidParameter.msgKey.invalid')
  // A JSON text, never an object.
  if (typeof msgParam !== 'string') throw new NewRefusal('invalidParameter.msgParam.invalid')
  if (Buffer.byteLength(msgParam) > PARAM_BYTES) throw new NewRefusal('invalidParameter.msgParam.tooLong')
  const param = textsOf(msgParam)
  for (const name of needs)
    if (!param[name]) throw new NewRefusal('invalidParameter.msgParam.invalid', `msgParam lacks ${name}`)
  return { draw: (base) => drawParam(world, String(msgKey), param, base), param }
}

function textsOf(msgParam: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(msgParam)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, String(one)]))
  } catch {
    // refused below
  }
  throw new NewRefusal('invalidParameter.msgParam.invalid')
}

function drawParam(world: DingtalkWorld, msgKey: string, param: Record<string, string>, base: ItemBase): DingtalkPlain {
  const at = (name: string) => param[name] ?? ''
  switch (msgKey) {
    case 'sampleText':
      return { ...base, kind: 'text', text: at('content') }
    case 'sampleMarkdown':
      return { ...base, kind: 'markdown', text: at('text') }
    case 'sampleImageMsg':
      return pictureOf(world, at('photoURL'), base)
    case 'sampleLink': {
      const article = { title: at('title'), description: at('text'), url: at('messageUrl'), picurl: at('picUrl') }
      return { ...base, kind: 'news', articles: [article] }
    }
    case 'sampleAudio':
    case 'sampleFile':
    case 'sampleVideo': {
      const mediaId = at('mediaId') || at('videoMediaId')
      const media = world.state.media[mediaId]
      if (!media) throw new NewRefusal('invalidParameter.msgParam.invalid', 'unknown mediaId')
      return { ...base, kind: 'file', mediaId, name: at('fileName') || media.name, size: media.size }
    }
    default:
      return actionsOf(param, msgKey === 'sampleActionCard6', base)
  }
}

/** A picture of the web, or an uploaded one. */
export function pictureOf(world: DingtalkWorld, source: string, base: ItemBase): DingtalkPlain {
  if (/^https?:/.test(source)) return { ...base, kind: 'image', mediaId: '', url: source }
  if (!world.state.media[source]) throw new NewRefusal('invalidParameter.msgParam.invalid', 'unknown mediaId')
  return { ...base, kind: 'image', mediaId: source }
}

function actionsOf(param: Record<string, string>, beside: boolean, base: ItemBase): ActionsItem {
  const names = Object.keys(param).filter((name) => /^(singleTitle|actionTitle\d|buttonTitle\d)$/.test(name))
  const buttons = names.map((name) => ({
    text: param[name] ?? '',
    url: param[name.replace('Title', 'URL')] ?? param[name.replace('Title', 'Url')] ?? '',
  }))
  return { ...base, kind: 'actions', title: param.title ?? '', text: param.text ?? '', buttons, beside }
}

function recall(world: DingtalkWorld, request: Request): Request {
  checkRobot(world, request.robotCode)
  const keys = request.processQueryKeys
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS)
    throw new NewRefusal('invalid.processQueryKey')
  const successResult: string[] = []
  const failedResult: Record<string, string> = {}
  for (const key of keys.map(String)) {
    const message = world.state.messages[key]
    if (!message || message.at + RECALL_WITHIN <= world.clock.now()) {
      failedResult[key] = 'invalid.processQueryKey'
      continue
    }
    for (const chat of message.chats) {
      const item = world.state.chats[chat]?.find((one) => one.msgid === key)
      if (item) replaceInChat(world, chat, { id: item.id, at: item.at, from: item.from, msgid: key, kind: 'recalled' })
    }
    successResult.push(key)
  }
  nextNumber(world)
  return { successResult, failedResult }
}
