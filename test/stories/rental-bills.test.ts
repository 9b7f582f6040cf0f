import assert from 'node:assert/strict'
import { jpeg } from '../pictures.ts'
import { DAY, Renting, TUESDAY_10 } from '../renting.ts'
import { afterEach, beforeEach, describe, test } from '../suite.ts'

/** 400 kilometres more than the price allows. */
const EXTRA = 400 * 80
const SCRATCH = 40_000
const DENT = 60_000
const DEPOSIT = 500_000

let renting: Renting
beforeEach(async () => {
  renting = await Renting.open()
})
afterEach(async () => {
  assert.deepEqual(await renting.findings(), [])
  await renting.story.close()
})

const inbox = () => renting.story.wang.inbox().join('\n')

/** Without a deposit, back with 400 kilometres too many: a bill that is to be paid on the phone. */
async function owes(): Promise<string> {
  const { story } = renting
  await story.db.write((tx) => tx.run(`UPDATE customers SET tier = 'gold'`))
  const id = await renting.books()
  await renting.giveBothPapers()
  await renting.signs(id)
  await renting.handsOver(id)
  await comesBack(13_000, '1')
  await renting.does(id, 'bill/confirm')
  const { bill } = await renting.view(id)
  assert.deepEqual([bill?.due, bill?.state], [EXTRA, 'paying'])
  return id
}

async function comesBack(odometer: number, ...damage: string[]): Promise<void> {
  await renting.until(TUESDAY_10 + 2 * DAY)
  await renting.story.later('1 min')
  await renting.takesBack(odometer, '100', ...damage)
}

/** With a deposit, back with a scratch and a dent, which the bill names. */
async function scratched(): Promise<string> {
  const id = await renting.books()
  await renting.getsReady(id)
  await renting.handsOver(id)
  await comesBack(12_300, '2', '1 2')
  assert.equal((await renting.view(id)).bill?.total, SCRATCH + DENT)
  return id
}

/** The violations are looked after a month later: there are none, and the rental is over. */
async function ends(id: string) {
  await renting.story.later(`${31 * 24} h`)
  await renting.press(renting.wu, '违章核查', 'finish', { outcome: 'none' })
  await renting.story.later('2 min')
  const over = await renting.view(id)
  assert.equal(over.state, 'closed')
  assert.deepEqual(over.stage, undefined)
  const books = await renting.ledger()
  for (const account of ['customers:owed', 'deposits:held', 'refunds:due'])
    assert.equal(books[account] ?? 0, 0, account)
  return { over, books }
}

async function disputes(id: string, description = '划痕取车时就有'): Promise<string> {
  const photos = [(await renting.story.wang.upload(await jpeg())).body.id]
  const { status, body } = await renting.does(id, 'bill/dispute', { fee: 'damage', amount: '400', description, photos })
  assert.equal(status, 200, JSON.stringify(body))
  await renting.story.later('1 min')
  return body.bill?.ticket ?? ''
}

/** What WeChat Pay has sent back, by its own account. */
const sentBack = () => {
  const arrived = renting.story.sandbox.wechatpay?.refunds.filter(({ state }) => state === 'SUCCESS') ?? []
  return arrived.reduce((sum, { amount }) => sum + amount, 0)
}

