import assert from 'node:assert/strict'
import { type Detail, onEachChat, type Story, type Worker } from '../harness.ts'
import { after, before, test } from '../suite.ts'

onEachChat((open, chat) => {
  let story: Story
  /** 钱芳, finance. */
  let qian: Worker
  before(async () => {
    story = await open({
      env: { PACKS: 'service-desk,bike-share' },
      prepare(opening) {
        qian = opening.hire('qianfang', '钱芳', { position: '财务', departments: [1] })
      },
    })
    await story.settle()
  })
  after(() => story.close())

  const refund = (amount: string) => story.wang.files('deposit_refund', { amount, reason: 'stop' })
  const appeal = (amount: string, description: string) =>
    story.wang.files('fee_appeal', { order: 'R20261122', reason: 'too_long', amount, description })

  const stepOf = async ({ id }: Detail) => (await story.wang.ticket(id)).stepTitle

  /** WeCom's presses of one second are one press. */
  async function press(
    worker: Worker,
    { number }: Detail,
    key: string,
    chosen?: Record<string, string>,
  ): Promise<void> {
    await worker.press(number, key, chosen)
    await story.later('1 min')
  }

  const face = (worker: Worker, { number }: Detail) => JSON.stringify(worker.card(number).card).replaceAll('\\"', '"')

  /** Finance pays back: the customer reads what was written, colleagues find the reference. */
  async function pay(ticket: Detail, words: string): Promise<void> {
    await press(qian, ticket, 'finish')
    await qian.says(words)
    await qian.says('TK20261123001')
    await story.later('1 min')
  }

  test('a deposit goes back after check and approval, and the customer reads how', async () => {
    const { wang, lin, zhou } = story
    const ticket = await refund('199')
    await press(lin, ticket, 'finish', { arrears: 'none' })
    assert.match(face(zhou, ticket), /￥199\.00/)
    assert.match(face(zhou, ticket), /没有/, 'what the check has found stands on the card')
    await press(zhou, ticket, 'approve')
    assert.match(face(qian, ticket), /周敏 同意/)
    await qian.pressMenu(ticket.number, 'contact')
    assert.match(qian.lastLine(), new RegExp(wang.user.phone), 'whose account it is')
    await pay(ticket, '199 元已原路退回微信，1 到 3 天到账')
    const done = await wang.ticket(ticket.id)
    assert.equal(done.status, 'resolved', qian.read())
    assert.ok(done.timeline.some(({ text }) => text.includes('199 元已原路退回微信')))
    assert.match(wang.inbox().at(-1) ?? '', /199 元已原路退回/)
    assert.doesNotMatch(JSON.stringify(done), /TK20261123001/, 'the reference stays inside')
  })

  test('who finds arrears has to say which; above the limit the director decides as well, and their no reaches the customer', async () => {
    const { wang, lin, zhou, he } = story
    const ticket = await appeal('260.50', '还车后仍计费')
    await press(lin, ticket, 'finish', { finding: 'arrears' })
    assert.match(lin.lastLine(), /请填写「核实依据」/)
    await lin.says('行程已结束，另有一单未付')
    await story.later('1 min')
    assert.throws(() => he.card(ticket.number), /no card/)
    await press(zhou, ticket, 'approve')
    assert.equal(await stepOf(ticket), '申诉审批')
    assert.match(face(he, ticket), /周敏 同意/)
    assert.match(face(he, ticket), /￥260\.50/)
    await press(he, ticket, 'reject')
    assert.match(he.lastLine(), /请写下驳回的原因/)
    await he.says('先结清另一单')
    await story.later('1 min')

    assert.throws(() => qian.card(ticket.number), /no card/, 'no money goes out')
    assert.match(face(lin, ticket), /何建国 驳回：先结清另一单/, 'whoever checked it tells the customer')
    await press(lin, ticket, 'finish')
    await lin.says('请先支付未结的一单，再来申诉')
    await story.later('1 min')
    const told = await wang.ticket(ticket.id)
    assert.equal(told.status, 'resolved')
    assert.ok(told.timeline.some(({ text }) => text.includes('请先支付未结的一单')))

    const again = await wang.does(ticket.id, 'reopen', { reason: '已经付清了' })
    assert.equal(again.status, 200, JSON.stringify(again.body))
    assert.equal(await stepOf(ticket), '核实费用', 'within seven days it is looked at again')
    await wang.does(ticket.id, 'withdraw', { reason: '算了' })
  })

  test('sent back with a reason, checked again, approved', async () => {
    const { lin, zhou } = story
    const ticket = await appeal('50', '多计了十分钟')
    await press(lin, ticket, 'finish', { finding: 'wrong' })
    await lin.says('10:45 已关锁')
    await story.later('1 min')
    await press(zhou, ticket, 'return')
    assert.match(zhou.lastLine(), /请写下退回的原因/, 'there is one step to which it can go back: none need be chosen')
    await zhou.says('请附上行程截图')
    await story.later('1 min')
    assert.equal(await stepOf(ticket), '核实费用')
    assert.match(face(lin, ticket), /周敏 退回：请附上行程截图/)
    await press(lin, ticket, 'finish', { finding: 'wrong' })
    await lin.says('10:45 已关锁')
    await story.later('1 min')
    await press(zhou, ticket, 'approve')
    assert.equal(await stepOf(ticket), '退款')
    await pay(ticket, '50 元已退回')
    assert.equal((await story.wang.ticket(ticket.id)).status, 'resolved')
  })

  test('whoever checked takes it back until somebody has decided; the customer may at any time', async () => {
    const { wang, lin, zhou } = story
    const ticket = await refund('150')
    await press(lin, ticket, 'finish', { arrears: 'none' })
    await lin.pressMenu(ticket.number, 'withdraw')
    await story.later('1 min')
    assert.match(String(zhou.card(ticket.number).replaced), /提交已撤回/)
    assert.equal(await stepOf(ticket), '核对账户')
    await press(lin, ticket, 'finish', { arrears: 'none' })
    await press(zhou, ticket, 'approve')
    const offered = lin.cards().findLast(({ card, menu }) => {
      return JSON.stringify(card).includes(ticket.number) && menu.some(({ key }) => key === 'withdraw')
    })
    // WeCom lets a card be changed once for each press: there the way may still be shown, and is refused.
    if (chat === 'wecom' && offered) {
      await lin.pressMenu(ticket.number, 'withdraw')
      assert.match(lin.lastLine(), /已经有人处理，不能撤回了/)
    } else assert.equal(offered, undefined)
    assert.equal(await stepOf(ticket), '退款')

    const { taskId } = qian.card(ticket.number)
    assert.equal((await wang.does(ticket.id, 'withdraw', { reason: '不退了' })).status, 200)
    await story.later('1 min')
    assert.match(String(qian.card(ticket.number).replaced), /客户已撤回/)
    await qian.pressCard(taskId, 'finish', undefined, true)
    assert.match(qian.lastLine(), /撤回，无需再处理/)
  })
})
