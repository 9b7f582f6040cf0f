import { createCipheriv, randomBytes, sign } from 'node:crypto'
import { HOUR, MINUTE, SECOND } from '../lib/clock.ts'
import { fresh } from './listener.ts'
import { type Answer, type PushRequest, push } from './post.ts'
import type { PayNotice, PayRefund, PayTrade } from './wechatpay.ts'
import { refundNotice, tradeLook } from './wechatpay-look.ts'
import { keysOf, type PayWorld, stamp } from './wechatpay-world.ts'

/** What is not taken is sent again after these pauses, 24 h 4 min in all. Source: PLATFORMS 7.4. */
const PAUSES = [
  ...[15 * SECOND, 15 * SECOND, 30 * SECOND, 3 * MINUTE, 10 * MINUTE, 20 * MINUTE],
  ...[30 * MINUTE, 30 * MINUTE, 30 * MINUTE, 60 * MINUTE, 3 * HOUR, 3 * HOUR, 3 * HOUR, 6 * HOUR, 6 * HOUR],
]

const SUMMARIES: Record<string, string> = { 'TRANSACTION.SUCCESS': '支付成功', 'PAYSCORE.USER_CONFIRM': '确认订单' }

/** Tells the merchant that something was paid. */
export function noticePaid(world: PayWorld, trade: PayTrade): PayNotice {
  return add(world, 'TRANSACTION.SUCCESS', 'transaction', trade.notifyUrl, tradeLook(world, trade))
}

/** Tells the merchant how a refund has ended. */
export function noticeRefund(world: PayWorld, refund: PayRefund): PayNotice {
  return add(world, `REFUND.${refund.state}`, 'refund', refund.notifyUrl, refundNotice(world, refund))
}

/** Tells the merchant that a customer has agreed to a rental without a deposit. */
export function noticeScore(world: PayWorld, url: string, look: Record<string, unknown>): PayNotice {
  return add(world, 'PAYSCORE.USER_CONFIRM', 'payscore', url, look)
}

function add(world: PayWorld, event: string, resource: string, url: string, plain: Record<string, unknown>): PayNotice {
  const at = world.clock.now()
  const notice = { id: fresh('EV-'), url, event, resource, plain, at, tries: 0, nextAt: at + world.faults.notifyLateMs }
  world.state.notices.push(notice)
  world.memory.touch()
  return notice
}

/** Sends what is due, each once; returns how many. */
export async function sendDue(world: PayWorld): Promise<number> {
  const { faults, clock, state } = world
  if (faults.notifyNever || faults.hold) return 0
  const due = state.notices.filter(({ nextAt }) => nextAt !== null && nextAt <= clock.now())
  for (const notice of due) await send(world, notice)
  return due.length
}

/** One attempt, or several at once; what was not taken gets its next turn. Returns the status that came back. */
export async function send(world: PayWorld, notice: PayNotice): Promise<number> {
  const once = () => push({ request: () => request(world, notice), retries: 0 })
  const copies = Array.from({ length: world.faults.notifyTwice }, once)
  const answer = await once()
  await Promise.all(copies)
  const pause = PAUSES[notice.tries]
  notice.tries += 1
  notice.nextAt = isTaken(answer) || pause === undefined ? null : world.clock.now() + pause
  world.memory.touch()
  return answer.status
}

/** A request that looks like a notification and must be refused: the platform sends such now and then. */
export async function probe(world: PayWorld, url: string): Promise<number> {
  const notice = { id: fresh('EV-'), url, event: 'TRANSACTION.SUCCESS', resource: 'transaction', plain: {}, at: 0 }
  const real = request(world, { ...notice, tries: 0, nextAt: null })
  const signature = `WECHATPAY/SIGNTEST/${randomBytes(32).toString('base64')}`
  const headers = { ...real.headers, 'Wechatpay-Signature': signature }
  return (await push({ request: () => ({ ...real, headers }), retries: 0 })).status
}

function request(world: PayWorld, notice: PayNotice): PushRequest {
  const nonce = randomBytes(6).toString('hex')
  const sealed = seal(JSON.stringify(notice.plain), world.account.apiV3Key, nonce, notice.resource)
  const body = JSON.stringify({
    id: notice.id,
    create_time: stamp(notice.at),
    resource_type: 'encrypt-resource',
    event_type: notice.event,
    summary: SUMMARIES[notice.event] ?? '退款通知',
    resource: {
      original_type: notice.resource,
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: sealed,
      associated_data: notice.resource,
      nonce,
    },
  })
  return { url: notice.url, body, type: 'application/json', headers: signed(world, body) }
}

/** The header fields by which the platform signs what it says; by the machine's own time, which is what is checked. */
export function signed(world: PayWorld, body: string, key = keysOf(world).platformPrivate): Record<string, string> {
  const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), randomBytes(16).toString('hex')]
  return {
    'Wechatpay-Timestamp': timestamp,
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Signature': sign('RSA-SHA256', Buffer.from(`${timestamp}\n${nonce}\n${body}\n`), key).toString('base64'),
    'Wechatpay-Serial': world.account.publicKeyId,
    'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
  }
}

function seal(plain: string, key: string, nonce: string, aad: string): string {
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key), Buffer.from(nonce))
  cipher.setAAD(Buffer.from(aad))
  return Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64')
}

function isTaken({ status }: Answer): boolean {
  return status === 200 || status === 204
}
