import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, DAY, HOUR, MINUTE } from '../lib/clock.ts'
import type { Live } from './live.ts'
import type { Memory } from './memory.ts'
import { push } from './post.ts'
import type { SmsFaults, SmsItem, SmsSend, SmsTemplate } from './sms.ts'

export interface SmsAccount {
  accessKeyId: string
  accessKeySecret: string
  signName: string
  /** The end of the address to which reports are pushed. */
  reportToken?: string
  /** Everything that has been approved. */
  templates: () => SmsTemplate[]
}

/** A message that the operator will report on. */
export interface SmsDetail extends SmsItem {
  outId: string
  bizId: string
  /** Empty: not reported yet. */
  report: string
}

/** The stand-in's inside. */
export interface SmsWorld {
  readonly account: SmsAccount
  readonly clock: Clock
  readonly state: { details: SmsDetail[] }
  readonly memory: Memory
  readonly live: Live
  readonly faults: SmsFaults
  readonly sent: SmsSend[]
  readonly calls: Map<string, number>
  readonly nonces: Set<string>
  readonly reportUrl: () => string
}

/** An error in Aliyun's way: a code and a sentence. */
export class SmsRefusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** What goes wrong before the business is asked is answered with a status of its own. */
    readonly status = 200,
  ) {
    super(message)
  }
}

/** Default limits for one number. Source: 短信发送频率限制. */
const LIMITS = [
  { most: 1, windowMs: MINUTE, name: '分钟级' },
  { most: 5, windowMs: HOUR, name: '小时级' },
  { most: 10, windowMs: DAY, name: '天级' },
]

const REPORT_ROUNDS = 3
const REPORT_PAUSE_MS = 400

/** SendSms: checks what Aliyun checks, and shows the text on the phone. Source: Dysmsapi 2017-05-25 SendSms. */
export function sendSms(world: SmsWorld, query: URLSearchParams): Record<string, unknown> {
  const of = (name: string) => query.get(name) ?? ''
  const send: SmsSend = {
    at: world.clock.now(),
    phone: of('PhoneNumbers'),
    template: of('TemplateCode'),
    params: paramsOf(of('TemplateParam')),
    outId: of('OutId'),
    code: 'OK',
  }
  world.sent.push(send)
  try {
    const fault = world.faults.codes.shift()
    if (fault) throw new SmsRefusal(fault, FAULT_TEXTS[fault] ?? 'error')
    return deliver(world, send, of('SignName'))
  } catch (error) {
    if (error instanceof SmsRefusal) send.code = error.code
    throw error
  }
}

function deliver(world: SmsWorld, { at, phone, template, params, outId }: SmsSend, sign: string) {
  if (!/^1[3-9]\d{9}$/.test(phone)) throw new SmsRefusal('isv.MOBILE_NUMBER_ILLEGAL', '非法手机号')
  if (sign !== world.account.signName) throw new SmsRefusal('isv.SMS_SIGNATURE_ILLEGAL', '短信签名不合法')
  const known = world.account.templates().find((one) => one.template === template)
  if (!known) throw new SmsRefusal('isv.SMS_TEMPLATE_ILLEGAL', '模板不合法(不存在或被拉黑)')
  const text = `【${sign}】${filled(known.text, params)}`
  checkLimits(world, phone, at)
  const bizId = `${randomInt(1e8, 1e9)}${at}^0`
  const item: SmsItem = { id: bizId, at, phone, template, text }
  world.state.details.push({ ...item, outId, bizId, report: '' })
  world.memory.touch()
  world.live.tell({ type: 'sms', phone, item })
  // The operator reports on its own time; the sender does not wait for it.
  if (!world.faults.reportManually) void reportAll(world)
  return { BizId: bizId }
}

