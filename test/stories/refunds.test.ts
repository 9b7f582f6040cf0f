import assert from 'node:assert/strict'
import { deductDeposit, depositOf, openDeposit, releaseDeposit } from '../../server/domain/payments/deposits.ts'
import { cancelPayment } from '../../server/domain/payments/payments.ts'
import { askRefund, refundsOf } from '../../server/domain/payments/refunds.ts'
import { SYSTEM } from '../../server/engines/events/events.ts'
import type { Conflict } from '../../server/lib/errors.ts'
import { ask, books, ERRAND, findings, HOUR, openTill, pays, stands, type Till, waysOf } from '../money.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let till: Till
beforeEach(async () => {
  till = await openTill()
})
afterEach(() => till.story.close())

async function paid(amount = 26_800) {
  const payment = await ask(till, { amount })
  await pays(till, payment)
  return payment
}

const refund = (payment: { id: string }, amount: number, key: string) =>
  till.story.db.write(async (tx) => {
    const now = await stands(till, payment)
    return askRefund(tx, now, { amount, reason: '提前还车', key, by: SYSTEM })
  })
const refundsNow = async (payment: { id: string }) =>
  (await till.story.db.read((tx) => refundsOf(tx, payment))).map(
    ({ state, error }) => `${state}${error ? ` ${error}` : ''}`,
  )

test('parts go back, each once for its key, and never more than was paid', async () => {
  const payment = await paid()
  const one = await refund(payment, 6_800, 'a')
  assert.equal((await refund(payment, 6_800, 'a')).id, one.id)
  await refund(payment, 20_000, 'b')
  await assert.rejects(refund(payment, 1, 'c'), (error: Conflict) => error.why === 'refund_too_much')
  assert.deepEqual(await books(till), { 'cash:wechatpay': 26_800, 'refunds:due': -26_800 })
  await till.story.settle()
  assert.deepEqual(await refundsNow(payment), ['sent', 'sent'], 'taken is not done')
  await till.story.later('1 min')
  assert.deepEqual(await refundsNow(payment), ['done', 'done'])
  assert.deepEqual(await books(till), {})
  assert.deepEqual(
    till.pay.refunds.map(({ amount }) => amount),
    [6_800, 20_000],
  )
})

test('asked for at once by many, as much goes back as there is', async () => {
  const payment = await paid(1_000)
  const all = await Promise.allSettled(Array.from({ length: 12 }, (_, n) => refund(payment, 150, `part-${n}`)))
  assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 6)
  assert.equal((await stands(till, payment)).left(), 100)
  assert.deepEqual(await findings(till), [])
})

test('an answer that is lost, a busy platform: asked again under the same number it is one refund', async () => {
  const { story, pay } = till
  const payment = await paid()
  pay.faults.loseAnswers = 1
  await refund(payment, 26_800, 'a')
  await story.settle()
  assert.match((await refundsNow(payment)).join(), /^due /)
  pay.faults.codes = ['SYSTEM_ERROR', 'FREQUENCY_LIMITED']
  await story.later('10 min')
  assert.deepEqual(await refundsNow(payment), ['done'])
  assert.equal(pay.refunds.length, 1)
  assert.deepEqual(await books(till), {})
})

test('never notified, the refund is asked after; notified in the wrong order, it counts the same', async () => {
  const { story, pay } = till
  pay.faults.notifyNever = true
  const first = await ask(till)
  await pays(till, first)
  await story.later('1 min')
  await refund(first, 26_800, 'a')
  await story.later('5 min')
  assert.deepEqual(await refundsNow(first), ['done'])
  pay.faults.notifyNever = false
  pay.faults.hold = true
  const second = await ask(till)
  await pays(till, second)
  await story.later('1 min')
  await refund(second, 26_800, 'b')
  await story.later('1 min')
  await pay.release(true)
  assert.deepEqual(await refundsNow(second), ['done'])
  assert.deepEqual(await books(till), {})
  assert.deepEqual(till.heard, ['rental 26800', 'rental 26800'])
})

test('not enough money at the merchant: finance is told, and it goes on by itself when there is', async () => {
  const { story, qian, pay } = till
  const payment = await paid()
  pay.faults.codes = ['NOT_ENOUGH']
  const { number } = await refund(payment, 26_800, 'a')
  await story.settle()
  assert.deepEqual(await refundsNow(payment), ['due NOT_ENOUGH'])
  assert.match(JSON.stringify(qian.card(number).card), /商户余额不足/)
  assert.match(JSON.stringify(qian.card(number).card), /充值后选「重新发起退款」/)
  assert.deepEqual(waysOf(qian, number), ['explained', 'again', 'by_hand'])
  await story.later('1 h')
  assert.deepEqual(await refundsNow(payment), ['done'])
  assert.deepEqual(await findings(till), [])
})

test('an abnormal refund becomes work of finance: paid by hand, or put right at the platform', async () => {
  const { story, qian, pay } = till
  pay.faults.refunds = ['ABNORMAL', 'ABNORMAL']
  const [one, other] = [await paid(), await paid()]
  const first = await refund(one, 26_800, 'a')
  const second = await refund(other, 26_800, 'b')
  await story.later('1 min')
  assert.deepEqual([await refundsNow(one), await refundsNow(other)], [['stuck ABNORMAL'], ['stuck ABNORMAL']])
  assert.deepEqual(await books(till), { 'cash:wechatpay': 53_600, 'refunds:due': -53_600 })
  await qian.press(first.number, 'finish', { outcome: 'by_hand' })
  await qian.says('卡已注销，银行转账退回')
  await story.later('1 min')
  assert.deepEqual(await refundsNow(one), ['done'])
  pay.mend(second.number)
  await story.later('1 min')
  assert.deepEqual(await refundsNow(other), ['done'])
  assert.deepEqual(await books(till), { 'cash:wechatpay': 26_800, 'cash:bank': -26_800 })
  assert.deepEqual(await findings(till), [])
})