describe('a bill that is not paid', () => {
  test('is asked for once more, then the store calls; who promises gets time again, and pays', async () => {
    const { story, wu } = renting
    const id = await owes()
    const first = (await renting.view(id)).bill?.payment ?? ''
    await story.later('73 h')
    const reminded = await renting.view(id)
    assert.equal(reminded.stage?.title, '付款提醒')
    assert.equal(inbox().match(/还需支付/g)?.length, 2, 'the customer hears of it again')
    assert.notEqual(reminded.bill?.payment, first, 'what had lapsed can be paid once more')
    const late = await story.wang.call('POST', `/api/payments/${first}/prepay`, {})
    assert.equal(late.status, 409)

    await story.later('73 h')
    assert.equal((await renting.view(id)).stage?.title, '催收')
    assert.match(JSON.stringify(wu.card('催收').card), /￥320/)
    await renting.press(wu, '催收', 'finish', { outcome: 'promised' }, '答应周五付')
    const promised = await renting.view(id)
    assert.equal(promised.stage?.title, '付款提醒')
    await renting.pays(promised.bill?.payment ?? '')
    const paid = await renting.view(id)
    assert.deepEqual([paid.bill?.state, paid.stage?.title], ['paid', '等待违章'])
    const { books } = await ends(id)
    assert.equal(books['revenue:mileage'], -EXTRA)
  })

  test('climbs when the store does nothing, and is over when the customer pays meanwhile', async () => {
    const { story, wu, zheng } = renting
    const id = await owes()
    await story.later('146 h')
    assert.equal((await renting.view(id)).stage?.title, '催收')
    await story.later('30 h')
    assert.match(JSON.stringify(zheng.card('催收').card), /催收/, 'the manager hears of it')
    await renting.pays((await renting.view(id)).bill?.payment ?? '')
    await story.later('1 min')
    assert.equal((await renting.view(id)).stage?.title, '等待违章')
    assert.match(JSON.stringify(wu.card('催收').card), /流程已转到别的步骤/, 'nobody is to call any more')
    await ends(id)
  })

  for (const [outcome, account] of [
    ['paid', 'cash:bank'],
    ['lost', 'cost:lost'],
  ] as const)
    test(`ends as ${outcome}: the books say where it is, and nobody can pay it again`, async () => {
      const { story, wu } = renting
      const id = await owes()
      await story.later('146 h')
      const asked = (await renting.view(id)).bill?.payment ?? ''
      await renting.press(wu, '催收', 'finish', { outcome }, '已核实')
      assert.equal((await story.wang.call('POST', `/api/payments/${asked}/prepay`, {})).status, 409)
      const { books } = await ends(id)
      assert.equal(books[account], EXTRA)
    })

  test('for violations that the deposit does not cover, the same: asked for, dunned, closed', async () => {
    const { story, wu } = renting
    const id = await owes()
    await renting.pays((await renting.view(id)).bill?.payment ?? '')
    await story.later(`${31 * 24} h`)
    await renting.press(wu, '违章核查', 'finish', { outcome: 'found' }, '1', '200', '3')
    const due = 20_000 + 10_000 + 60_000
    const asked = await renting.view(id)
    assert.deepEqual([asked.stage?.title, asked.bill?.state, asked.state], ['结算付款', 'paying', 'settled'])
    await story.later('146 h')
    await renting.press(wu, '催收', 'finish', { outcome: 'lost' }, '联系不上')
    const over = await renting.view(id)
    assert.deepEqual([over.state, over.stage], ['closed', undefined])
    const books = await renting.ledger()
    assert.deepEqual([books['cost:lost'], books['customers:owed'] ?? 0], [due, 0], 'only what was still open')
  })
})

