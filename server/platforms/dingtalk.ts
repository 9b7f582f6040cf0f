import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import { PlatformError } from '../lib/errors.ts'
import { askOld, type DingtalkAccess, dingtalkApi } from './dingtalk-api.ts'
import {
  CALLBACK_ROUTE,
  type DingtalkCard,
  type DingtalkCardText,
  type DingtalkCardUpdate,
  streamingBody,
  updateBody,
} from './dingtalk-card.ts'
import {
  type DingtalkDepartment,
  type DingtalkPerson,
  fetchDepartments,
  fetchPeople,
  fetchPerson,
} from './dingtalk-contacts.ts'
import { cardDelivery } from './dingtalk-delivery.ts'
import { downloadMedia, uploadMedia } from './dingtalk-media.ts'
import { fittedWork, msgParamText, type RobotMessage, type WorkMessage } from './dingtalk-message.ts'
import { fetchDingtalkVisitor } from './dingtalk-oauth.ts'
import type { Download, MediaFile, MediaKind } from './wecom-media.ts'

export interface DingtalkConfig extends DingtalkAccess {
  robotCode: string
  cardTemplateId: string
  /** Of the application; work notifications need it. */
  agentId?: number
  /** Whether card presses come over the Stream connection, or over HTTP. */
  stream: boolean
}

/** What came of a message to several people; both lists may be full under an answer of success. */
export interface DingtalkSent {
  processQueryKey: string
  /** User ids that the platform does not know or that may not be written to. */
  invalid: string[]
  /** User ids that got nothing because too much is sent to them. */
  throttled: string[]
}

/** A client of one DingTalk application and its robot. Every call may throw a PlatformError('dingtalk', code, …). */
export interface Dingtalk {
  /** To one person; throws `invalid_user` (final) or `throttled` (retryable) when it got nobody. */
  sendToUser(userId: string, message: RobotMessage): Promise<{ processQueryKey: string }>
  /** To at most twenty people at once. */
  sendToUsers(userIds: string[], message: RobotMessage): Promise<DingtalkSent>
  sendToGroup(openConversationId: string, message: RobotMessage): Promise<{ processQueryKey: string }>
  /** Creates and delivers a card; one that exists already counts as delivered, with an empty carrier id. */
  deliverCard(card: DingtalkCard): Promise<{ carrierId: string }>
  /** Changes a card wherever it stands; never from within its own callback. */
  updateCard(update: DingtalkCardUpdate): Promise<void>
  /** Writes on in a streaming (AI) card. */
  streamCard(text: DingtalkCardText): Promise<void>
  /** A work notification, to at most a hundred people; needs the agent id. */
  notify(notice: { userIds: string[]; msg: WorkMessage }): Promise<{ taskId: string }>
  /** Answers where somebody wrote, for about 90 minutes; the body is that of a webhook robot. */
  replyBySession(sessionWebhook: string, body: object): Promise<void>
  upload(kind: MediaKind, file: MediaFile): Promise<string>
  /** Fetches what somebody sent to the robot. */
  download(downloadCode: string): Promise<Download>
  /** The whole tree. */
  departments(): Promise<DingtalkDepartment[]>
  /** Everybody; their direct superiors cost a call each and come only on demand. */
  people(options?: { withManagers?: boolean }): Promise<DingtalkPerson[]>
  person(userId: string): Promise<DingtalkPerson | undefined>
  /** The user id of whoever signed in with this code; undefined for somebody from outside. */
  visitor(code: string): Promise<string | undefined>
  /** Tells where card presses go when they come over HTTP, and the secret they are signed with. */
  registerCardCallback(callbackUrl: string, apiSecret: string): Promise<void>
}

const MOST_ROBOT_RECEIVERS = 20
const MOST_NOTIFIED = 100

const ids = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? [])

const sentShape = z
  .object({ processQueryKey: z.string().default(''), invalidStaffIdList: ids, flowControlledStaffIdList: ids })
  .transform(
    (sent): DingtalkSent => ({
      processQueryKey: sent.processQueryKey,
      invalid: sent.invalidStaffIdList,
      throttled: sent.flowControlledStaffIdList,
    }),
  )

