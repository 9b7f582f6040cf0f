import { createHmac, timingSafeEqual } from 'node:crypto'

/** What is signed: how, where, when and what, each on a line of its own. */
export interface Signed {
  method: string
  /** With its query, as it was sent. */
  path: string
  /** Seconds. */
  timestamp: string
  body: string
}

/** The signature of a message to or from the lock service: HMAC-SHA256, hexadecimal (docs/locks.md). */
export function signLock({ method, path, timestamp, body }: Signed, key: string): string {
  return createHmac('sha256', key).update(`${method}\n${path}\n${timestamp}\n${body}\n`).digest('hex')
}

/** Whether a signature belongs to a message (constant time). */
export function lockSignatureHolds(signed: Signed, key: string, signature: string): boolean {
  const [given, expected] = [Buffer.from(signature), Buffer.from(signLock(signed, key))]
  return given.length === expected.length && timingSafeEqual(given, expected)
}
