import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'
import { FixedClock } from '../../server/lib/clock.ts'
import type { DingtalkStandIn } from '../../server/sandbox/dingtalk.ts'
import { openSandbox, type Sandbox } from '../../server/sandbox/sandbox.ts'
import { START, WECHAT, WECOM } from './sandbox-receiver.ts'

export const DINGTALK = {
  appKey: 'dingsandbox0001',
  appSecret: 'dingtalk-secret',
  robotCode: 'dingsandbox0001',
  cardTemplateId: 'card-0001.schema',
  callbackToken: 'dingToken',
  callbackAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
  corpId: 'dingcorp0001',
  agentId: 2000002,
}

export const BATCH = '/v1.0/robot/oToMessages/batchSend'
export const DELIVER = '/v1.0/card/instances/createAndDeliver'
export const TOPICS = [
  { type: 'EVENT', topic: '*' },
  { type: 'CALLBACK', topic: '/v1.0/im/bot/messages/get' },
  { type: 'CALLBACK', topic: '/v1.0/card/instances/callback' },
]

export interface Answered {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: answers of a wire, looked into by tests
  body: any
}

/** A tiny product for the stand-in of DingTalk: it calls its APIs and keeps what it is pushed. */
export interface DingtalkReceiver {
  sandbox: Sandbox
  dingtalk: DingtalkStandIn
  clock: FixedClock
  productUrl: string
  /** What came over HTTP. */
  got: { path: string; query: URLSearchParams; headers: IncomingHttpHeaders; body: string }[]
  /** The body answered over HTTP, or a status. */
  answer: (path: string, body: string) => string | number
  /** Calls the new API with the present token. */
  call(method: string, path: string, body?: unknown): Promise<Answered>
  /** Calls the old API with the present token. */
  old(path: string, body?: unknown): Promise<Answered>
  token(): Promise<string>
  ticket(): Promise<string>
  /** Connects by Stream; `ack` answers frames: code and data, or nothing. */
  connect(ack?: Client['ack'], ticket?: string): Promise<Client>
  close(): Promise<void>
}

export interface Wire {
  type: string
  headers: Record<string, string>
  data: string
}

export interface Client {
  socket: WebSocket
  frames: Wire[]
  ack: (frame: Wire) => { code: number; data: unknown } | undefined
  /** Waits for a frame of this kind. */
  sees(match: (frame: Wire) => boolean): Promise<Wire>
}

/** Waits for a condition. */
export async function until(condition: () => unknown): Promise<void> {
  while (!condition()) await sleep(5)
}

/** Opens the stand-in with its receiver. */
export async function openDingtalkReceiver({
  http,
  store,
}: {
  http?: boolean
  store?: string
} = {}): Promise<DingtalkReceiver> {
  const clock = new FixedClock(START)
  const got: DingtalkReceiver['got'] = []
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://product')
    const body = await read(request)
    got.push({ path: pathname, query: searchParams, headers: request.headers, body })
    const answer = receiver.answer(pathname, body)
    if (typeof answer === 'number') response.writeHead(answer).end()
    else response.end(answer)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const productUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const app = http ? DINGTALK : { ...DINGTALK, callbackToken: undefined, callbackAesKey: undefined }
  const sandbox = await openSandbox({ clock, store, productUrl, wecom: WECOM, wechat: WECHAT, dingtalk: app })
  const { dingtalk, dingtalkBase: base } = sandbox
  if (!dingtalk) throw new Error('no DingTalk')
  const sockets = new Set<WebSocket>()

  async function send(method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Answered> {
    const response = await fetch(base + path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    })
    const text = await response.text()
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text }
  }
  const json = { 'content-type': 'application/json', accept: 'application/json' }
  const credentials = { clientId: DINGTALK.appKey, clientSecret: DINGTALK.appSecret }

  const receiver: DingtalkReceiver = {
    sandbox,
    dingtalk,
    clock,
    productUrl,
    got,
    answer: () => '{}',
    async token() {
      const { body } = await send('POST', '/v1.0/oauth2/accessToken', DINGTALK, json)
      return body.accessToken
    },
    call: async (method, path, body) =>
      send(method, path, body, { ...json, 'x-acs-dingtalk-access-token': await receiver.token() }),
    old: async (path, body) => send('POST', `${path}?access_token=${await receiver.token()}`, body, json),
    async ticket() {
      const open = { ...credentials, subscriptions: TOPICS }
      return (await send('POST', '/v1.0/gateway/connections/open', open, json)).body.ticket
    },
    async connect(ack = () => undefined, ticket) {
      const socket = new WebSocket(
        `${base.replace('http', 'ws')}/connect?ticket=${ticket ?? (await receiver.ticket())}`,
      )
      sockets.add(socket)
      const client: Client = {
        socket,
        frames: [],
        ack,
        async sees(match) {
          await until(() => client.frames.some(match))
          return client.frames.find(match) as Wire
        },
      }
      socket.on('message', (bytes) => {
        const frame = JSON.parse(String(bytes)) as Wire
        client.frames.push(frame)
        const answer = client.ack(frame)
        if (!answer) return
        const headers = { contentType: 'application/json', messageId: frame.headers.messageId }
        socket.send(JSON.stringify({ code: answer.code, headers, message: 'OK', data: JSON.stringify(answer.data) }))
      })
      await once(socket, 'open')
      return client
    },
    async close() {
      for (const socket of sockets) socket.terminate()
      await sandbox.close()
      server.closeAllConnections()
      server.close()
    },
  }
  return receiver
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** The body of batchSend for a text. */
export function robotText(userIds: string[], content: string, more: Record<string, unknown> = {}): object {
  return {
    robotCode: DINGTALK.robotCode,
    userIds,
    msgKey: 'sampleText',
    msgParam: JSON.stringify({ content }),
    ...more,
  }
}

/** A card with a drop-down, a line to fill in, two buttons and a menu. */
export const PARAMS = {
  source: '客服部',
  mood: 'urgent',
  title: '新的投诉',
  subtitle: 'C-0001',
  quoteTitle: '',
  quoteText: '帐篷漏水',
  line: '请在 11:00 前受理',
  facts: '[{"label":"客户","text":"王晓梅"}]',
  select: JSON.stringify({
    name: 'to',
    title: '转给',
    unchosen: '请选择',
    options: [
      { value: 'a', label: '陈志远' },
      { value: 'b', label: '周敏' },
    ],
  }),
  inputs: '[{"name":"note","label":"备注","hint":"选填"}]',
  buttons: '[{"key":"accept","text":"受理","look":"main"},{"key":"transfer","text":"转交","look":"plain"}]',
  menu: '[{"key":"history","text":"处理记录"}]',
  closed: '',
}

/** The body of createAndDeliver for one person. */
export function cardFor(
  userid: string,
  outTrackId: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    cardTemplateId: DINGTALK.cardTemplateId,
    outTrackId,
    callbackType: 'STREAM',
    userIdType: 1,
    cardData: { cardParamMap: PARAMS },
    openSpaceId: `dtv1.card//IM_ROBOT.${userid}`,
    imRobotOpenSpaceModel: { supportForward: false },
    imRobotOpenDeliverModel: { spaceType: 'IM_ROBOT', robotCode: DINGTALK.robotCode },
    ...more,
  }
}
