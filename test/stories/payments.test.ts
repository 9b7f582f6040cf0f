import assert from 'node:assert/strict'
import { mergeCustomers, undoMerge } from '../../server/domain/customers/merge.ts'
import { cancelPayment } from '../../server/domain/payments/payments.ts'
import type { PaymentLook } from '../../server/domain/payments/view.ts'
import { SYSTEM } from '../../server/engines/events/events.ts'
import { ask, books, findings, openTill, pays, sheet, stands, type Till, waysOf } from '../money.ts'
import { idOf } from '../rules.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let till: Till
beforeEach(async () => {
  till = await openTill()
})
afterEach(() => till.story.close())

const seen = async (id: string) => (await till.story.wang.call<PaymentLook>('GET', `/api/payments/${id}`)).body

test('a payment is prepaid, paid on the phone, notified, and stands in the books', async () => {
  const payment = await ask(till)
  assert.deepEqual(await books(till), {})
  const first = await sheet(till, payment)
  assert.match(first.package, /^prepay_id=wx/)
  assert.match(first.timeStamp, /^\d{10}$/)
  assert.equal((await sheet(till, payment)).package, first.package, 'a prepaid order is not prepaid again')
  await till.pay.pay(till.story.wang.user.openid, first)
  const { state, amount, refunded, paidAt } = await seen(payment.id)
  assert.deepEqual(
    { state, amount, refunded, paidAt },
    { state: 'paid', amount: 26_800, refunded: 0, paidAt: till.story.clock.now() },
  )
  assert.deepEqual(till.heard, ['rental 26800'])
  assert.deepEqual(await books(till), { 'cash:wechatpay': 26_800, 'customers:owed': -26_800 })
  assert.equal((await till.story.wang.call('POST', `/api/payments/${payment.id}/prepay`, {})).status, 409)
  assert.deepEqual(await findings(till), [])
})

test('a payment is its customer’s alone', async () => {
  const payment = await ask(till)
  await till.story.li.signIn()
  for (const [method, path] of [
    ['GET', ''],
    ['POST', '/prepay'],
    ['POST', '/check'],
  ] as const) {
    const answer = await till.story.li.call(
      method,
      `/api/payments/${payment.id}${path}`,
      method === 'POST' ? {} : undefined,
    )
    assert.equal(answer.status, 404)
  }
  assert.equal((await fetch(`${till.story.running.url}/api/payments/${payment.id}`)).status, 401)
  await assert.rejects(till.pay.pay(till.story.li.user.openid, await sheet(till, payment)), /another user/)
})

test('notified twice at once, it counts once', async () => {
  till.pay.faults.notifyTwice = 3
  const payment = await ask(till)
  await pays(till, payment)
  assert.deepEqual(till.heard, ['rental 26800'])
  assert.deepEqual(await books(till), { 'cash:wechatpay': 26_800, 'customers:owed': -26_800 })
})

test('notified late, it counts from when it was paid', async () => {
  till.pay.faults.notifyLateMs = 20_000
  const payment = await ask(till)
  await pays(till, payment)
  const at = till.story.clock.now()
  assert.equal((await seen(payment.id)).state, 'open')
  await till.story.later('25 s')
  assert.equal((await stands(till, payment)).paidAt, at)
  assert.deepEqual(till.heard, ['rental 26800'])
})

test('notified never, the phone’s own word leads to the question, and the duty asks in any case', async () => {
  till.pay.faults.notifyNever = true
  const [one, other] = [await ask(till), await ask(till)]
  await pays(till, one)
  const { body } = await till.story.wang.call<PaymentLook>('POST', `/api/payments/${one.id}/check`, {})
  assert.equal(body.state, 'paid')
  await pays(till, other)
  assert.equal((await seen(other.id)).state, 'open')
  await till.story.later('1 min')
  assert.equal((await seen(other.id)).state, 'paid')
  assert.deepEqual(till.heard, ['rental 26800', 'rental 26800'])
  assert.deepEqual(await findings(till), [])
})