test('a closed refund is asked for anew by finance, under a new number', async () => {
  const { story, qian, pay } = till
  pay.faults.refunds = ['CLOSED']
  const payment = await paid()
  const { number } = await refund(payment, 26_800, 'a')
  await story.later('1 min')
  assert.deepEqual(await refundsNow(payment), ['stuck CLOSED'])
  // The platform counts what it has closed as not refunded.
  const trade = pay.trades[0]
  if (trade) trade.refunded = 0
  await qian.press(number, 'finish', { outcome: 'again' })
  await qian.says('重新发起')
  await story.later('1 min')
  assert.deepEqual(await refundsNow(payment), ['done'])
  assert.equal(pay.refunds.length, 2)
  assert.deepEqual(await books(till), {})
})

test('a deposit: held, taken from, and the rest goes back in its time', async () => {
  const { story } = till
  const { id } = await story.db.write((tx) =>
    openDeposit(tx, { customerId: till.wang, subject: ERRAND, amount: 300_000 }),
  )
  const payment = await ask(till, { purpose: 'deposit', amount: 300_000 })
  await pays(till, payment)
  const now = () => story.db.read((tx) => depositOf(tx, ERRAND))
  assert.equal((await now())?.state, 'held')
  assert.deepEqual(await books(till), { 'cash:wechatpay': 300_000, 'deposits:held': -300_000 })
  const take = (amount: number, key: string) =>
    story.db.write((tx) => deductDeposit(tx, id, { amount, reason: '车损', key }))
  assert.deepEqual([await take(80_000, 'damage'), await take(80_000, 'damage')], [80_000, 80_000])
  await story.db.write((tx) => releaseDeposit(tx, id, { at: tx.now + 48 * HOUR, by: SYSTEM }))
  await story.later('1 d')
  assert.equal(await take(20_000, 'violation'), 20_000, 'what is found until then still counts')
  assert.deepEqual(await findings(till), [])
  await story.later('25 h')
  const { state, deducted, refunded } = (await now()) ?? {}
  assert.deepEqual({ state, deducted, refunded }, { state: 'settled', deducted: 100_000, refunded: 200_000 })
  assert.equal(await take(5_000, 'late'), 0)
  assert.deepEqual(await books(till), {
    'cash:wechatpay': 100_000 - 1800,
    'fees:wechatpay': 1800,
    'customers:owed': -100_000,
  })
  assert.deepEqual(await findings(till), [])
})

test('a deposit that is waived, or smaller than what is owed', async () => {
  const { story } = till
  const waived = await story.db.write((tx) =>
    openDeposit(tx, {
      customerId: till.wang,
      subject: { type: 'errand', id: 'W1' },
      amount: 300_000,
      waived: 'credit',
    }),
  )
  const take = (id: string, amount: number) =>
    story.db.write((tx) => deductDeposit(tx, id, { amount, reason: '车损', key: 'damage' }))
  assert.equal(await take(waived.id, 10_000), 0)
  await pays(till, await ask(till, { purpose: 'deposit', amount: 50_000 }))
  const held = await story.db.read((tx) => depositOf(tx, ERRAND))
  assert.equal(await take(held?.id ?? '', 80_000), 50_000)
  await story.db.write((tx) => releaseDeposit(tx, held?.id ?? '', { at: tx.now, by: SYSTEM }))
  await story.later('1 min')
  assert.equal((await story.db.read((tx) => depositOf(tx, ERRAND)))?.state, 'settled')
  assert.equal(till.pay.refunds.length, 0)
  assert.deepEqual(await findings(till), [])
})

test('whoever has a deposit with us cannot be erased yet; after that the books stay, without them', async () => {
  const { story, wang } = till
  await pays(till, await ask(till, { purpose: 'deposit', amount: 50_000 }))
  const waiting = await ask(till)
  const reasons = async () =>
    (await story.wang.call<{ reasons: string[] }>('GET', '/api/me/erase')).body.reasons.join('\n')
  assert.match(await reasons(), /押金 .*500.* 还没有退还/)
  assert.match(await reasons(), /还没有付款/)
  const held = await story.db.read((tx) => depositOf(tx, ERRAND))
  await story.db.write(async (tx) => {
    await releaseDeposit(tx, held?.id ?? '', { at: tx.now, by: SYSTEM })
    await cancelPayment(tx, waiting.id, 'changed their mind')
  })
  await story.settle()
  assert.match(await reasons(), /退款还没有到账/)
  await story.later('1 min')
  assert.equal(await reasons(), '')
  assert.equal((await story.wang.call('POST', '/api/me/erase')).status, 202)
  await story.later('8 d')
  const [row] = await story.db.read((tx) =>
    tx.query<{ payments: number; moves: number; deposits: number }>(
      `SELECT (SELECT COUNT(*) FROM payments WHERE customerId = ?) AS payments,
       (SELECT COUNT(*) FROM ledger_moves WHERE customerId = ?) AS moves,
       (SELECT COUNT(*) FROM deposits WHERE customerId = ?) AS deposits`,
      [wang, wang, wang],
    ),
  )
  assert.deepEqual([Number(row?.payments), Number(row?.moves), Number(row?.deposits)], [0, 0, 0])
  assert.deepEqual(await findings(till), [])
})
