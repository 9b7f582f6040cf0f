import assert from 'node:assert/strict'
import { operatorKey } from '../../server/domain/customers/operator.ts'
import { grantCoupon } from '../../server/domain/loyalty/coupons.ts'
import { grantPoints } from '../../server/domain/loyalty/points.ts'
import { lookAt } from '../../server/domain/segments/look.ts'
import { SYSTEM } from '../../server/engines/events/events.ts'
import type { CustomerLook } from '../../server/engines/staff/looks.ts'
import { happened } from '../automations.ts'
import { onEachChat, openStory, type Story } from '../harness.ts'
import { idOf } from '../rules.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

/** A customer with something on each side. */
async function known(open: typeof openStory): Promise<string> {
  story = await open()
  const wang = await idOf(story, story.wang)
  for (const days of [90, 70]) await happened(story, wang, days, 'order.paid', { amount: 300_000 })
  await story.db.write(async (tx) => {
    await grantCoupon(tx, { customerId: wang, template: 'birthday', key: 'test', by: SYSTEM })
    await grantPoints(tx, { customerId: wang, points: 50, key: 'test', why: 'gift' })
  })
  await story.lin.says('打电话给 王晓梅，想换一款车')
  await story.lin.press('想换一款车', 'yes')
  await story.wang.complain('无法还车')
  await story.settle()
  return wang
}

onEachChat((open) => {
  test('a customer on one card: who, what is open, what they are worth, why each tag is there, what to talk about', async () => {
    await known(open as typeof openStory)
    const { zhou } = story
    await zhou.says('客户 1234')
    await zhou.press('查客户', 'view_0')
    const card = JSON.stringify(zhou.card('券和积分').card)
    for (const words of [
      '王** 138****1234',
      '起），2 个月以上没下单，来过几次，花费高',
      '登记核实',
      '林小雨：想换一款车',
      '2 单，￥6,000.00',
      '1 张券，50 积分',
      '高价值（高价值客户）',
      '1. 有 1 件事还没有办完，先说进展',
      '上次下单是 2026年9月14日',
    ])
      assert.ok(card.includes(words), `${words}\n${card}`)
    assert.doesNotMatch(card, /13800001234|王晓梅|RFM/)
    const [viewed] = await story.db.read((tx) =>
      tx.query<{ n: number }>(`SELECT COUNT(*) AS n FROM events WHERE name = 'customer.viewed'`),
    )
    assert.equal(Number(viewed?.n), 1)
  })

  test('the whole past, a page at a time; and a follow-up of one’s own, whose answer counts as a talk', async () => {
    const wang = await known(open as typeof openStory)
    const { zhou } = story
    await zhou.says('客户 1234')
    await zhou.press('查客户', 'view_0')
    await zhou.press('券和积分', 'past')
    assert.match(JSON.stringify(zhou.card('第 1 页')), /提交工单/)
    for (let page = 1; zhou.card(`第 ${page} 页`).buttons.some(({ key }) => key === 'older'); page++) {
      await zhou.press(`第 ${page} 页`, 'older')
      assert.ok(page < 12, 'the past ends somewhere')
    }
    const all = zhou
      .cards()
      .map(({ card }) => JSON.stringify(card))
      .filter((card) => card.includes('的经过'))
    const past = all.join('\n')
    for (const words of [
      '注册',
      '绑定手机号',
      '支付 ￥3,000.00',
      '沟通记录 林小雨 电话：想换一款车',
      '获得 50 积分',
      '进入环节「登记核实」',
      '到此为止',
    ])
      assert.ok(past.includes(words), `${words}\n${past}`)
    assert.doesNotMatch(past, /被查看/)

    await zhou.press('第 1 页', 'follow')
    await zhou.press('第 1 页', 'follow')
    const mine = zhou.cards().filter(({ card }) => JSON.stringify(card).includes('跟进客户'))
    assert.equal(mine.length, 1, 'once a day')
    assert.match(JSON.stringify(mine[0]?.card), /有 1 件事还没有办完/)
    await zhou.press('跟进客户', 'reached')
    const looked = () => story.db.read((tx) => lookAt(tx, wang, story.running.house.words))
    const look = await looked()
    assert.deepEqual(
      ((look as CustomerLook).behaviour.contacts as { by: string }[]).map(({ by }) => by),
      ['周敏', '林小雨'],
    )

    // What is still open is told of once.
    const talks = async () => ((await looked())?.talks ?? []).join('\n')
    await story.wang.complain('又还不了车')
    assert.match(await talks(), /有 2 件事还没有办完/)
    assert.doesNotMatch(await talks(), /投诉 2 次/)
    const { body } = await story.wang.call<{ tickets: { id: string }[] }>('GET', '/api/tickets')
    for (const { id } of body.tickets) await story.wang.does(id, 'withdraw', { reason: '好了' })
    assert.match(await talks(), /近 90 天投诉 2 次，说明做了哪些改进/)
  })
})

test('in one call, with all five sides; the past in pages of any size', async () => {
  const wang = await known(openStory)
  const ask = async (path: string) => {
    const response = await fetch(`${story.running.url}/api/operator/customers/${path}`, {
      headers: { authorization: `Bearer ${operatorKey()}` },
    })
    return { status: response.status, body: (await response.json()) as Record<string, never> }
  }
  const { body } = await ask(wang)
  const { identity, transactions, service, profile, talks } = body as unknown as Record<string, Record<string, unknown>>
  assert.deepEqual(
    [identity?.name, identity?.phone, identity?.known_by],
    ['王**', '138****1234', ['openid', 'phone', 'unionid']],
  )
  assert.deepEqual([transactions?.orders, transactions?.spent_fen], [2, 600_000])
  assert.equal([service?.open].flat().length, 1)
  assert.deepEqual(profile?.tags, [{ tag: '高价值', reasons: ['高价值客户'] }])
  assert.ok(Array.isArray(talks) && talks.length > 0)
  assert.doesNotMatch(JSON.stringify(body), /13800001234|王晓梅/)

  const names: string[] = []
  for (let before = ''; ; ) {
    const page = await ask(`${wang}/past?limit=3${before && `&before=${before}`}`)
    const { events, next } = page.body as unknown as { events: { name: string }[]; next?: string }
    names.push(...events.map(({ name }) => name))
    if (!next) break
    before = next
  }
  const [row] = await story.db.read((tx) =>
    tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM events WHERE customerId = ?', [wang]),
  )
  assert.equal(names.length, Number(row?.n), 'every event once')
  assert.equal((await ask('nobody')).status, 404)
})
