import { HOUR, MINUTE, SECOND } from '../lib/clock.ts'
import type { Reaction } from './wx-api.ts'

/*
 * PLATFORMS.md §6.1–6.3, 6.7. As with WeCom: busy, set-up (the call waits for an administrator), and everything else is
 * final. 43101 (not subscribed, or the one-time subscription is used up) is final: asking again cannot help.
 */
const BUSY: Record<number, number> = {
  [-1]: SECOND,
  43108: SECOND, // parallel sends to one person
  45011: MINUTE, // minute quota
  44991: MINUTE,
  45009: HOUR, // day quota, which ends at some midnight
  40014: MINUTE, // a token that is refused although it was just renewed
  42001: MINUTE,
}

const SETUP_WAIT = 10 * MINUTE
const SETUP = new Set([
  40001, // secret, or a token of another application
  40013, // app id
  40125, // secret
  40164, // this machine's address is not in the list
  41002,
  41004,
  48001, // no permission for this API
])

/** What a WeChat errcode asks of the caller. */
export function wechatReaction(code: number): Reaction {
  const waitMs = SETUP.has(code) ? SETUP_WAIT : BUSY[code]
  return waitMs === undefined ? { retryable: false } : { retryable: true, waitMs }
}
