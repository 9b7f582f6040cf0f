import { z } from 'zod'
import { HOUR, MINUTE, SECOND } from '../lib/clock.ts'
import { PlatformError } from '../lib/errors.ts'
import { type Answer, retryAfterMs } from './call.ts'
import { parseJson } from './json.ts'

/** How long to wait before the same call can help; all else is final. */
const WAITS: Record<string, number> = {
  SYSTEM_ERROR: 5 * SECOND,
  SYSTEMERROR: 5 * SECOND,
  BANK_ERROR: 30 * SECOND,
  BANKERROR: 30 * SECOND,
  FREQUENCY_LIMITED: 30 * SECOND,
  FREQUENCY_LIMIT_EXCEED: 30 * SECOND,
  RATELIMIT_EXCEEDED: 30 * SECOND,
  BIZERR_NEED_RETRY: 30 * SECOND,
  USERPAYING: 10 * SECOND,
  // Somebody must put it right at WeChat Pay: money, a key, a permission.
  NOT_ENOUGH: 30 * MINUTE,
  SIGN_ERROR: 10 * MINUTE,
  NO_AUTH: HOUR,
  STATEMENT_CREATING: HOUR,
}

const shape = z.object({ code: z.string().min(1), message: z.string().default('') })

/** The error of an answer other than 2xx: by its code where it has one, else by its status. */
export function wechatpayError({ status, headers, body }: Answer): PlatformError {
  const said = shape.safeParse(jsonOf(body))
  const asked = retryAfterMs(headers)
  if (!said.success) {
    const again = status >= 500 || status === 429 || status === 408
    return new PlatformError('wechatpay', status, again, `${body.length} bytes`, asked, { answered: status < 500 })
  }
  const { code, message } = said.data
  const wait = WAITS[code] ?? (status >= 500 || status === 429 ? 5 * SECOND : undefined)
  const detail = message.slice(0, 200)
  // After 500 nobody knows whether it was done: it is asked again under the same number.
  const answered = status < 500
  return new PlatformError('wechatpay', code, wait !== undefined, detail, wait && Math.max(wait, asked ?? 0), {
    answered,
  })
}

function jsonOf(body: Buffer): unknown {
  try {
    return parseJson(body.toString('utf8'))
  } catch {
    return undefined
  }
}
