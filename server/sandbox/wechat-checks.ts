import { fresh, Refusal } from './listener.ts'
import type { MediaCheck } from './wechat.ts'
import { pushEvent } from './wechat-push.ts'
import { findUser, VISIT_LIFE, type WechatWorld } from './wechat-world.ts'

/** A few words that stand for everything the platform would find risky, with their labels. */
const RISKY: [word: string, label: number][] = [
  ['加微信领红包', 10001],
  ['色情', 20002],
  ['傻逼', 20003],
  ['赌博', 20006],
  ['枪支', 20006],
  ['代开发票', 20008],
]
const MAX_CONTENT = 2500
const MAX_MEDIA_BYTES = 10 * 1024 * 1024
const MEDIA_NOT_LOADED = -1008

/** msg_sec_check, version 2. Source: WeChat docs 文本内容安全识别. */
export function checkText(world: WechatWorld, request: Record<string, unknown>): Record<string, unknown> {
  checkAsker(world, request)
  const content = [request.title, request.nickname, request.content].filter((one) => typeof one === 'string').join('\n')
  if (typeof request.content !== 'string' || request.content === '') throw new Refusal(44002, 'empty post data')
  if ([...request.content].length > MAX_CONTENT) throw new Refusal(47001, 'data format error: content is too long')
  const hit = RISKY.find(([word]) => content.includes(word))
  const result = { suggest: hit ? 'risky' : 'pass', label: hit ? hit[1] : 100 }
  return {
    errcode: 0,
    errmsg: 'ok',
    trace_id: fresh('', 16),
    result,
    detail: [{ strategy: 'content_model', errcode: 0, ...result, prob: 90, ...(hit && { keyword: hit[0] }) }],
  }
}

/** media_check_async, version 2: accepts, loads the picture, and pushes the verdict later. */
export function checkMedia(world: WechatWorld, request: Record<string, unknown>): Record<string, unknown> {
  checkAsker(world, request)
  const url = request.media_url
  if (typeof url !== 'string' || !/^https?:\/\//.test(url)) throw new Refusal(40128, 'invalid media url')
  if (request.media_type !== 1 && request.media_type !== 2) throw new Refusal(40127, 'invalid media type')
  const check: MediaCheck = { traceId: fresh('', 16), openid: String(request.openid), url, state: 'waiting' }
  world.mediaChecks.push(check)
  if (!world.faults.mediaManual) {
    const timer = setTimeout(() => {
      world.timers.delete(timer)
      void giveVerdict(world, check)
    }, world.faults.mediaDelayMs)
    world.timers.add(timer)
  }
  return { errcode: 0, errmsg: 'ok', trace_id: check.traceId }
}

/** Loads the picture as the platform does and pushes wxa_media_check, once. */
export async function giveVerdict(
  world: WechatWorld,
  check: MediaCheck,
  suggest = world.faults.mediaRisky ? 'risky' : 'pass',
): Promise<void> {
  if (check.state === 'pushed') return
  check.state = 'pushed'
  const errcode = (await canLoad(check.url)) ? 0 : MEDIA_NOT_LOADED
  const result = { suggest, label: suggest === 'pass' ? 100 : 20002 }
  await pushEvent(world, check.openid, 'wxa_media_check', {
    appid: world.app.appId,
    trace_id: check.traceId,
    version: 2,
    errcode,
    errmsg: errcode === 0 ? 'ok' : 'media download failed',
    ...(errcode === 0 && {
      result,
      detail: [{ strategy: 'content_model', errcode: 0, ...result, prob: 90 }],
    }),
  })
}

function checkAsker(world: WechatWorld, { version, scene, openid }: Record<string, unknown>): void {
  if (version !== 2) throw new Refusal(47001, 'data format error: version')
  if (typeof scene !== 'number' || scene < 1 || scene > 4) throw new Refusal(40129, 'invalid scene')
  if (!findUser(world, openid)) throw new Refusal(40003, 'invalid openid')
  const visit = world.state.visits[openid as string]
  if (visit === undefined || visit + VISIT_LIFE <= world.clock.now())
    throw new Refusal(61010, 'code is expired: the user has not visited within 2 hours')
}

async function canLoad(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) })
    const bytes = await response.arrayBuffer()
    return response.ok && bytes.byteLength > 0 && bytes.byteLength <= MAX_MEDIA_BYTES
  } catch {
    return false
  }
}
