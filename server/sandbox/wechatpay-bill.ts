import { createHash } from 'node:crypto'
import { DAY, HOUR } from '../lib/clock.ts'
import { PayRefusal, type PayWorld } from './wechatpay-world.ts'

const HEAD =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注'
const SUMS = '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额'
/** A day's bill is made in the morning after it. */
const READY = 10 * HOUR
const FEE = 0.006

/** 申请交易账单: where the file is to be fetched, and its digest. */
export function billOf(world: PayWorld, day: string): Record<string, unknown> {
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) throw new PayRefusal(400, 'PARAM_ERROR', 'bill_date 格式不正确')
  if (world.clock.now() < Date.parse(`${day}T00:00:00+08:00`) + DAY + READY)
    throw new PayRefusal(400, 'STATEMENT_CREATING', '账单生成中')
  const file = billFile(world, day)
  if (!file) throw new PayRefusal(400, 'NO_STATEMENT_EXIST', '账单文件不存在')
  return {
    hash_type: 'SHA1',
    hash_value: createHash('sha1').update(file).digest('hex'),
    download_url: `${world.base()}/v3/billdownload/file?token=${day}`,
  }
}

/** The file of a day, or undefined where nothing happened. */
export function billFile(world: PayWorld, day: string): string | undefined {
  const { account, state } = world
  const of = (at: number) => new Date(at + 8 * HOUR).toISOString()
  const rows: { at: number; values: string[] }[] = []
  for (const trade of state.trades) {
    if (trade.paidAt === null || of(trade.paidAt).slice(0, 10) !== day) continue
    rows.push({
      at: trade.paidAt,
      values: [
        ...[of(trade.paidAt).slice(0, 19).replace('T', ' '), account.appId, account.mchId, '0', ''],
        ...[trade.transactionId, trade.number, trade.openid, 'JSAPI', 'SUCCESS', 'OTHERS', 'CNY', yuan(trade.total)],
        ...['0.00', '0', '0', '0.00', '0.00', '', '', trade.title, '', feeText(feeOf(trade.total)), '0.60%'],
        ...[yuan(trade.total), '0.00', ''],
      ],
    })
  }
  for (const refund of state.refunds) {
    const trade = state.trades.find(({ number }) => number === refund.trade)
    if (!trade || of(refund.takenAt).slice(0, 10) !== day) continue
    rows.push({
      at: refund.takenAt,
      values: [
        ...[of(refund.takenAt).slice(0, 19).replace('T', ' '), account.appId, account.mchId, '0', ''],
        ...[trade.transactionId, trade.number, trade.openid, 'JSAPI', 'REFUND', 'OTHERS', 'CNY', '0.00', '0.00'],
        ...[refund.refundId, refund.number, yuan(refund.amount), '0.00', 'ORIGINAL', refund.state, trade.title, ''],
        ...[feeText(-feeOf(refund.amount)), '0.60%', '0.00', yuan(refund.amount), ''],
      ],
    })
  }
  if (rows.length === 0) return undefined
  rows.sort((a, b) => b.at - a.at)
  const sum = (place: number) => rows.reduce((all, { values }) => all + Number(values[place]), 0).toFixed(2)
  const sums = [String(rows.length), sum(12), sum(16), '0.00', sum(22), sum(24), sum(25)]
  const line = (values: string[]) => values.map((value) => `\`${value}`).join(',')
  return `\ufeff${[HEAD, ...rows.map(({ values }) => line(values)), SUMS, line(sums)].join('\r\n')}\r\n`
}

/** What the platform keeps of an amount, rounded to fen. */
export function feeOf(fen: number): number {
  return Math.round(fen * FEE)
}

/** Fen as the bill writes fees: five places, of which the last three are nothing. */
function feeText(fen: number): string {
  return `${yuan(fen)}000`
}

function yuan(fen: number): string {
  return (fen / 100).toFixed(2)
}
