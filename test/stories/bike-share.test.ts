import assert from 'node:assert/strict'
import { assetByCode, registerAssets } from '../../server/domain/assets/assets.ts'
import type { PointsPage } from '../../server/domain/loyalty/view.ts'
import { type Detail, onEachChat, type Story, type Worker } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const PLACE = { lat: 31.2304, lng: 121.4737, address: '人民广场 2 号口' }

onEachChat((open) => {
  let story: Story
  let zhao: Worker
  beforeEach(async () => {
    story = await open({
      env: { PACKS: 'service-desk,bike-share' },
      prepare(opening) {
        zhao = opening.hire('zhaolei', '赵磊', { position: '外勤维修员', departments: [3] })
      },
    })
    await story.settle()
    await story.db.write((tx) => registerAssets(tx, [{ code: 'YK9001', kind: 'bike', place: PLACE }]))
    await zhao.says('我在 31.2310,121.4740')
  })
  afterEach(() => story.close())

  async function report(customer = story.wang, more: Record<string, unknown> = {}): Promise<Detail> {
    if (!customer.token) await customer.signIn()
    const answers = { bike: 'YK9001', fault: 'lock', danger: 'no', place: PLACE, ...more }
    const { status, body } = await customer.call<Detail>('POST', '/api/tickets', { form: 'fault', answers })
    assert.equal(status, 201, JSON.stringify(body))
    await story.later('5 s')
    return body
  }

  const stateOf = (code: string) => story.db.read(async (tx) => (await assetByCode(tx, code))?.state)

  test('a fault: the bike leaves service, the worker repairs it with a photo, the bike returns, the reporters are thanked', async () => {
    const { wang, li } = story
    const ticket = await report(wang, { description: '车锁卡住了' })
    assert.equal(await stateOf('YK9001'), 'non_operational')
    assert.equal((await report(li)).id, ticket.id, 'a second report joins the first')

    const card = zhao.card('上门维修')
    assert.match(JSON.stringify(card.card), /人民广场 2 号口/)
    await zhao.press('上门维修', 'accept')
    await zhao.press('上门维修', 'arrive')
    assert.equal((await li.ticket(ticket.id)).worker?.arrivedAt, story.clock.now())
    await zhao.press('上门维修', 'finish', { outcome: 'available' })
    await zhao.says('修好了')
    assert.equal((await wang.ticket(ticket.id)).status, 'processing', 'not without a photo')
    await zhao.sends(await jpeg())
    await zhao.says('完成')
    await story.later('5 s')

    assert.equal((await wang.ticket(ticket.id)).status, 'resolved', zhao.read())
    assert.equal(await stateOf('YK9001'), 'available')
    assert.match(wang.inbox().at(-1) ?? '', /谢谢您的反映，问题已解决/, 'in words for people')
    const promised = await story.db.read((tx) =>
      tx.query<{ customerId: string }>(`SELECT customerId FROM events WHERE name = 'points.promised'`),
    )
    assert.equal(new Set(promised.map(({ customerId }) => customerId)).size, 2)
    for (const customer of [wang, li]) {
      const { thanks, timeline } = await customer.ticket(ticket.id)
      assert.deepEqual(thanks, { points: 20 })
      assert.equal(timeline.filter(({ text }) => text === '感谢您的反映，赠送您 20 积分').length, 1)
      const { body } = await customer.call<PointsPage>('GET', '/api/me/points')
      assert.deepEqual([body.title, body.balance, body.lines[0]?.text], ['骑行积分', 20, '感谢您的反映'])
    }
    const reports = await story.db.read((tx) => tx.query<{ n: number }>('SELECT faultReports AS n FROM customer_facts'))
    assert.deepEqual(
      reports.map(({ n }) => n),
      [1, 1],
      'a true report counts for both',
    )
  })

  test('a malicious report is closed with its reason, nobody is thanked, and the bike is free again', async () => {
    const ticket = await report()
    await zhao.press('上门维修', 'finish', { outcome: 'malicious' })
    await zhao.sends(await jpeg())
    await zhao.says('完成')
    await zhao.says('车完好，现场有人恶意报修')
    await story.later('5 s')
    assert.equal((await story.wang.ticket(ticket.id)).status, 'closed', zhao.read())
    assert.equal(await stateOf('YK9001'), 'available')
    const promised = await story.db.read((tx) => tx.query(`SELECT 1 FROM events WHERE name = 'points.promised'`))
    assert.equal(promised.length, 0)
    assert.equal((await story.wang.ticket(ticket.id)).thanks, null)
    const [facts] = await story.db.read((tx) => tx.query<{ n: number }>('SELECT faultReports AS n FROM customer_facts'))
    assert.equal(facts?.n, 0)
  })
})
