import { DateTime } from 'luxon'
import { z } from 'zod'
import { type Clock, DAY } from '../lib/clock.ts'
import { PlatformError } from '../lib/errors.ts'
import { type AliyunKey, signAliyun } from './aliyun-sign.ts'
import { callBytes, httpRefusal } from './call.ts'
import { parseJson } from './json.ts'
import { limit } from './limit.ts'
import { smsError } from './sms-errors.ts'

export interface SmsConfig extends AliyunKey {
  signName: string
  apiBase: string
}

/** One text message, from a template that Aliyun has approved. */
export interface TextMessage {
  phone: string
  template: string
  params: Record<string, string>
  /** Ours: comes back in reports and finds the message again after a lost answer. */
  outId: string
}

/** What became of a message, as the operator reports it. */
export interface SmsReport {
  outId: string
  arrived: boolean
  code: string
  text: string
}

/** Aliyun's text messages. Every call may throw a PlatformError('sms', code, …). */
export interface Sms {
  send(message: TextMessage): Promise<{ bizId: string }>
  /** Whether a message whose answer was lost was taken after all; looks through the days since `since`. */
  wasSent(message: Pick<TextMessage, 'phone' | 'outId'>, since: number): Promise<boolean>
}

const VERSION = '2017-05-25'
const PARALLEL = 20
const DETAILS_A_PAGE = 50
/** Aliyun answers for 30 days; a message is tried for one. */
const MOST_DAYS = 3
const ZONE = 'Asia/Shanghai'

const answerShape = z.object({ Code: z.string(), Message: z.string().default('') }).loose()
const sentShape = z.object({ BizId: z.string().min(1) })
const detailsShape = z.object({
  SmsSendDetailDTOs: z
    .object({
      SmsSendDetailDTO: z.array(z.object({ OutId: z.string().optional() })).default([]),
    })
    .default({ SmsSendDetailDTO: [] }),
})

/** A client of Aliyun's text messages. Nothing is called until something is asked of it. */
export function sms(config: SmsConfig, clock: Clock): Sms {
  const inTurn = limit(PARALLEL)

  async function ask<T>(action: string, shape: z.ZodType<T>, params: Record<string, string>): Promise<T> {
    const { host } = new URL(config.apiBase)
    const { query, headers } = signAliyun({ host, action, version: VERSION, query: params }, config)
    const url = `${config.apiBase}/?${query}`
    const answer = await inTurn(() =>
      callBytes({ platform: 'sms', url, method: 'POST', headers, keepRefusals: true, maxBytes: 1024 * 1024 }),
    )
    const parsed = answerShape.safeParse(jsonOf(answer.body))
    if (!parsed.success) {
      if (answer.status >= 400) throw httpRefusal('sms', answer)
      throw new PlatformError('sms', 'not_json', true, `${answer.body.length} bytes`)
    }
    const { Code: code, Message: message } = parsed.data
    if (code !== 'OK') throw smsError(code, message, clock.now())
    return shape.parse(parsed.data)
  }

  return {
    async send({ phone, template, params, outId }) {
      const { BizId } = await ask('SendSms', sentShape, {
        PhoneNumbers: phone,
        SignName: config.signName,
        TemplateCode: template,
        TemplateParam: JSON.stringify(params),
        OutId: outId,
      })
      return { bizId: BizId }
    },

    async wasSent({ phone, outId }, since) {
      for (const day of daysFrom(since, clock.now())) {
        const { SmsSendDetailDTOs: details } = await ask('QuerySendDetails', detailsShape, {
          PhoneNumber: phone,
          SendDate: day,
          PageSize: String(DETAILS_A_PAGE),
          CurrentPage: '1',
        })
        if (details.SmsSendDetailDTO.some((one) => one.OutId === outId)) return true
      }
      return false
    },
  }
}

const reportsShape = z
  .array(
    z.object({
      out_id: z.string().max(128).nullish(),
      success: z.boolean(),
      err_code: z.string().max(100).nullish(),
      err_msg: z.string().nullish(),
    }),
  )
  .max(1000)

/** Reads what Aliyun pushes about messages it has handed to the operators (SmsReport); undefined if it is nothing such. */
export function readReports(body: unknown): SmsReport[] | undefined {
  const parsed = reportsShape.safeParse(body)
  if (!parsed.success) return undefined
  return parsed.data.map((report) => ({
    outId: report.out_id ?? '',
    arrived: report.success,
    code: report.err_code ?? '',
    text: report.err_msg ?? '',
  }))
}

function daysFrom(since: number, now: number): string[] {
  const days: string[] = []
  for (let at = now; days.length < MOST_DAYS; at -= DAY) {
    days.push(DateTime.fromMillis(at, { zone: ZONE }).toFormat('yyyyMMdd'))
    if (days.at(-1) === DateTime.fromMillis(since, { zone: ZONE }).toFormat('yyyyMMdd')) break
  }
  return days
}

function jsonOf(body: Buffer): unknown {
  try {
    return parseJson(body.toString('utf8'))
  } catch {
    return undefined
  }
}