test('nobody pays: it lapses, at the platform too', async () => {
  const [opened, untouched] = [await ask(till), await ask(till)]
  const old = await sheet(till, opened)
  await till.story.later('20 min')
  assert.deepEqual([(await seen(opened.id)).state, (await seen(untouched.id)).state], ['closed', 'closed'])
  await assert.rejects(till.pay.pay(till.story.wang.user.openid, old), /CLOSED/)
  const answer = await till.story.wang.call<{ error: { message: string } }>(
    'POST',
    `/api/payments/${opened.id}/prepay`,
    {},
  )
  assert.deepEqual([answer.status, answer.body.error.message], [409, '付款时间已过或订单已取消，请重新下单。'])
  assert.deepEqual(await books(till), {})
})

test('taken back, it is closed at the platform; paid all the same, the money returns by itself', async () => {
  const { story, pay } = till
  const [closed, late] = [await ask(till), await ask(till)]
  const old = await sheet(till, closed)
  const quick = await sheet(till, late)
  await story.db.write((tx) => cancelPayment(tx, closed.id, 'changed their mind'))
  await story.later('2 min')
  assert.equal(pay.trades.find(({ number }) => number === closed.number)?.state, 'CLOSED')
  await assert.rejects(pay.pay(story.wang.user.openid, old), /CLOSED/)
  await story.db.write((tx) => cancelPayment(tx, late.id, 'changed their mind'))
  await pay.pay(story.wang.user.openid, quick)
  assert.deepEqual(till.heard, [], 'nobody is told of what they do not want')
  await story.later('1 min')
  const look = await seen(late.id)
  assert.deepEqual([look.state, look.refunded, look.refunds.map(({ state }) => state)], ['paid', 26_800, ['arrived']])
  assert.deepEqual(await books(till), {})
  assert.deepEqual(await findings(till), [])
})

test('the noun no longer wants it: the money returns in the same transaction', async () => {
  till.says.verdict = 'returned'
  const payment = await ask(till)
  await pays(till, payment)
  assert.deepEqual(await books(till), { 'cash:wechatpay': 26_800, 'refunds:due': -26_800 })
  await till.story.later('1 min')
  assert.deepEqual(await books(till), {})
  assert.equal(till.pay.refunds.length, 1)
})

test('paid while it is being closed: the money that came in time is kept', async () => {
  till.pay.faults.notifyNever = true
  const payment = await ask(till)
  await till.story.later('14 min')
  await pays(till, payment)
  await till.story.later('2 min')
  assert.equal((await seen(payment.id)).state, 'paid')
  assert.deepEqual(till.heard, ['rental 26800'])
})

test('another amount than was asked is kept apart, and finance sends it back', async () => {
  const { story, qian, pay } = till
  pay.faults.amounts = [100]
  const payment = await ask(till)
  await pays(till, payment)
  assert.deepEqual(till.heard, [])
  assert.deepEqual(await books(till), { 'cash:wechatpay': 100, 'apart:wechatpay': -100 })
  assert.equal((await seen(payment.id)).state, 'closed')
  await story.settle()
  const face = JSON.stringify(qian.card(payment.number).card)
  assert.match(face, /实付与应付不符/)
  assert.match(face, /收款 我方 ￥268\.00，微信 ￥1\.00/)
  assert.match(face, /这笔钱单独挂账/)
  assert.deepEqual(waysOf(qian, payment.number), ['explained', 'returned'])
  await qian.press(payment.number, 'finish', { outcome: 'returned' })
  await qian.says('客户少付，已退')
  await story.later('1 min')
  assert.deepEqual(await books(till), {})
  assert.deepEqual(await findings(till), [])
})

