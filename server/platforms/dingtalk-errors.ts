import { MINUTE, SECOND } from '../lib/clock.ts'
import { PlatformError } from '../lib/errors.ts'
import { type Answer, httpRefusal, retryAfterMs } from './call.ts'
import type { Reaction } from './wx-api.ts'

/*
 * PLATFORMS.md §5.10. The new API refuses by HTTP status with a `code` of words, the old one by a number under HTTP 200.
 * As with WeCom there are three kinds: busy (come back soon), set up wrongly (waits for an administrator), and final
 * (also every code that is not listed).
 */
const BUSY: Record<number | string, number> = {
  [-1]: SECOND,
  90002: SECOND, // call quota of this API
  40014: MINUTE, // a token that is refused although it was just renewed
  42001: MINUTE,
  InvalidAuthentication: MINUTE,
  'invalidParameter.token.invalid': MINUTE,
  'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi': SECOND,
  'system.busy': SECOND,
  'unknown.send.result': SECOND,
  130101: 10 * MINUTE, // a webhook robot over 20 messages a minute is silent for ten
}

const SETUP_WAIT = 10 * MINUTE
const SETUP = new Set<number | string>([
  88, // authorization, with a sub code that says nothing more precise
  40089, // key and secret do not belong together
  60011, // no permission for this API
  60020, // this machine's address is not in the trusted list
  310000, // a webhook robot's keyword, signature or address check
  300001, // a webhook robot's token
  'invalidClientIdOrSecret',
  'invalidParameter.robotCode.auth',
  'invalidParameter.robotCode.empty',
  'invalidParameter.robotCode.invalid',
  'invalidParameter.robotCode.notExsit',
  'Forbidden.AccessDenied.AccessTokenPermissionDenied',
  'param.cardTemplateIdEmpty',
  'param.templateNotExist',
  'param.templateUnpublished',
])

const BAD_TOKEN = new Set<number | string>([
  401,
  40014,
  42001,
  'InvalidAuthentication',
  'invalidParameter.token.invalid',
])

/** What a code of either API asks of the caller. */
export function dingtalkReaction(code: number | string): Reaction {
  const waitMs = SETUP.has(code) ? SETUP_WAIT : BUSY[code]
  return waitMs === undefined ? { retryable: false } : { retryable: true, waitMs }
}

/** Whether a call failed only because its access token is no longer good. */
export function isBadToken(error: unknown): boolean {
  return error instanceof PlatformError && BAD_TOKEN.has(error.code)
}

/** The error of a code of either API. */
export function dingtalkError(code: number | string, detail: string): PlatformError {
  const { retryable, waitMs } = dingtalkReaction(code)
  return new PlatformError('dingtalk', code, retryable, detail, waitMs)
}

/** The error of a refusal of the new API; an unknown code is judged by its HTTP status. */
export function httpError(answer: Answer, code: string, detail: string): PlatformError {
  const known = dingtalkReaction(code || answer.status)
  const byStatus = httpRefusal('dingtalk', answer, detail)
  return new PlatformError(
    'dingtalk',
    code || answer.status,
    known.retryable || byStatus.retryable,
    `HTTP ${answer.status} ${detail}`,
    retryAfterMs(answer.headers) ?? known.waitMs,
  )
}

export const BLOCKED = 1111
const BLOCK_WAIT = 5 * MINUTE

/** This machine called too often and is shut out of every API for some minutes. */
export function blocked(waitMinutes?: number): PlatformError {
  const waitMs = waitMinutes && waitMinutes > 0 ? waitMinutes * MINUTE : BLOCK_WAIT
  return new PlatformError('dingtalk', BLOCKED, true, 'this address is blocked', waitMs)
}
