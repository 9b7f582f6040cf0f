import assert from 'node:assert/strict'
import type { DingtalkHandler } from '../../server/platforms/dingtalk-acks.ts'
import type { DingtalkEvent } from '../../server/platforms/dingtalk-event.ts'
import type { DingtalkAnswer } from '../../server/platforms/dingtalk-frame.ts'
import { type DingtalkStream, dingtalkStream, type StreamTimes } from '../../server/platforms/dingtalk-stream.ts'
import { type Ack, type Gateway, openGateway } from './dingtalk-gateway.ts'

export const ROBOT = '/v1.0/im/bot/messages/get'
export const CARD = '/v1.0/card/instances/callback'

const open: { stop(): Promise<void> }[] = []

/** Stops every client and closes every gateway that was opened. */
export async function stopStreams(): Promise<void> {
  for (const one of open.splice(0).reverse()) await one.stop()
}

/** A gateway and our client, connected; `handle` answers what comes. */
export async function stream(
  handle: (event: DingtalkEvent) => Promise<DingtalkAnswer | undefined> = async () => undefined,
  times: Partial<StreamTimes> = {},
  more: { late?: DingtalkHandler['late']; gateway?: Gateway } = {},
) {
  const gateway = more.gateway ?? (await openGateway())
  open.push({ stop: () => gateway.close() })
  const seen: DingtalkEvent[] = []
  const handler: DingtalkHandler = {
    handle: (event) => {
      seen.push(event)
      return handle(event)
    },
    late: more.late,
  }
  const quick = { firstWaitMs: 5, longestWaitMs: 20, settledMs: 0, ...times }
  const config = { appKey: 'dingkey', appSecret: 's3', apiBase: gateway.http.base }
  const client: DingtalkStream = dingtalkStream(config, handler, quick)
  open.push(client)
  client.start()
  return { gateway, client, seen }
}

/** Waits for a condition. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((next) => setTimeout(next, 2))
}

const said = {
  msgId: 'msg1',
  msgtype: 'text',
  conversationId: 'cid1',
  conversationType: '1',
  text: { content: ' 在 ' },
}
const pressed = {
  type: 'actionCallback',
  outTrackId: 'step_1',
  userId: 'u1',
  content: JSON.stringify({ cardPrivateData: { actionIds: ['accept'], params: { action: 'accept' } } }),
}
const left = { userId: ['u1'], timeStamp: '1700000000000' }

/** What the gateway pushes, under a message's id. */
export const frames = {
  robot: (messageId: string) => ['CALLBACK', { topic: ROBOT, messageId }, said] as const,
  card: (messageId: string) => ['CALLBACK', { topic: CARD, messageId }, pressed] as const,
  event: (messageId: string, eventId = 'e1') =>
    ['EVENT', { topic: '*', messageId, eventId, eventType: 'user_leave_org' }, left] as const,
}

/** What an ack says. */
export function shown({ code, headers, data }: Ack) {
  assert.equal(headers.contentType, 'application/json')
  return { code, data: JSON.parse(data) as unknown }
}
