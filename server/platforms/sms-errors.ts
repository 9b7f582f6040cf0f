import { DateTime } from 'luxon'
import { DAY, HOUR, MINUTE, SECOND } from '../lib/clock.ts'
import { PlatformError } from '../lib/errors.ts'

/** Somebody must put it right at Aliyun: money, a key, a signature. Messages wait for that. */
const SETUP_WAIT = 10 * MINUTE
const SETUP = new Set([
  'isv.AMOUNT_NOT_ENOUGH',
  'isv.OUT_OF_SERVICE',
  'isv.PRODUCT_UN_SUBSCRIPT',
  'isv.PRODUCT_UNSUBSCRIBE',
  'isv.ACCOUNT_NOT_EXISTS',
  'isv.ACCOUNT_ABNORMAL',
  'isv.SMS_SIGNATURE_ILLEGAL',
  'isv.SMS_SIGN_ILLEGAL',
  'isv.DENY_IP_RANGE',
  'isp.RAM_PERMISSION_DENY',
  'InvalidAccessKeyId.NotFound',
  'InvalidAccessKeyId.Inactive',
  'SignatureDoesNotMatch',
  'InvalidTimeStamp.Expired',
])
const BUSY = /^(Throttling|ServiceUnavailable|InternalError|isp\.SYSTEM_ERROR|isp\.GATEWAY|SignatureNonceUsed)/

/**
 * What an answer of Aliyun's other than OK means for the message: wait, wait for an administrator, or give up. All else
 * (a number that is none, a template that does not fit, the receiver's refusal) is final: the same call cannot help.
 */
export function smsError(code: string, message: string, now: number): PlatformError {
  const waitMs = waitOf(code, message, now)
  const error = { platform: 'sms', detail: message.slice(0, 200) }
  return new PlatformError(error.platform, code, waitMs !== undefined, error.detail, waitMs, { answered: true })
}

function waitOf(code: string, message: string, now: number): number | undefined {
  if (code === 'isv.BUSINESS_LIMIT_CONTROL') {
    // 触发分钟级流控Permits:1, 触发小时级流控Permits:5, 触发天级流控Permits:10
    if (message.includes('分钟级')) return MINUTE
    return message.includes('天级') ? untilMidnight(now) : HOUR
  }
  if (code === 'isv.DAY_LIMIT_CONTROL') return untilMidnight(now)
  if (code === 'isv.MONTH_LIMIT_CONTROL') return DAY
  if (SETUP.has(code)) return SETUP_WAIT
  return BUSY.test(code) ? 5 * SECOND : undefined
}

/** A little later than Aliyun's day begins, which is China's. */
function untilMidnight(now: number): number {
  const midnight = DateTime.fromMillis(now, { zone: 'Asia/Shanghai' }).startOf('day').plus({ days: 1 })
  return midnight.toMillis() - now + MINUTE
}
