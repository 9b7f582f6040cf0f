import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import type { Story } from './harness.ts'

export interface Sealed {
  query: string
  body: string
}

export interface Twist {
  signature?: string
  timestamp?: string
  receiveId?: string
}

/** A card press as WeCom would send it, sealed with the story's keys; `twist` spoils a part. */
export function sealedCallback(story: Story, userid: string, taskId: string, key: string, twist: Twist = {}): Sealed {
  const { wecom } = story.running.house.config
  if (!wecom) throw new Error('no work chat')
  const createTime = Math.floor(Date.now() / 1000)
  const xml = `<xml><ToUserName><![CDATA[${wecom.corpId}]]></ToUserName><FromUserName><![CDATA[${userid}]]></FromUserName><CreateTime>${createTime}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[template_card_event]]></Event><EventKey><![CDATA[${key}]]></EventKey><TaskId><![CDATA[${taskId}]]></TaskId><CardType><![CDATA[button_interaction]]></CardType><ResponseCode><![CDATA[rc-test]]></ResponseCode><AgentID>${wecom.agentId}</AgentID></xml>`
  const encrypted = seal(xml, wecom.encodingAesKey, twist.receiveId ?? wecom.corpId)
  const timestamp = twist.timestamp ?? String(createTime)
  const nonce = randomBytes(8).toString('hex')
  const signature =
    twist.signature ??
    createHash('sha1').update([wecom.token, timestamp, nonce, encrypted].sort().join('')).digest('hex')
  return {
    query: new URLSearchParams({ msg_signature: signature, timestamp, nonce }).toString(),
    body: `<xml><ToUserName><![CDATA[${wecom.corpId}]]></ToUserName><AgentID><![CDATA[${wecom.agentId}]]></AgentID><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`,
  }
}

/** Sends a sealed callback to the story's house. */
export function post(story: Story, { query, body }: Sealed): Promise<Response> {
  return fetch(`${story.running.url}/callbacks/wecom?${query}`, { method: 'POST', body })
}

/** Seals and sends a card press. */
export function callback(
  story: Story,
  userid: string,
  taskId: string,
  key: string,
  twist: Twist = {},
): Promise<Response> {
  return post(story, sealedCallback(story, userid, taskId, key, twist))
}

function seal(text: string, encodingAesKey: string, receiveId: string): string {
  const key = Buffer.from(`${encodingAesKey}=`, 'base64')
  const message = Buffer.from(text)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(message.length)
  const plain = Buffer.concat([randomBytes(16), length, message, Buffer.from(receiveId)])
  const pad = 32 - (plain.length % 32)
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  return Buffer.concat([cipher.update(Buffer.concat([plain, Buffer.alloc(pad, pad)])), cipher.final()]).toString(
    'base64',
  )
}