const groupSentShape = z.object({ processQueryKey: z.string().default('') })
const taskShape = z.object({ task_id: z.coerce.string() })
const anyShape = z.unknown()
const doneShape = z.object({ success: z.literal(true) })

/** A client of one application. Nothing is called until something is asked of it. */
export function dingtalk(config: DingtalkConfig, clock: Clock): Dingtalk {
  const { robotCode } = config
  const api = dingtalkApi(config, clock)

  async function sendToUsers(userIds: string[], message: RobotMessage): Promise<DingtalkSent> {
    checkCount(userIds, MOST_ROBOT_RECEIVERS)
    const json = { robotCode, userIds, msgKey: message.msgKey, msgParam: msgParamText(message) }
    return api.v1(sentShape, { path: '/v1.0/robot/oToMessages/batchSend', json })
  }

  return {
    sendToUsers,

    async sendToUser(userId, message) {
      const { processQueryKey, invalid, throttled } = await sendToUsers([userId], message)
      if (invalid.length > 0) throw new PlatformError('dingtalk', 'invalid_user', false, userId)
      if (throttled.length > 0) throw new PlatformError('dingtalk', 'throttled', true, userId)
      return { processQueryKey }
    },

    sendToGroup: (openConversationId, message) =>
      api.v1(groupSentShape, {
        path: '/v1.0/robot/groupMessages/send',
        json: { robotCode, openConversationId, msgKey: message.msgKey, msgParam: msgParamText(message) },
      }),

    deliverCard: cardDelivery(api, config),

    async updateCard(update) {
      await api.v1(doneShape, { path: '/v1.0/card/instances', method: 'PUT', json: updateBody(update) })
    },

    async streamCard(text) {
      await api.v1(doneShape, { path: '/v1.0/card/streaming', method: 'PUT', json: streamingBody(text) })
    },

    async notify({ userIds, msg }) {
      if (!config.agentId) throw new PlatformError('dingtalk', 'no_agent_id', false, 'work notifications need it')
      checkCount(userIds, MOST_NOTIFIED)
      const { task_id } = await api.old(taskShape, {
        path: '/topapi/message/corpconversation/asyncsend_v2',
        json: { agent_id: config.agentId, userid_list: userIds.join(','), msg: fittedWork(msg) },
      })
      return { taskId: task_id }
    },

    async replyBySession(sessionWebhook, body) {
      const { origin, pathname, searchParams } = ownAddress(sessionWebhook, config.oapiBase)
      await askOld(origin, anyShape, { path: pathname, query: Object.fromEntries(searchParams), json: body })
    },

    upload: (kind, file) => uploadMedia(api, kind, file),
    download: (downloadCode) => downloadMedia(api, robotCode, downloadCode),

    departments: () => fetchDepartments(api),
    people: ({ withManagers = false } = {}) => fetchPeople(api, withManagers),
    person: (userId) => fetchPerson(api, userId),
    visitor: (code) => fetchDingtalkVisitor(api, config, code),

    async registerCardCallback(callbackUrl, apiSecret) {
      await api.v1(doneShape, {
        path: '/v1.0/card/callbacks/register',
        json: { callbackRouteKey: CALLBACK_ROUTE, callbackUrl, apiSecret, forceUpdate: true },
      })
    },
  }
}

function checkCount(userIds: string[], most: number): void {
  if (userIds.length > most) {
    throw new PlatformError('dingtalk', 'too_many_receivers', false, `${userIds.length} of at most ${most}`)
  }
}

/** The address of a session webhook; it comes from outside, so that none but DingTalk's own hosts are called. */
function ownAddress(sessionWebhook: string, oapiBase: string): URL {
  const url = URL.canParse(sessionWebhook) ? new URL(sessionWebhook) : undefined
  if (url?.origin === new URL(oapiBase).origin) return url
  if (url?.protocol === 'https:' && url.hostname.endsWith('.dingtalk.com')) return url
  throw new PlatformError('dingtalk', 'foreign_address', false, 'a session webhook of another host')
}
