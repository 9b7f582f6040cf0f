import assert from 'node:assert/strict'
import { RentalViolation } from '../../server/domain/rentals/violation.ts'
import { reportViolations } from '../../server/domain/rentals/violations.ts'
import { System } from '../api.ts'
import { happened } from '../letters.ts'
import { DAY, Renting, TUESDAY_10 } from '../renting.ts'
import { afterEach, beforeEach, describe, test } from '../suite.ts'

const HOUR = 3_600_000
const DEPOSIT = 500_000

let renting: Renting
beforeEach(async () => {
  renting = await Renting.open()
})
afterEach(async () => {
  assert.deepEqual(await renting.findings(), [])
  await renting.story.close()
})

const urgings = async () => {
  const rows = await renting.story.db.read((tx) => tx.query(`SELECT id FROM messages WHERE kind = 'urged'`))
  return rows.length
}
const stage = async (id: string) => (await renting.view(id)).stage?.title

describe('a customer who is in a hurry', () => {
  test('has the car prepared before its time, and reminds the store, not too often', async () => {
    const { story, wu } = renting
    const id = await renting.books()
    await renting.until(TUESDAY_10 - 20 * HOUR)
    assert.equal(await stage(id), '已预订')
    assert.ok((await renting.view(id)).can.urge)
    const urged = await renting.does(id, 'urge')
    assert.equal(urged.status, 200, JSON.stringify(urged.body))
    assert.equal(urged.body.stage?.title, '备车')
    assert.match(JSON.stringify(wu.card('备车').card), /客户催办/)
    assert.equal((await renting.does(id, 'urge')).status, 429)
    await story.later('31 min')
    assert.equal((await renting.does(id, 'urge')).status, 200)
    assert.equal(await urgings(), 2, 'the clerk hears of it once more')
    await renting.press(wu, '备车', 'finish', { outcome: 'ready' })
    const waiting = await renting.view(id)
    assert.equal(waiting.stage?.title, '等待签约')
    assert.equal(waiting.can.urge, false, 'it is the customer who has something to do')
    assert.equal((await renting.does(id, 'urge')).status, 409)
  })

  test('cannot have a car prepared days before', async () => {
    const from = TUESDAY_10 + 5 * DAY
    const id = await renting.books({ from, until: from + DAY })
    assert.equal((await renting.view(id)).can.urge, false)
    assert.equal((await renting.does(id, 'urge')).status, 409)
    await renting.until(from - 24 * HOUR)
    assert.equal((await renting.does(id, 'urge')).status, 200)
    assert.equal(await stage(id), '备车')
  })
})

