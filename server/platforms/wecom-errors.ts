import { MINUTE, SECOND } from '../lib/clock.ts'
import type { Reaction } from './wx-api.ts'

/*
 * PLATFORMS.md §1.8. Three kinds: the platform is busy (come back soon), the set-up is wrong (nothing is the matter with
 * the message: it waits until an administrator has repaired it), and the message itself is wrong (final; also every code
 * that is not listed).
 */
const BUSY: Record<number, number> = {
  [-1]: SECOND,
  45033: SECOND, // too many parallel calls
  45009: MINUTE, // call quota passed: blocked for at least a minute
  40014: MINUTE, // a token that is refused although it was just renewed
  42001: MINUTE,
}

const SETUP_WAIT = 10 * MINUTE
const SETUP = new Set([
  40001, // secret
  40091,
  40013, // corp id
  40056, // agent id
  48002, // no permission for this API
  60020, // this machine's address is not in the trusted list
])

/** What a WeCom errcode asks of the caller. */
export function wecomReaction(code: number): Reaction {
  const waitMs = SETUP.has(code) ? SETUP_WAIT : BUSY[code]
  return waitMs === undefined ? { retryable: false } : { retryable: true, waitMs }
}
