import { randomInt } from 'node:crypto'
import { type Answer, push } from './post.ts'
import type { WechatWorld } from './wechat-world.ts'

/**
 * Pushes an event in safe mode, JSON form. Source: WeChat docs 消息推送 (PLATFORMS 6.6).
 * Copies asked for by `duplicatePushes` go out at the same time.
 */
export async function pushEvent(
  world: WechatWorld,
  openid: string,
  event: string,
  fields: Record<string, unknown>,
): Promise<Answer> {
  const text = JSON.stringify({
    ToUserName: 'gh_sandbox000000',
    FromUserName: openid,
    CreateTime: Math.floor(world.clock.now() / 1000),
    MsgType: 'event',
    Event: event,
    ...fields,
  })
  const request = () => {
    const sealed = world.cipher.seal(text)
    const { timestamp, nonce } = stamp()
    const query = new URLSearchParams({
      signature: world.cipher.sign(timestamp, nonce),
      timestamp,
      nonce,
      openid,
      encrypt_type: 'aes',
      msg_signature: world.cipher.sign(timestamp, nonce, sealed),
    })
    const body = JSON.stringify({ ToUserName: 'gh_sandbox000000', Encrypt: sealed })
    return { url: `${world.pushUrl()}?${query}`, body, type: 'application/json' }
  }
  const copies = Array.from({ length: world.faults.duplicatePushes }, () => push({ request }))
  const answer = await push({ request })
  await Promise.all(copies)
  return answer
}

/** The set-up question: echostr is plain here, unlike WeCom, and must come back as it is. */
export async function askPushEcho(world: WechatWorld): Promise<boolean> {
  const echostr = String(randomInt(1_000_000_000, 2_000_000_000))
  const { timestamp, nonce } = stamp()
  const query = new URLSearchParams({ signature: world.cipher.sign(timestamp, nonce), timestamp, nonce, echostr })
  try {
    const response = await fetch(`${world.pushUrl()}?${query}`, { signal: AbortSignal.timeout(5000) })
    return response.status === 200 && (await response.text()) === echostr
  } catch {
    return false
  }
}

/** Signed with the machine's own time: the product checks the age of a push against its own. */
function stamp(): { timestamp: string; nonce: string } {
  return {
    timestamp: String(Math.floor(Date.now() / 1000)),
    nonce: String(randomInt(1_000_000_000, 2_000_000_000)),
  }
}