describe('violations that another system reports', () => {
  let system: System
  let id: string
  let plate: string
  let number: string
  beforeEach(async () => {
    system = await System.of(renting.story, '违章平台', ['rentals:write'])
    id = await renting.books()
    await renting.getsReady(id)
    await renting.handsOver(id)
    await renting.until(TUESDAY_10 + 2 * DAY)
    await renting.story.later('1 min')
    await renting.takesBack(12_300, '100', '1')
    const view = await renting.view(id)
    plate = view.plate
    number = view.number
    assert.equal(view.stage?.title, '等待违章')
  })

  const violation = (name: string, at: number) => ({ id: name, at, fine: 20_000, points: 3, reason: '压线' })
  interface Answer {
    violations: { id: string; status: string; rental: string | null; late: boolean }[]
    checked: string[]
  }

  test('are kept for the rental in which they happened, and the clerk charges what is known', async () => {
    const { story, wu } = renting
    await story.later('49 h')
    const reported = { plate, violations: [violation('v1', TUESDAY_10 + DAY), violation('v2', TUESDAY_10 - DAY)] }
    const first = await system.post<Answer>('/violations', reported, { 'idempotency-key': 'a' })
    assert.equal(first.status, 200, JSON.stringify(first.body))
    assert.deepEqual(first.body, {
      violations: [
        { id: 'v1', status: 'accepted', rental: number, late: false },
        { id: 'v2', status: 'accepted', rental: null, late: false },
      ],
      checked: [],
    })
    assert.deepEqual((await system.post<Answer>('/violations', reported, { 'idempotency-key': 'a' })).body, first.body)
    assert.equal(await stage(id), '等待违章', 'more may become known')
    const early = await system.post<Answer>('/violations', { plate, checked_until: TUESDAY_10 + DAY })
    assert.deepEqual(early.body.checked, [], 'the car was not back by then')

    const checked = { plate, violations: [violation('v1', TUESDAY_10 + DAY)], checked_until: story.clock.now() }
    const last = await system.post<Answer>('/violations', checked)
    assert.deepEqual(last.body.checked, [number])
    assert.equal(last.body.violations[0]?.status, 'duplicate')
    assert.deepEqual((await system.post<Answer>('/violations', checked)).body.checked, [], 'it waits no longer')
    await story.later('1 min')
    assert.match(JSON.stringify(wu.card('违章核查').card), /已报送 1 次，罚款 ￥200.*扣 3 分/)
    await renting.press(wu, '违章核查', 'finish', { outcome: 'found' }, '1', '200', '3')
    await story.later('2 min')
    const { state, deposit } = await renting.view(id)
    const cost = 20_000 + 10_000 + 3 * 20_000
    assert.deepEqual([state, deposit?.deducted, deposit?.refunded], ['closed', cost, DEPOSIT - cost])
  })

  test('none: the deposit goes back by itself, and what becomes known later is told as late', async () => {
    const { story, wu } = renting
    await story.later('49 h')
    const { body } = await system.post<Answer>('/violations', { plate, checked_until: story.clock.now() })
    assert.deepEqual(body, { violations: [], checked: [number] })
    await story.later('2 min')
    const { state, deposit } = await renting.view(id)
    assert.deepEqual([state, deposit?.state, deposit?.refunded], ['closed', 'settled', DEPOSIT])
    assert.throws(() => wu.card('违章核查'), 'nobody had to look')
    const late = await system.post<Answer>('/violations', { plate, violations: [violation('v9', TUESDAY_10 + DAY)] })
    assert.deepEqual(late.body.violations, [{ id: 'v9', status: 'accepted', rental: number, late: true }])
  })

  test('are refused from others, of cars that nobody knows, of times to come', async () => {
    const { story } = renting
    const other = await System.of(story, '商城', ['orders:write'])
    assert.equal((await other.post('/violations', { plate })).status, 403)
    assert.equal((await system.post('/violations', { plate: '沪A00000' })).status, 404)
    const future = story.clock.now() + HOUR
    assert.equal((await system.post('/violations', { plate, checked_until: future })).status, 422)
    assert.equal((await system.post('/violations', { plate, violations: [violation('v', future)] })).status, 422)
    const broken = { plate, violations: [{ ...violation('v', 1), fine: -1 }] }
    assert.equal((await system.post('/violations', broken)).status, 422)
    assert.equal(await stage(id), '等待违章')
  })

  describe('of which somebody in the chat tells as well', () => {
    const at = TUESDAY_10 + DAY
    const known = () => renting.story.db.read((tx) => tx.find(RentalViolation, 'ORDER BY reportedAt, id'))
    const reports = async (violations: { id: string; at: number; reason?: string; fine?: number }[]) => {
      const all = violations.map((one) => ({ fine: 20_000, points: 3, ...one }))
      return (await system.post<Answer>('/violations', { plate, violations: all })).body.violations
    }
    const types = async (what: string) => {
      const { wu } = renting
      await wu.says(`违章 ${plate} 200 ${what} 记3分 昨天 10:00`)
      await wu.press('请确认后登记', 'yes')
      return JSON.stringify(wu.card('违章登记').card)
    }

    test('typed first, it is the same one, and the system’s word counts', async () => {
      assert.match(await types('压线'), /已登记/)
      const [first] = await reports([{ id: 'v1', at: at + 30_000, reason: '压 线。', fine: 15_000 }])
      assert.deepEqual(first, { id: 'v1', status: 'duplicate', rental: number, late: false })
      const [again] = await reports([{ id: 'v1', at: at + DAY, reason: '逆行' }])
      assert.equal(again?.status, 'duplicate', 'it keeps its number, whatever is said of it later')
      const [row, ...more] = await known()
      assert.deepEqual([more.length, row?.fine, row?.happenedAt], [0, 15_000, at])
      assert.equal((await happened(renting.story, 'rental.violation')).length, 1)
      assert.match(await types('压线'), /已有同一条违章/)
      assert.equal((await known()).length, 1)
      const others = await reports([
        { id: 'v2', at, reason: '压线' },
        { id: 'v3', at, reason: '闯红灯' },
        { id: 'v4', at: at + 60_000, reason: '压线' },
      ])
      assert.deepEqual(
        others?.map(({ status }) => status),
        ['accepted', 'accepted', 'accepted'],
        'its own numbers, another kind and another minute are others',
      )
    })

    test('reported first, it is not typed in once more', async () => {
      await reports([{ id: 'v1', at: at + 59_000 }])
      assert.match(await types('压线'), /已有同一条违章/)
      assert.equal((await known()).length, 1)
      assert.equal((await happened(renting.story, 'rental.violation')).length, 1)
    })

    test('told of by all at one moment, it is one', async () => {
      const { db } = renting.story
      const tells = (source: string, id: string) =>
        db.write((tx) =>
          reportViolations(tx, {
            ...{ source, code: plate },
            violations: [{ id, happenedAt: at, fine: 20_000, points: 3, reason: '压线' }],
          }),
        )
      const told = await Promise.all([
        ...[1, 2, 3].flatMap((n) => [tells('chat', `c${n}`), tells('违章平台', 'v1'), tells('保险公司', 'a7')]),
      ])
      assert.equal(told.filter(({ taken }) => taken[0]?.status === 'accepted').length, 1)
      assert.equal((await known()).length, 1)
      assert.equal((await happened(renting.story, 'rental.violation')).length, 1)
    })
  })
})