function filled(text: string, params: Record<string, string>): string {
  return text.replace(/\$\{(\w+)\}/g, (_all, name: string) => {
    const value = params[name]
    if (value === undefined || value === '')
      throw new SmsRefusal('isv.TEMPLATE_MISSING_PARAMETERS', `模板缺少变量:${name}`)
    if ([...value].length > 35) throw new SmsRefusal('isv.PARAM_LENGTH_LIMIT', `参数超出长度限制:${name}`)
    if (/https?:\/\//.test(value)) throw new SmsRefusal('isv.PARAM_NOT_SUPPORT_URL', `变量不支持传URL:${name}`)
    return value
  })
}

function checkLimits(world: SmsWorld, phone: string, now: number): void {
  const times = world.state.details.filter((one) => one.phone === phone).map(({ at }) => at)
  for (const { most, windowMs, name } of LIMITS) {
    if (times.filter((at) => at > now - windowMs).length >= most)
      throw new SmsRefusal('isv.BUSINESS_LIMIT_CONTROL', `触发${name}流控Permits:${most}`)
  }
}

/** QuerySendDetails: the messages to a number on a day of China's. */
export function sendDetails(world: SmsWorld, query: URLSearchParams): Record<string, unknown> {
  const day = (at: number) => new Date(at + 8 * HOUR).toISOString().slice(0, 10).replaceAll('-', '')
  const found = world.state.details
    .filter((one) => one.phone === query.get('PhoneNumber') && day(one.at) === query.get('SendDate'))
    .reverse()
  const size = Number(query.get('PageSize'))
  const page = Number(query.get('CurrentPage'))
  if (!(size >= 1 && size <= 50 && page >= 1)) throw new SmsRefusal('isv.INVALID_PARAMETERS', '参数异常')
  return {
    TotalCount: found.length,
    SmsSendDetailDTOs: {
      SmsSendDetailDTO: found.slice((page - 1) * size, page * size).map((one) => ({
        PhoneNum: one.phone,
        TemplateCode: one.template,
        Content: one.text,
        OutId: one.outId,
        SendDate: stamp(one.at),
        SendStatus: one.report === '' ? 1 : one.report === 'DELIVERED' ? 3 : 2,
        ErrCode: one.report,
      })),
    },
  }
}

/** Pushes what the operators have reported (SmsReport by HTTP); what is not taken is pushed again. */
export async function reportAll(world: SmsWorld): Promise<number> {
  if (!world.account.reportToken) return 0
  const waiting = world.state.details.filter(({ report }) => report === '')
  for (const one of waiting) one.report = world.faults.undelivered.shift() ?? 'DELIVERED'
  if (waiting.length === 0) return 0
  const body = waiting.map((one) => ({
    phone_number: one.phone,
    send_time: stamp(one.at),
    report_time: stamp(world.clock.now()),
    success: one.report === 'DELIVERED',
    err_code: one.report,
    err_msg: one.report === 'DELIVERED' ? '用户接收成功' : '发送失败',
    sms_size: '1',
    biz_id: one.bizId,
    out_id: one.outId,
  }))
  world.memory.touch()
  const request = () => ({ url: world.reportUrl(), body: JSON.stringify(body), type: 'application/json' })
  for (let round = 0; round < REPORT_ROUNDS; round++) {
    await sleep(round * REPORT_PAUSE_MS)
    if (wasTaken((await push({ request })).body)) break
  }
  return waiting.length
}

/** The receiver says by `code` 0 that it has them. */
function wasTaken(body: string): boolean {
  try {
    return JSON.parse(body).code === 0
  } catch {
    return false
  }
}

function paramsOf(text: string): Record<string, string> {
  if (text === '') return {}
  try {
    return Object.fromEntries(Object.entries(JSON.parse(text)).map(([name, value]) => [name, String(value)]))
  } catch {
    throw new SmsRefusal('isv.INVALID_JSON_PARAM', 'JSON参数不合法')
  }
}

function stamp(at: number): string {
  return new Date(at + 8 * HOUR).toISOString().slice(0, 19).replace('T', ' ')
}

const FAULT_TEXTS: Record<string, string> = {
  'isv.BUSINESS_LIMIT_CONTROL': '触发小时级流控Permits:5',
  'isv.AMOUNT_NOT_ENOUGH': '账户余额不足',
  'isp.SYSTEM_ERROR': '系统错误',
  'isv.MOBILE_NUMBER_ILLEGAL': '非法手机号',
}
