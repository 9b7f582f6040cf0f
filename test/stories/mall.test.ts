import assert from 'node:assert/strict'
import { type Detail, onEachChat, type Story, type Worker } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { after, before, test } from '../suite.ts'

onEachChat((open) => {
  let story: Story
  /** 钱芳, finance. */
  let qian: Worker
  /** 许强, warehouse. */
  let xu: Worker
  before(async () => {
    story = await open({
      env: { PACKS: 'service-desk,mall' },
      prepare(opening) {
        qian = opening.hire('qianfang', '钱芳', { position: '财务', departments: [1] })
        xu = opening.hire('xuqiang', '许强', { position: '仓库管理员', departments: [1] })
      },
    })
    await story.settle()
    await story.wang.signIn()
  })
  after(() => story.close())

  const GIVEN = { order: 'M20261120', wish: 'refund', reason: 'unwanted', amount: '300' }
  const giveBack = (more: Record<string, unknown> = {}) => story.wang.files('return_exchange', { ...GIVEN, ...more })
  const stepOf = async ({ id }: Detail) => (await story.wang.ticket(id)).stepTitle
  const face = (worker: Worker, { number }: Detail) => JSON.stringify(worker.card(number).card).replaceAll('\\"', '"')
  const isAsked = (worker: Worker, { number }: Detail) =>
    worker.cards().some(({ card }) => JSON.stringify(card).includes(number))

  /** A press and what the bot is told in answer to it, in order: words, or a photo. */
  async function press(
    worker: Worker,
    { number }: Detail,
    key: string,
    chosen?: Record<string, string>,
    ...told: (string | Buffer)[]
  ): Promise<void> {
    await worker.press(number, key, chosen)
    for (const one of told) await (typeof one === 'string' ? worker.says(one) : worker.sends(one))
    await story.later('1 min')
  }

  /** The customer says something more on their phone. */
  async function says(ticket: Detail, text: string): Promise<void> {
    assert.equal((await story.wang.does(ticket.id, 'remarks', { text })).status, 200)
    await story.later('1 min')
  }

  async function isOver(ticket: Detail, words: RegExp, status = 'resolved'): Promise<void> {
    const told = await story.wang.ticket(ticket.id)
    assert.equal(told.status, status)
    assert.ok(
      told.timeline.some(({ text }) => words.test(text)) || words.test(story.wang.inbox().at(-1) ?? ''),
      JSON.stringify(told.timeline),
    )
  }

  test('a return: approved, sent back, looked at with a photo, money back', async () => {
    const { lin } = story
    const ticket = await giveBack()
    await press(lin, ticket, 'approve')
    assert.equal(await stepOf(ticket), '等待寄回')
    assert.match(story.wang.inbox().at(-1) ?? '', /审核通过，请在 7 天内寄回/)
    assert.equal(isAsked(xu, ticket), false)
    await says(ticket, '顺丰 SF1234567890')
    assert.equal(await stepOf(ticket), '仓库验收')
    assert.match(face(xu, ticket), /顺丰 SF1234567890/, 'the warehouse reads which parcel it is')
    assert.equal(face(xu, ticket).match(/SF1234567890/g)?.length, 1, 'once')
    await press(xu, ticket, 'finish', { condition: 'good' }, '完成')
    assert.match(xu.lastLine(), /还缺照片：「验收照片」/)
    await press(xu, ticket, 'finish', { condition: 'good' }, await jpeg(), '完成')
    assert.match(face(qian, ticket), /寄回单号[^}]*顺丰 SF1234567890.*商品金额.*完好/s)
    await press(qian, ticket, 'finish', undefined, '300 元已退回支付宝', 'TK1')
    await isOver(ticket, /300 元已退回支付宝/)
  })

  test('an exchange above the limit: both approve; the parcel is late, then lost on the way; a new one goes out', async () => {
    const { wang, lin, zhou } = story
    const photo = await wang.upload(await jpeg())
    const broken = await wang.call('POST', '/api/tickets', {
      form: 'return_exchange',
      answers: { ...GIVEN, reason: 'broken' },
    })
    assert.equal(broken.status, 422, 'what is broken has to be shown')
    const ticket = await giveBack({ wish: 'exchange', reason: 'broken', amount: '800', photos: [photo.body.id] })
    await press(lin, ticket, 'approve')
    assert.equal(await stepOf(ticket), '审核申请')
    assert.match(face(zhou, ticket), /林小雨 同意/)
    await press(zhou, ticket, 'approve')

    await story.later('167 h')
    assert.equal(await stepOf(ticket), '等待寄回')
    await story.later('1 h')
    assert.equal(await stepOf(ticket), '催寄回')
    await press(lin, ticket, 'finish', { outcome: 'later' })
    assert.equal(await stepOf(ticket), '等待寄回', 'asked for a few days more')
    await story.later('7 d')
    await press(lin, ticket, 'finish', { outcome: 'shipped' }, '中通 ZT99')
    assert.match(face(xu, ticket), /寄回单号[^}]*中通 ZT99/)
    await press(xu, ticket, 'finish', { condition: 'missing' }, '中通 ZT99 三天没有到件')
    assert.equal(await stepOf(ticket), '查件', 'nobody has to photograph what has not come')
    assert.match(face(lin, ticket), /寄回单号[^}]*中通 ZT99.*三天没有到件/s, 'whoever traces it reads its number')
    await press(lin, ticket, 'finish', { outcome: 'found' }, '还在中转站')
    await press(xu, ticket, 'finish', { condition: 'missing' }, '还是没有')
    await press(lin, ticket, 'finish', { outcome: 'lost' }, '快递确认丢件')
    assert.equal(await stepOf(ticket), '寄出新品')
    await press(xu, ticket, 'finish', undefined, '新品已寄出，圆通 YT77')
    await isOver(ticket, /圆通 YT77/)
    assert.equal(isAsked(qian, ticket), false, 'an exchange costs no money')
  })

  test('refused at the desk, or by the warehouse, with the reason; or given up by the customer', async () => {
    const { lin, zhou } = story
    const refused = await giveBack({ amount: '600' })
    await press(lin, refused, 'approve')
    await press(zhou, refused, 'reject', undefined, '已超过七天')
    assert.match(face(lin, refused), /周敏 驳回：已超过七天/)
    await press(lin, refused, 'finish', undefined, '签收已超过七天，不能退货')
    await isOver(refused, /签收已超过七天/)

    const damaged = await giveBack()
    await press(lin, damaged, 'approve')
    await says(damaged, '韵达 YD55')
    await press(xu, damaged, 'finish', { condition: 'damaged' }, await jpeg(), '完成', '吊牌已剪，有污渍')
    assert.match(face(lin, damaged), /吊牌已剪，有污渍/)
    await press(lin, damaged, 'finish', undefined, '商品已影响二次销售，将原样寄回给您')
    await isOver(damaged, /原样寄回/)

    const dropped = await giveBack()
    await press(lin, dropped, 'approve')
    await story.later('7 d')
    await press(lin, dropped, 'finish', { outcome: 'dropped' })
    await isOver(dropped, /已按您的意思取消退换/)
  })

  test('an invoice: what cannot be a tax number is refused in the form; a wrong one goes back to the customer', async () => {
    const { wang } = story
    const asked = { order: 'M1', kind: 'company', title: '迎客科技有限公司', email: 'a@b.cn' }
    const wrong = await wang.call<{ message: string }>('POST', '/api/tickets', {
      form: 'invoice',
      answers: { ...asked, taxNumber: '12345' },
    })
    assert.equal(wrong.status, 422)
    assert.match(JSON.stringify(wrong.body), /税号为 15 到 20 位/)
    const ticket = await wang.files('invoice', { ...asked, taxNumber: '91310000MA1FL1A000' })
    assert.match(face(qian, ticket), /91310000MA1FL1A000/)
    await press(qian, ticket, 'ask', undefined, '税号与公司名称对不上，请核对后告诉我们')
    const waiting = await wang.ticket(ticket.id)
    assert.equal(waiting.status, 'waiting_customer')
    assert.match(waiting.question?.text ?? '', /税号与公司名称对不上/)
    await story.later('48 h')
    await says(ticket, '正确的是 91310000MA1FL1A001')
    assert.match(face(qian, ticket), /91310000MA1FL1A001/)
    assert.doesNotMatch(face(qian, ticket), /已超时/, 'the clock stood still while the customer was asked')
    await press(qian, ticket, 'finish', undefined, '26312000000123456789', '发票已发到您的邮箱')
    await isOver(ticket, /发票已发到您的邮箱/)
    assert.match(wang.inbox().at(-1) ?? '', /发票已发到您的邮箱/, 'and not the number of the invoice')
  })

  test('a question: answered, asked again by a customer who is not content, rated', async () => {
    const { wang, lin } = story
    const ticket = await wang.files('question', { topic: 'product', question: '充电一次能用多久' })
    await press(lin, ticket, 'finish', undefined, '约 8 小时')
    await isOver(ticket, /约 8 小时/)
    assert.equal((await wang.does(ticket.id, 'reopen', { reason: '冬天也是吗' })).status, 200)
    await story.later('1 min')
    assert.match(face(lin, ticket), /冬天也是吗/)
    await press(lin, ticket, 'finish', undefined, '零下约 6 小时')
    const rated = await wang.does(ticket.id, 'rating', { csat: 5 })
    assert.equal(rated.body.rating?.csat, 5)
    await story.later('8 d')
    assert.equal(
      (await wang.does(ticket.id, 'reopen', { reason: '再问' })).status,
      409,
      'a week later it is a new question',
    )
  })
})