describe('a bill that its customer disputes', () => {
  test('granted: it comes off before anything is taken, and the rest of the deposit goes back', async () => {
    const { wu, zheng, story } = renting
    const id = await scratched()
    const ticket = await disputes(id)
    assert.equal((await renting.view(id)).stage?.title, '申诉处理')
    await renting.press(wu, '核实费用', 'finish', { finding: 'partly' }, '400', '取车照片里已有')
    const asked = JSON.stringify(zheng.card('申诉审批').card)
    assert.match(asked, /漆面划痕[^"]*￥400\.00/)
    assert.match(
      asked,
      /多收金额[^}]*￥400\.00/,
      'what was too much is told, though something on the bill is just as much',
    )
    await renting.press(zheng, '申诉审批', 'approve')
    assert.equal((await story.wang.ticket(ticket)).status, 'resolved')
    const { over, books } = await ends(id)
    assert.deepEqual([over.bill?.total, over.deposit?.deducted, over.deposit?.refunded], [DENT, DENT, DEPOSIT - DENT])
    assert.equal(sentBack(), DEPOSIT - DENT)
    assert.equal((books['revenue:damage'] ?? 0) + (books['cost:discount'] ?? 0), -DENT)
  })

  test('declined: it is taken as it stands, with the reason, and the rest goes back', async () => {
    const { wu, story } = renting
    const id = await scratched()
    const ticket = await disputes(id)
    await renting.press(wu, '核实费用', 'finish', { finding: 'right' }, '取车照片里没有划痕')
    assert.equal((await renting.view(id)).bill?.state, 'disputed', 'until the customer was told why')
    await renting.press(wu, '告知客户', 'finish', undefined, '取车照片里没有划痕，收费无误')
    assert.equal((await story.wang.ticket(ticket)).status, 'resolved')
    assert.match(JSON.stringify(await story.wang.ticket(ticket)), /收费无误/)
    const { over, books } = await ends(id)
    const total = SCRATCH + DENT
    assert.deepEqual(
      [over.bill?.total, over.deposit?.deducted, over.deposit?.refunded],
      [total, total, DEPOSIT - total],
    )
    assert.equal(books['revenue:damage'], -total)
  })

  test('after the deposit has paid it: what is granted goes back at once by itself', async () => {
    const { wu, zheng, story } = renting
    const id = await scratched()
    await renting.does(id, 'bill/confirm')
    const paid = await renting.view(id)
    assert.deepEqual([paid.bill?.state, paid.deposit?.left, paid.can.dispute], ['paid', DEPOSIT - SCRATCH - DENT, true])
    const ticket = await disputes(id)
    assert.equal(
      (await renting.does(id, 'bill/dispute', { fee: 'damage', amount: '1', description: '又' })).status,
      409,
    )
    const checked = JSON.stringify(wu.card('核实费用').card)
    assert.match(checked, /押金抵扣 ￥1,000/, 'whoever checks sees the bill')
    assert.match(checked, /划痕取车时就有[\s\S]*结算明细[\s\S]*￥400/, 'line by line, beside what the customer says')
    await renting.press(wu, '核实费用', 'finish', { finding: 'partly' }, '400', '取车照片里已有')
    const decided = JSON.stringify(zheng.card('申诉审批').card)
    assert.match(decided, /结算明细[\s\S]*客户描述：划痕取车时就有/, 'and so does whoever decides')
    await renting.press(zheng, '申诉审批', 'approve')
    await story.later('2 min')
    const after = await renting.view(id)
    assert.deepEqual([after.bill?.total, after.bill?.fromDeposit, after.bill?.state], [DENT, DENT, 'paid'])
    const { deposit } = after
    assert.deepEqual([deposit?.state, deposit?.deducted, deposit?.refunded], ['held', DENT, SCRATCH])
    assert.equal(deposit?.left, DEPOSIT - DENT - SCRATCH, 'no more than before can be taken from it')
    assert.equal(sentBack(), SCRATCH)
    assert.equal((await story.wang.ticket(ticket)).status, 'resolved')
    assert.match(inbox(), /原路退回/)

    // Somebody writes the number into the form instead, after everything is over: of the dent half was too much.
    const { over } = await ends(id)
    assert.equal(sentBack(), DEPOSIT - DENT)
    const number = over.number.toLowerCase()
    const again = { order: number, fee: 'overtime', amount: '300', description: '钣金价格偏高' }
    const { id: second } = await story.wang.files('rental_appeal', again)
    await story.later('1 min')
    await renting.press(wu, '核实费用', 'finish', { finding: 'partly' }, '300', '按维修单减半')
    await renting.press(zheng, '申诉审批', 'approve')
    await story.later('2 min')
    assert.equal((await story.wang.ticket(second)).status, 'resolved')
    assert.equal(sentBack(), DEPOSIT - DENT / 2)
    const { deposit: last, bill } = await renting.view(id)
    assert.deepEqual([bill?.total, last?.deducted, last?.refunded], [DENT / 2, DENT / 2, DEPOSIT - DENT / 2])
  })

  test('more than was paid is granted: finance pays it, the books stay as they are', async () => {
    const { wu, zheng, qian, story } = renting
    const id = await scratched()
    await renting.does(id, 'bill/confirm')
    const before = await renting.ledger()
    const ticket = await disputes(id)
    await renting.press(wu, '核实费用', 'finish', { finding: 'wrong' }, '1500', '连租金也多收了')
    await renting.press(zheng, '申诉审批', 'approve')
    await renting.press(renting.story.he, '申诉审批', 'approve')
    await renting.press(qian, '退款', 'finish', undefined, '1500 元已退', 'B9')
    assert.equal((await story.wang.ticket(ticket)).status, 'resolved')
    assert.deepEqual(await renting.ledger(), before)
  })

  test('while it is to be paid: less is asked for, and what is granted beyond it goes back', async () => {
    const { wu, zheng, story } = renting
    const id = await owes()
    const first = (await renting.view(id)).bill?.payment ?? ''
    await disputes(id, '里程不对')
    await renting.press(wu, '核实费用', 'finish', { finding: 'partly' }, '120', '里程表核对过')
    await renting.press(zheng, '申诉审批', 'approve')
    const { bill } = await renting.view(id)
    assert.deepEqual([bill?.total, bill?.due, bill?.state], [EXTRA - 12_000, EXTRA - 12_000, 'paying'])
    assert.equal((await story.wang.call('POST', `/api/payments/${first}/prepay`, {})).status, 409)
    await renting.pays(bill?.payment ?? '')
    await disputes(id, '还是不对')
    await renting.press(wu, '核实费用', 'finish', { finding: 'wrong' }, '200', '全部减免')
    await renting.press(zheng, '申诉审批', 'approve')
    await story.later('2 min')
    assert.equal(sentBack(), EXTRA - 12_000)
    assert.equal((await renting.view(id)).bill?.total, 0)
    await ends(id)
  })
})
