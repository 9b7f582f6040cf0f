import { createHash } from 'node:crypto'
import { PlatformError } from '../lib/errors.ts'

/** A line of WeChat Pay's daily bill. */
export interface BillRow {
  kind: 'payment' | 'refund'
  /** Ours: out_trade_no, or out_refund_no. */
  number: string
  /** WeChat Pay's. */
  platformNumber: string
  /** In fen. */
  amount: number
  /** What the platform keeps of it, in fen; what it gives back with a refund is below zero. */
  fee: number
  /** ms UTC. */
  at: number
}

const COLUMNS = {
  at: '交易时间',
  state: '交易状态',
  trade: '微信订单号',
  number: '商户订单号',
  total: '订单金额',
  refundId: '微信退款单号',
  refundNumber: '商户退款单号',
  refund: '申请退款金额',
  fee: '手续费',
} as const
/** Payments, refunds, and what a card reader has revoked, which we have none of. */
const STATES: Record<string, BillRow['kind']> = { SUCCESS: 'payment', REFUND: 'refund', REVOKED: 'refund' }
const SUMMARY = '总交易单数'

/** Whether a file is the one of which this is the digest. */
export function sameDigest(bytes: Buffer, sha1: string): boolean {
  return createHash('sha1').update(bytes).digest('hex') === sha1.toLowerCase()
}

/**
 * Reads a trade bill: a head, lines in which a backquote stands before each value, a head and a line of sums. Amounts are
 * in yuan, times are China's. Throws when it does not add up. Source: pay.weixin.qq.com, 交易账单.
 */
export function readBill(text: string): BillRow[] {
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => line !== '')
  const head = (lines[0] ?? '').split(',')
  const at = lines.findIndex((line) => line.startsWith(SUMMARY))
  if (at === -1) throw broken('a bill without its sums')
  const places = Object.fromEntries(Object.entries(COLUMNS).map(([name, title]) => [name, head.indexOf(title)]))
  for (const [name, place] of Object.entries(places))
    if (place === -1) throw broken(`a bill without the column ${name}`)
  const rows = lines.slice(1, at).map((line) => rowOf(valuesOf(line), places as Record<keyof typeof COLUMNS, number>))
  const [count] = valuesOf(lines[at + 1] ?? '')
  if (Number(count) !== rows.length) throw broken(`${rows.length} lines in a bill of ${count}`)
  return rows
}

/** A value may have a comma in it, but no comma before a backquote. */
function valuesOf(line: string): string[] {
  return line.replace(/^`/, '').split(',`')
}

function rowOf(values: string[], places: Record<keyof typeof COLUMNS, number>): BillRow {
  const of = (name: keyof typeof COLUMNS) => (values[places[name]] ?? '').trim()
  const kind = STATES[of('state')]
  if (!kind) throw broken(`a line of the state ${of('state')}`)
  const at = Date.parse(`${of('at').replace(/ +/, 'T')}+08:00`)
  if (Number.isNaN(at)) throw broken(`a line of the time ${of('at')}`)
  const fee = feeOf(of('fee'))
  return kind === 'payment'
    ? { kind, number: of('number'), platformNumber: of('trade'), amount: fenOf(of('total')), fee, at }
    : { kind, number: of('refundNumber'), platformNumber: of('refundId'), amount: fenOf(of('refund')), fee, at }
}

/** An amount in yuan as fen, without a float in between. */
function fenOf(text: string): number {
  const [, yuan, fen = ''] = /^(\d+)(?:\.(\d{1,2})0*)?$/.exec(text) ?? []
  if (yuan === undefined) throw broken(`the amount ${text}`)
  return Number(yuan) * 100 + Number(fen.padEnd(2, '0'))
}

/** A fee, in yuan with up to five places, as fen: `0.16000`, and `-0.04000` with a refund. */
function feeOf(text: string): number {
  if (text === '') return 0
  const [, minus, yuan, places = ''] = /^(-?)(\d+)(?:\.(\d{1,5}))?$/.exec(text) ?? []
  if (yuan === undefined) throw broken(`the fee ${text}`)
  const fen = Math.round((Number(yuan) * 100_000 + Number(places.padEnd(5, '0'))) / 1000)
  return minus && fen > 0 ? -fen : fen
}

function broken(detail: string): PlatformError {
  return new PlatformError('wechatpay', 'bill', true, detail)
}
