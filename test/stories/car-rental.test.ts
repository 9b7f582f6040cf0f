import assert from 'node:assert/strict'
import type { Asset } from '../../server/domain/assets/asset.ts'
import { assetByCode, recordAssetEvent, registerAssets } from '../../server/domain/assets/assets.ts'
import type { EventType } from '../../server/domain/assets/states.ts'
import { type Detail, onEachChat, type Story, type Worker } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { after, before, test } from '../suite.ts'

const PLACE = { lat: 31.2304, lng: 121.4737, address: '延安高架江苏路出口' }

onEachChat((open) => {
  let story: Story
  /** 冯涛, technician; 吴倩, clerk of the store; 郑凯, its manager; 钱芳, finance. */
  let feng: Worker
  let wu: Worker
  let zheng: Worker
  let qian: Worker
  before(async () => {
    story = await open({
      env: { PACKS: 'service-desk,car-rental' },
      prepare(opening) {
        feng = opening.hire('fengtao', '冯涛', { position: '道路救援技师', departments: [3] })
        wu = opening.hire('wuqian', '吴倩', { position: '门店顾问', departments: [1] })
        zheng = opening.hire('zhengkai', '郑凯', { position: '门店经理', departments: [1] })
        qian = opening.hire('qianfang', '钱芳', { position: '财务', departments: [1] })
      },
    })
    await story.settle()
    await feng.says('我在 31.2310,121.4740')
    await story.wang.signIn()
    await story.li.signIn()
  })
  after(() => story.close())

  /** A car stands in the books, and is with a renter where told. */
  async function car(code: string, ...types: EventType[]): Promise<void> {
    await story.db.write(async (tx) => {
      await registerAssets(tx, [{ code, kind: 'car', place: PLACE }])
    })
    for (const type of types) await happens(code, type)
  }

  function happens(code: string, type: EventType): Promise<unknown> {
    return story.db.write(async (tx) => {
      const asset = (await assetByCode(tx, code)) as Asset
      const event = { id: `${code}:${type}:${asset.version}`, types: [type] as [EventType], doneBy: 'test' }
      return recordAssetEvent(tx, asset, { ...event, occurredAt: Math.max(tx.now, asset.stateAt + 1) })
    })
  }

  const stateOf = (code: string) => story.db.read(async (tx) => (await assetByCode(tx, code))?.state)
  const report = (plate: string, more: Record<string, unknown> = {}, customer = story.wang) =>
    customer.files('car_fault', { car: plate, fault: 'battery', drivable: 'no', place: PLACE, ...more })
  const face = (worker: Worker, { number }: Detail) => JSON.stringify(worker.card(number).card).replaceAll('\\"', '"')
  const stepsOf = async ({ id }: Detail) => {
    const { steps } = await story.wang.ticket(id)
    return steps.filter(({ state }) => state === 'current').map(({ name }) => name)
  }

  /** The customer reads these words among what happened. */
  async function reads({ id }: Detail, words: string): Promise<void> {
    const { timeline } = await story.wang.ticket(id)
    assert.ok(
      timeline.some(({ text }) => text.includes(words)),
      JSON.stringify(timeline),
    )
  }

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

  test('a breakdown with people hurt: urgent, the manager is told, the technician comes, the renter drives on', async () => {
    const { wang, li } = story
    await car('沪A10001', 'trip_start')
    const ticket = await report('沪A·10001', {
      danger: 'injury',
      contact: '13612345678',
      description: '追尾后打不着火',
    })
    assert.equal(ticket.priority, 'urgent')
    assert.equal(await stateOf('沪A10001'), 'non_operational', 'the car leaves service at once')
    const alarm = zheng.lines().find((line) => line.includes(ticket.number)) ?? ''
    for (const words of ['【紧急】', '有人受伤', '沪A10001', '延安高架江苏路出口'])
      assert.ok(alarm.includes(words), alarm)
    const card = face(feng, ticket)
    for (const words of ['沪A10001', '有人受伤', '不能开', '延安高架江苏路出口', '追尾后打不着火', '45 分钟']) {
      assert.ok(card.includes(words), `${words}: ${card}`)
    }
    assert.doesNotMatch(card, /13612345678/)

    const joined = await report('https://cars.example/a/%E6%B2%AAA10001', {}, li)
    assert.equal(joined.id, ticket.id, 'whoever scans the code in the car means the same car')

    await zheng.says('客户 沪A·10001')
    assert.match(JSON.stringify(zheng.cards().at(-1)?.card), /找到 2 位客户/, 'by the plate, whoever reported it')
    await press(feng, ticket, 'accept')
    assert.match(JSON.stringify(await wang.ticket(ticket.id)), /冯涛/)
    await press(feng, ticket, 'finish', { outcome: 'fixed' }, '完成')
    assert.match(feng.lastLine(), /还缺照片：「现场照片」/)
    await press(feng, ticket, 'finish', { outcome: 'fixed' }, await jpeg(), '完成')
    assert.equal((await wang.ticket(ticket.id)).status, 'resolved', feng.read())
    assert.equal(await stateOf('沪A10001'), 'on_trip', 'it is still rented')
    const told = wang.inbox().slice(-2).join('\n')
    assert.match(told, /车已修好，可以继续用车/)
    assert.match(told, /谢谢您的反映/)
    assert.match(li.inbox().at(-1) ?? '', /谢谢您的反映/)
    await happens('沪A10001', 'trip_end')
    assert.equal(await stateOf('沪A10001'), 'available')
  })

  test('who goes on with the next step reads first that the last one is done, however much it hurries', async () => {
    await car('沪A10009', 'trip_start')
    const ticket = await report('沪A10009', { fault: 'crash', danger: 'traffic' })
    await press(feng, ticket, 'finish', { outcome: 'tow' }, await jpeg(), '完成')
    const [thanks, next] = feng.chat().slice(-2)
    assert.match(JSON.stringify(thanks), /已提交：【现场救援】/)
    assert.match(JSON.stringify(next), /修理厂维修/)
  })

  test('towed: the store finds the renter a car while the workshop repairs; scrap needs the director', async () => {
    const { wang, he } = story
    await car('沪A10002', 'trip_start')
    const ticket = await report('沪a 10002', { fault: 'crash' })
    assert.equal(ticket.priority, 'normal')
    await press(feng, ticket, 'finish', { outcome: 'tow' }, await jpeg(), '完成')
    assert.equal(await stateOf('沪A10002'), 'removed')
    assert.deepEqual(await stepsOf(ticket), ['substitute', 'workshop'])
    assert.doesNotMatch(face(feng, ticket), /地点|看地图|车在哪里/, 'the car is not there any more')
    assert.match(face(wu, ticket), /地点/)
    await press(wu, ticket, 'finish', { choice: 'car' }, '换 沪A12302，江苏路店交车')
    const solved = await wang.ticket(ticket.id)
    assert.equal(solved.status, 'resolved', 'for the renter it is over')
    assert.ok(solved.timeline.some(({ text }) => text.includes('换 沪A12302')))
    assert.equal(solved.can.rate, true)

    await press(feng, ticket, 'finish', { outcome: 'scrap' }, await jpeg(), '完成')
    assert.match(feng.lastLine(), /「车况照片」需要至少 4 张，现在有 1 张/)
    for (const side of [await jpeg(), await jpeg()]) await feng.sends(side)
    await press(feng, ticket, 'finish', { outcome: 'scrap' }, await jpeg(), '完成', '86000', '大梁变形')
    assert.match(face(he, ticket), /￥86,000\.00/)
    assert.match(face(he, ticket), /大梁变形/)
    await press(he, ticket, 'reject', undefined, '先请厂家定损')
    assert.deepEqual(await stepsOf(ticket), ['workshop'])
    assert.match(face(feng, ticket), /何建国 驳回：先请厂家定损/)
    await press(feng, ticket, 'finish', { outcome: 'scrap' }, '完成')
    assert.match(feng.lastLine(), /现在有 0 张/, 'photos of the first look do not count for the second')
    for (const shot of await Promise.all([jpeg(), jpeg(), jpeg(), jpeg()])) await feng.sends(shot)
    for (const words of ['完成', '86000', '厂家定损：不建议修']) await feng.says(words)
    await story.later('1 min')
    assert.equal(await stateOf('沪A10002'), 'removed')
    await press(he, ticket, 'approve')
    const [run] = await story.db.read((tx) =>
      tx.query<{ state: string }>('SELECT state FROM flow_runs ORDER BY id DESC LIMIT 1'),
    )
    assert.equal(run?.state, 'ended')
    await happens('沪A10002', 'provider_drop_off')
    assert.equal(await stateOf('沪A10002'), 'removed', 'scrapped is for ever')
    const again = await wang.call('POST', '/api/tickets', {
      form: 'car_fault',
      answers: { car: '沪A10002', fault: 'tire', drivable: 'yes', danger: 'none', place: PLACE },
    })
    assert.equal(again.status, 201, 'somebody who stands before it may still say so')
  })

  test('mistaken and malicious reports are closed with their reason, and nobody is thanked', async () => {
    const { wang } = story
    for (const [plate, outcome, reason] of [
      ['沪A10003', 'mistaken', '电瓶正常，钥匙没电'],
      ['沪A10004', 'malicious', '车停在店内，无人租用'],
    ] as const) {
      await car(plate)
      const before = wang.inbox().length
      const ticket = await report(plate)
      await press(feng, ticket, 'finish', { outcome }, await jpeg(), '完成', reason)
      const closed = await wang.ticket(ticket.id)
      assert.equal(closed.status, 'closed', feng.read())
      assert.ok(closed.timeline.some(({ text }) => text.includes(reason)))
      assert.equal(await stateOf(plate), 'available')
      assert.doesNotMatch(wang.inbox().slice(before).join('\n'), /谢谢/)
    }
  })

  test('a report that its customer takes back lets go of the car; the next technician is asked in time', async () => {
    const { wang } = story
    await car('沪A10005')
    const ticket = await report('沪A10005')
    assert.equal(await stateOf('沪A10005'), 'non_operational')
    assert.equal((await wang.does(ticket.id, 'withdraw', { reason: '自己打着了' })).status, 200)
    await story.later('1 min')
    assert.equal(await stateOf('沪A10005'), 'available')
    assert.match(String(feng.card(ticket.number).replaced), /客户已撤回/)

    await car('沪A10006')
    const late = await report('沪A10006', { danger: 'traffic' })
    await story.later('4 min')
    assert.match(String(feng.card(late.number).replaced), /未在时限内受理/)
    assert.match(face(zheng, late), /停在行车道上/, 'nobody else is there: the manager has it')
    await press(zheng, late, 'finish', { outcome: 'fixed' }, await jpeg(), '完成')
    assert.equal(await stateOf('沪A10006'), 'available')
  })

  test('a deposit: less what is deducted, to a bank card that nobody reads on a card, the director above the limit', async () => {
    const { wang, he } = story
    const bank = { payout: 'bank', holder: '11010519491231002X', account: '6222021234567890123' }
    const ticket = await wang.files('rental_deposit', { order: 'C20261101', kind: 'car', amount: '5000', ...bank })
    const card = face(wu, ticket)
    assert.match(card, /C20261101/)
    assert.match(card, /退到银行卡/)
    for (const secret of [bank.holder, bank.account]) assert.ok(!card.includes(secret))
    await press(wu, ticket, 'finish', { finding: 'deduct' }, '4800', '右前轮毂划伤扣 200 元')
    const asked = face(zheng, ticket)
    assert.match(asked, /应退金额[^}]*￥4,800\.00/, 'what goes back is approved, not what was asked for')
    assert.match(face(zheng, ticket), /右前轮毂划伤扣 200 元/)
    await press(zheng, ticket, 'approve')
    assert.deepEqual(await stepsOf(ticket), ['approve'])
    await press(he, ticket, 'return', undefined, '补一张验车照片')
    assert.deepEqual(await stepsOf(ticket), ['check'])
    assert.match(face(wu, ticket), /何建国 退回：补一张验车照片/)
    await press(wu, ticket, 'finish', { finding: 'deduct' }, '4800', '照片已补')
    await press(zheng, ticket, 'approve')
    await press(he, ticket, 'approve')
    assert.match(face(qian, ticket), /退到银行卡.*应退金额[^}]*￥4,800\.00/s, 'finance pays what was agreed to')
    assert.doesNotMatch(face(qian, ticket), /5,000/)
    await press(qian, ticket, 'finish', undefined, '4800 元已退到您的银行卡', 'B1')
    assert.equal((await wang.ticket(ticket.id)).status, 'resolved')

    const early = await wang.files('rental_deposit', { order: 'C2', kind: 'violation', amount: '2000' })
    await press(wu, early, 'finish', { finding: 'open' }, '有一条违章未处理')
    await press(wu, early, 'finish', undefined, '违章处理完后再来申请')
    await reads(early, '违章处理完后再来申请')
  })

  test('a fee appeal: right as charged, or partly too much and paid back', async () => {
    const { wang } = story
    const appeal = (amount: string) =>
      wang.files('rental_appeal', { order: 'C20261101', fee: 'overtime', amount, description: '提前还车了' })
    const charged = await appeal('80')
    await press(wu, charged, 'finish', { finding: 'right' }, '还车记录 14:20，晚 2 小时')
    await press(wu, charged, 'finish', undefined, '还车比约定晚 2 小时，收费无误')
    assert.equal((await wang.ticket(charged.id)).status, 'resolved')
    const partly = await appeal('1200')
    await press(wu, partly, 'finish', { finding: 'partly' }, '600', '系统多计一天')
    await press(zheng, partly, 'approve')
    assert.deepEqual(await stepsOf(partly), ['pay'], 'the 600 yuan that go back are within the limit')
    await press(qian, partly, 'finish', undefined, '600 元已原路退回', 'B2')
    await reads(partly, '600 元已原路退回')
  })

  test('the city has cars by their plates; the work on them is no service of the customers', async () => {
    const { services } = (await (await fetch(`${story.running.url}/api/services`)).json()) as {
      services: { form: string }[]
    }
    assert.deepEqual(services.map(({ form }) => form).sort(), [
      'car_fault',
      'complaint',
      'rental_appeal',
      'rental_deposit',
      'rental_survey',
    ])
    const { body } = await story.wang.call<{ code: string; title: string; forms: string[] }>(
      'GET',
      `/api/assets/${encodeURIComponent('沪A·12301')}`,
    )
    assert.deepEqual([body.code, body.title, body.forms], ['沪A12301', '汽车', ['car_fault']])
    await story.db.write(async (tx) => {
      const asset = (await assetByCode(tx, '沪A12301')) as Asset
      const data = { meters: asset.meters + 10_000_000 }
      await recordAssetEvent(tx, asset, { id: 'far', types: ['trip_end'], occurredAt: tx.now, doneBy: 'test', data })
    })
    await story.later('1 min')
    const due = JSON.stringify(feng.card('定期保养').card)
    assert.match(due, /沪A12301/, 'after ten thousand kilometres')
    assert.match(due, /里程[^}]*已行驶 1\d{4,} 公里.*保养周期[^}]*每 10000 公里或 180 天/)
    assert.equal(await stateOf('沪A12301'), 'non_operational')
    await feng.press('定期保养', 'finish')
    for (const told of ['10012', await jpeg(), '完成'])
      await (typeof told === 'string' ? feng.says(told) : feng.sends(told))
    assert.equal(await stateOf('沪A12301'), 'available', feng.read())
  })
})