test('what is not signed by WeChat Pay is not believed', async () => {
  const { story, pay } = till
  const payment = await ask(till)
  await pays(till, payment)
  assert.equal(await pay.probe(), 401)
  const url = `${story.running.url}/callbacks/wechatpay`
  assert.equal((await fetch(url, { method: 'POST', body: '{}' })).status, 401)
  const other = await ask(till)
  pay.faults.forge = 1
  const forged = await story.wang.call('POST', `/api/payments/${other.id}/prepay`, {})
  assert.equal(forged.status, 502)
  // What was carried out under a forged or lost answer is the same order when it is asked again.
  pay.faults.loseAnswers = 1
  assert.equal((await story.wang.call('POST', `/api/payments/${other.id}/prepay`, {})).status, 502)
  await pays(till, other)
  assert.equal((await seen(other.id)).state, 'paid')
  assert.equal(pay.trades.length, 2)
})

test('the platform is down: the payment waits, and nothing is lost', async () => {
  const { story, pay } = till
  const payment = await ask(till)
  const old = await sheet(till, payment)
  pay.faults.notifyNever = true
  await pay.pay(story.wang.user.openid, old)
  pay.faults.down = '503'
  assert.equal((await story.wang.call<PaymentLook>('POST', `/api/payments/${payment.id}/check`, {})).body.state, 'open')
  await story.later('30 min')
  assert.equal((await seen(payment.id)).state, 'open', 'nobody knows')
  pay.faults.down = false
  await story.later('1 h')
  assert.equal((await seen(payment.id)).state, 'paid')
})

test('a restart in the middle: the platform and the house go on where they were', async () => {
  const { story } = till
  const payment = await ask(till)
  const old = await sheet(till, payment)
  await story.restart()
  const { wechatpay: pay } = story.sandbox
  if (!pay) throw new Error('no WeChat Pay')
  assert.equal((await sheet(till, payment)).package, old.package)
  await pay.pay(story.wang.user.openid, old)
  await story.later('1 min')
  assert.equal((await seen(payment.id)).state, 'paid')
})

test('at the desk the phone shows what is to be paid, checks who asks, and pays', async () => {
  const { story, pay } = till
  const payment = await ask(till)
  const { openid } = story.wang.user
  const order = { openid, ...(await sheet(till, payment)) }
  const desk = async (verb: string, body: object) => {
    const url = `${story.running.url}/desk/api/${verb}`
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
    return { status: answer.status, body: await answer.json() }
  }
  assert.deepEqual(await desk('wx/pay/look', order), { status: 200, body: { title: '七座 SUV 一天', total: 26_800 } })
  assert.equal(
    (await desk('wx/pay', { ...order, package: 'prepay_id=wx0' })).status,
    409,
    'another order under this signature',
  )
  assert.equal((await desk('wx/pay', order)).status, 200)
  assert.equal((await seen(payment.id)).state, 'paid')
  assert.equal((await desk('wx/pay', order)).status, 409, 'once')
  const faults = await desk('faults', { wechatpay: { notifyNever: true } })
  assert.deepEqual([faults.status, pay.faults.notifyNever], [200, true])
})

test('two customers turn out to be one: what was asked of either is theirs, and each phone pays what it has opened', async () => {
  const { story, wang, pay } = till
  const li = await idOf(story, story.li)
  const theirs = await ask(till, { customerId: li })
  const code = () => story.wechat.login(story.wang.user.openid)
  const prepay = (id: string, body: object) =>
    story.wang.call<{ package: string }>('POST', `/api/payments/${id}/prepay`, body)
  assert.equal((await prepay(theirs.id, { code: code() })).status, 404)
  const merge = await story.db.write((tx) => mergeCustomers(tx, wang, li, { by: SYSTEM, why: '同一个人' }))
  await story.wang.signIn()
  const opened = await prepay(theirs.id, { code: code() })
  assert.equal(opened.status, 200)
  assert.equal(pay.trades[0]?.openid, story.wang.user.openid)
  const elsewhere = await prepay(theirs.id, { code: story.wechat.login(story.li.user.openid) })
  assert.equal(elsewhere.status, 409)
  assert.equal((await prepay(theirs.id, { code: 'nonsense' })).status, 422)
  await story.db.write((tx) => undoMerge(tx, merge.id, SYSTEM))
  assert.equal((await stands(till, theirs)).customerId, li)
})
