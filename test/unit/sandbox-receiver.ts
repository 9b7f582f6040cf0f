import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decrypt, encrypt, getSignature } from '@wecom/crypto'
import { FixedClock } from '../../server/lib/clock.ts'
import { openSandbox, type Sandbox, type SandboxOptions } from '../../server/sandbox/sandbox.ts'

/**
 * A tiny product for the stand-ins' own tests: it keeps what it is sent and answers what the test says.
 * Its cipher is @wecom/crypto, so that the stand-in's own is proved by another hand.
 */
export interface Receiver {
  sandbox: Sandbox
  productUrl: string
  clock: FixedClock
  /** Decrypted callbacks, with path, query and content type. */
  got: { path: string; query: URLSearchParams; text: string; type: string }[]
  /** Answers callbacks: a plaintext reply to seal, a status, or nothing at all ('hang', 'reset'). */
  answer: (text: string) => string | number | 'hang' | 'reset'
  /** Calls a WeCom API with the present token and returns the JSON. */
  wecom(path: string, body?: unknown): Promise<Record<string, unknown>>
  wechat(path: string, body?: unknown): Promise<Record<string, unknown>>
  close(): Promise<void>
}

const KEYS = {
  wecom: {
    corpId: 'wwsandbox0000001',
    agentId: 1000002,
    secret: 'wecom-secret',
    token: 'wecomToken',
    // Its last character has bits that a strict base64 decoder would refuse.
    encodingAesKey: 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2D',
  },
  wechat: {
    appId: 'wxsandbox0000001',
    appSecret: 'wechat-secret',
    pushToken: 'pushToken',
    pushAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
  },
}

export const START = Date.UTC(2026, 10, 23, 1, 0)

/** Starts a receiver with a sandbox that pushes to it. */
export async function openReceiver(options: Partial<SandboxOptions> = {}): Promise<Receiver> {
  const clock = new FixedClock(START)
  const got: Receiver['got'] = []
  const hanging = new Set<() => void>()
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://product')
    const path = url.pathname
    const wecom = path === '/callbacks/wecom'
    const { token, aesKey, id } = wecom
      ? { token: KEYS.wecom.token, aesKey: KEYS.wecom.encodingAesKey, id: KEYS.wecom.corpId }
      : { token: KEYS.wechat.pushToken, aesKey: KEYS.wechat.pushAesKey, id: KEYS.wechat.appId }
    const query = url.searchParams
    const [timestamp, nonce] = [query.get('timestamp') ?? '', query.get('nonce') ?? '']
    const signed = (encrypted: string) =>
      getSignature(token, timestamp, nonce, encrypted) === query.get('msg_signature')
    if (path === '/picture.png') return response.end(PNG)
    if (request.method === 'GET') {
      const echo = query.get('echostr') ?? ''
      if (!wecom) return response.end(echo)
      return response.end(signed(echo) ? decrypt(aesKey, echo).message : 'refused')
    }
    const body = await read(request)
    const sealed = /<Encrypt><!\[CDATA\[(.+?)\]\]>/.exec(body)?.[1] ?? (JSON.parse(body) as { Encrypt: string }).Encrypt
    const opened = decrypt(aesKey, sealed)
    if (!signed(sealed) || opened.id !== id) return response.writeHead(401).end()
    got.push({ path, query, text: opened.message, type: request.headers['content-type'] ?? '' })
    const reply = receiver.answer(opened.message)
    if (reply === 'reset') return request.socket.destroy()
    if (reply === 'hang') {
      hanging.add(() => response.end())
      return undefined
    }
    if (typeof reply === 'number') return response.writeHead(reply).end()
    if (reply === '' || reply.startsWith('<raw>')) return response.end(reply.replace('<raw>', ''))
    const encrypted = encrypt(aesKey, reply, id)
    const signature = getSignature(token, '1700000000', 'n1', encrypted)
    return response.end(
      `<xml><Encrypt><![CDATA[${encrypted}]]></Encrypt><MsgSignature><![CDATA[${signature}]]></MsgSignature>` +
        '<TimeStamp>1700000000</TimeStamp><Nonce><![CDATA[n1]]></Nonce></xml>',
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const productUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const sandbox = await openSandbox({ clock, productUrl, ...KEYS, ...options })

  async function call(url: string, body?: unknown): Promise<Record<string, unknown>> {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    return (await (await fetch(url, init)).json()) as Record<string, unknown>
  }
  const withToken = (path: string, token: unknown) => `${path}${path.includes('?') ? '&' : '?'}access_token=${token}`

  const receiver: Receiver = {
    sandbox,
    productUrl,
    clock,
    got,
    answer: () => '',
    async wecom(path, body) {
      const { corpId, secret } = KEYS.wecom
      const { access_token } = await call(`${sandbox.wecomBase}/cgi-bin/gettoken?corpid=${corpId}&corpsecret=${secret}`)
      return call(`${sandbox.wecomBase}${withToken(path, access_token)}`, body)
    },
    async wechat(path, body) {
      const { appId, appSecret } = KEYS.wechat
      const { access_token } = await call(`${sandbox.wechatBase}/cgi-bin/stable_token`, {
        grant_type: 'client_credential',
        appid: appId,
        secret: appSecret,
      })
      return call(`${sandbox.wechatBase}${withToken(path, access_token)}`, body)
    },
    async close() {
      await sandbox.close()
      for (const end of hanging) end()
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

/** The smallest picture: one pixel. */
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** A passive reply that replaces or greys out a card. */
export function passive(kind: string, inner: string, to: string): string {
  return (
    `<xml><ToUserName><![CDATA[${to}]]></ToUserName><FromUserName><![CDATA[${KEYS.wecom.corpId}]]></FromUserName>` +
    `<CreateTime>1700000001</CreateTime><MsgType><![CDATA[${kind}]]></MsgType>${inner}</xml>`
  )
}

/** A button_interaction card with a drop-down and two buttons. */
export function buttonCard(taskId: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    card_type: 'button_interaction',
    main_title: { title: '新的投诉', desc: 'C-0001' },
    button_selection: {
      question_key: 'to',
      title: '转给',
      option_list: [
        { id: 'chenzhiyuan', text: '陈志远' },
        { id: 'zhoumin', text: '周敏' },
      ],
    },
    button_list: [
      { text: '受理', style: 1, key: 'accept' },
      { text: '转交', style: 2, key: 'transfer' },
    ],
    task_id: taskId,
    ...more,
  }
}

/** The body of message/send for a card. */
export function cardMessage(to: string, card: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { touser: to, msgtype: 'template_card', agentid: KEYS.wecom.agentId, template_card: card, ...more }
}

/** The body of message/send for a text. */
export function textMessage(to: string, content: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { touser: to, msgtype: 'text', agentid: KEYS.wecom.agentId, text: { content }, ...more }
}

export const { wecom: WECOM, wechat: WECHAT } = KEYS
