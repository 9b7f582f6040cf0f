import { createHmac, timingSafeEqual } from 'node:crypto'
import { CallbackRefused, checkAge } from './wx-crypto.ts'

/** base64(HMAC-SHA256(secret, timestamp + "\n" + secret)): webhook robots and robot callbacks (PLATFORMS.md §5.3, §5.4). */
export function robotSign(timestamp: string, secret: string): string {
  return hmac(secret, `${timestamp}\n${secret}`)
}

/** base64(HMAC-SHA256(secret, timestamp)): card callbacks (§5.6). */
export function cardSign(timestamp: string, secret: string): string {
  return hmac(secret, timestamp)
}

/** The secret with which card callbacks are registered: ours to choose, and the same in every process of one application. */
export function cardSecret(appSecret: string): string {
  return hmac(appSecret, 'card callbacks')
}

/** Throws CallbackRefused('signature') unless both are the same; takes the same time either way. */
export function checkSign(given: string, expected: string): void {
  const [actual, wanted] = [Buffer.from(given), Buffer.from(expected)]
  if (actual.length !== wanted.length || !timingSafeEqual(actual, wanted)) throw new CallbackRefused('signature')
}

/** Throws CallbackRefused('stale') when `timestamp` (ms, as text) is over `maxAgeS` from `now`; 0 turns it off. */
export function checkAgeMs(timestamp: string, maxAgeS: number, now: number): void {
  // Card callbacks do not say whether theirs is in ms or in s.
  checkAge(/^\d{10}(\d{3})?$/.test(timestamp) ? timestamp.slice(0, 10) : '', maxAgeS, now)
}

function hmac(secret: string, data: string): string {
  return createHmac('sha256', secret).update(data).digest('base64')
}
