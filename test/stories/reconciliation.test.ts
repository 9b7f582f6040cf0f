import assert from 'node:assert/strict'
import { auditMoney } from '../../server/domain/payments/audit.ts'
import { BillDay } from '../../server/domain/payments/bill-day.ts'
import { MoneyDifference } from '../../server/domain/payments/difference.ts'
import { Payment } from '../../server/domain/payments/payment.ts'
import { askRefund } from '../../server/domain/payments/refunds.ts'
import { SYSTEM } from '../../server/engines/events/events.ts'
import { feeOf } from '../../server/sandbox/wechatpay-bill.ts'
import { ask, books, findings, openTill, pays, stands, type Till, waysOf } from '../money.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let till: Till
beforeEach(async () => {
  till = await openTill()
})
afterEach(() => till.story.close())

const days = () => till.story.db.read((tx) => tx.find(BillDay, 'ORDER BY day'))
const differences = () =>
  till.story.db.read((tx) => tx.find(MoneyDifference, `WHERE state = 'open' ORDER BY kind, number`))

async function paid(amount: number) {
  const payment = await ask(till, { amount })
  await pays(till, payment)
  return payment
}

test('a day that agrees: what was paid and refunded is compared with the bill of the morning after', async () => {
  const { story } = till
  const payment = await paid(26_800)
  await paid(100)
  await story.db.write(async (tx) => {
    await askRefund(tx, await stands(till, payment), {
      amount: 6_800,
      reason: '提前还车, 有逗号',
      key: 'a',
      by: SYSTEM,
    })
  })
  await story.later('20 h')
  assert.deepEqual(await days(), [], 'the bill is not made yet')
  await story.later('5 h')
  const [day] = await days()
  const { state, payments, paid: sum, refunds, refunded, differences: found } = day ?? {}
  assert.deepEqual(
    { day: day?.day, state, payments, sum, refunds, refunded, found },
    { day: 20261123, state: 'done', payments: 2, sum: 26_900, refunds: 1, refunded: 6_800, found: 0 },
  )
  // A day without anything has no bill, and needs none.
  await story.later('1 d')
  assert.deepEqual(
    (await days()).map(({ day: one, state: how }) => [one, how]),
    [
      [20261123, 'done'],
      [20261124, 'done'],
    ],
  )
  assert.deepEqual(await findings(till), [])
})

test('what WeChat Pay keeps for itself is known from its bill, and the account there is what it says', async () => {
  const { story, pay } = till
  const payment = await paid(26_800)
  await paid(80)
  await paid(83)
  await story.later('25 h')
  const [day] = await days()
  // 1.608 yuan, 0.0048 and 0.00498: each rounded by itself, to fen.
  assert.equal(day?.fees, 161)
  assert.deepEqual(await books(till), {
    ...{ 'cash:wechatpay': 26_963 - 161, 'customers:owed': -26_963, 'fees:wechatpay': 161 },
  })
  const back = { amount: 6_800, reason: '提前还车', key: 'back', by: SYSTEM }
  await story.db.write(async (tx) => {
    await askRefund(tx, await stands(till, payment), back)
  })
  await story.later('25 h')
  const balance = pay.trades.reduce((sum, { total }) => sum + total - feeOf(total), 0)
  const sentBack = pay.refunds.reduce((sum, { amount }) => sum + amount - feeOf(amount), 0)
  const now = await books(till)
  assert.equal(now['cash:wechatpay'], balance - sentBack)
  assert.equal(now['fees:wechatpay'], 161 - 41, 'with a refund it gives back its share')
  assert.deepEqual(await findings(till), [])

  await story.db.write((tx) => tx.run('UPDATE bill_days SET fees = fees + 1 WHERE id = ?', [day?.id]))
  assert.deepEqual((await findings(till)).sort(), ['account_wrong', 'account_wrong'], 'the auditor reads it again')
  for (const { about } of await auditMoney(story.db, true)) assert.match(about, /^-?\d+\.\d\d ≠ -?\d+\.\d\d$/)
})

test('what the bill has and we have not, and the other way round, becomes work of finance', async () => {
  const { story, qian, pay } = till
  const [lost, changed] = [await paid(500), await paid(700)]
  const [first] = pay.trades
  if (!first) throw new Error('nothing was paid')
  // The platform forgets one, knows one that we do not, and has another amount of a third.
  pay.trades.push({ ...first, number: 'SOMEBODYELSE01', transactionId: '4200999', total: 900 })
  pay.trades.splice(0, 1)
  const other = pay.trades.find(({ number }) => number === changed.number)
  if (other) other.total = 701
  await story.later('25 h')
  assert.deepEqual(
    (await differences()).map(({ kind, number, ours, theirs }) => [kind, number, ours, theirs]),
    [
      ['amount', changed.number, 700, 701],
      ['not_here', 'SOMEBODYELSE01', null, 900],
      ['not_there', lost.number, 500, null],
    ],
  )
  assert.match(JSON.stringify(qian.card('SOMEBODYELSE01').card), /我方缺少/)
  assert.match(JSON.stringify(qian.card(lost.number).card), /微信账单缺少/)
  assert.deepEqual(waysOf(qian, 'SOMEBODYELSE01'), ['explained'])
  assert.deepEqual(waysOf(qian, lost.number), ['explained'])
  await qian.press('SOMEBODYELSE01', 'finish', { outcome: 'explained' })
  await qian.says('线下收款码收的')
  await story.later('1 min')
  assert.equal((await differences()).length, 2)
  await story.later('1 d')
  assert.equal((await days()).length, 2, 'a day is compared once')
})

test('what nobody has told us of is taken in from the bill', async () => {
  const { story, pay } = till
  pay.faults.notifyNever = true
  const payment = await ask(till, { amount: 300 })
  await pays(till, payment)
  // As if every question since had been lost.
  await story.db.write((tx) => tx.update(Payment, payment.id, { wakeAt: null }))
  await story.later('25 h')
  assert.equal((await stands(till, payment)).state, 'paid')
  assert.deepEqual(await differences(), [])
  assert.deepEqual(await books(till), { 'cash:wechatpay': 298, 'customers:owed': -300, 'fees:wechatpay': 2 })
})

test('a platform that is down in the morning is asked again; a torn bill is not believed', async () => {
  const { story, pay } = till
  await paid(300)
  await story.later('23 h')
  pay.faults.down = '503'
  await story.later('3 h')
  assert.deepEqual(
    (await days()).map(({ state }) => state),
    ['due'],
  )
  pay.faults.down = false
  await story.later('2 h')
  assert.deepEqual(
    (await days()).map(({ state, differences: found }) => [state, found]),
    [['done', 0]],
  )
})
