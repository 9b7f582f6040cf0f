import assert from 'node:assert/strict'
import { grantPoints, returnPoints, reversePoints, spendPoints } from '../../server/domain/loyalty/points.ts'
import type { PointsPage } from '../../server/domain/loyalty/view.ts'
import { loyaltyWords } from '../../server/domain/loyalty/words.ts'
import { Event } from '../../server/engines/events/event.ts'
import { eventRow, record, SYSTEM } from '../../server/engines/events/events.ts'
import { Loyalty1795305600030 } from '../../server/migrations/0030-loyalty.ts'
import type { Story } from '../harness.ts'
import { happened, signedIn } from '../letters.ts'
import { openProgramme } from '../loyalty.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const DAY = 86_400_000

let story: Story
let customerId: string
beforeEach(async () => {
  story = await openProgramme()
  customerId = await signedIn(story.wang)
})
afterEach(() => story.close())

const page = async (query = '') => (await story.wang.call<PointsPage>('GET', `/api/me/points${query}`)).body
const grant = (key: string, points: number, days?: number) =>
  story.db.write((tx) =>
    grantPoints(tx, { customerId, key, points, why: 'order', ...(days && { expiresAt: tx.now + days * DAY }) }),
  )
const spend = (key: string, points: number) =>
  story.db.write((tx) => spendPoints(tx, { customerId, key, points, why: 'redeem' }))
const giveBack = (key: string, undoes: string, points?: number) =>
  story.db.write((tx) => returnPoints(tx, { customerId, key, undoes, points, why: 'refund' }))
const takeBack = (key: string, undoes: string, points?: number) =>
  story.db.write((tx) => reversePoints(tx, { customerId, key, undoes, points, why: 'cancelled' }))
const texts = ({ lines }: PointsPage) => lines.map(({ text, points, balance }) => `${text} ${points} ${balance}`)

test('a promise of a flow is kept once, and points end after a year at the end of the month', async () => {
  assert.deepEqual(await page(), {
    title: '积分',
    balance: 0,
    pending: 0,
    owed: 0,
    expiring: null,
    lines: [],
    next: null,
  })
  const promise = {
    by: SYSTEM,
    subject: { type: 'ticket', id: 'T1' },
    customerId,
    data: { points: 20 },
    dedupKey: 'thanks:T1',
  }
  for (let n = 0; n < 2; n++) await story.db.write((tx) => record(tx, 'points.promised', promise))
  assert.deepEqual(texts(await page()), ['感谢您的反映 20 20'])
  const [granted] = await happened(story, 'points.granted')
  assert.equal(new Date(Number(granted?.endsAt)).toISOString(), '2027-11-30T16:00:00.000Z')
  story.clock.advance(345 * DAY)
  assert.deepEqual((await page()).expiring, { points: 20, at: Date.parse('2027-11-30T16:00:00Z') - 1 })
  await story.restart()
  story.clock.advance(28 * DAY)
  await story.settle()
  assert.deepEqual(texts(await page()), ['到期失效 -20 0', '感谢您的反映 20 20'])
  assert.equal((await happened(story, 'points.expired')).length, 1)
})

test('what ends first is spent first; a refund brings back the same points with their time', async () => {
  await grant('late', 100, 60)
  await grant('soon', 50, 10)
  await spend('buy', 70)
  await spend('buy', 70)
  assert.equal((await page()).balance, 80)
  // 50 of the early lot and 20 of the late one were spent: a part of the refund goes to what was taken last.
  await giveBack('refund-1', 'buy', 30)
  await story.later('11 d')
  assert.equal((await page()).balance, 100, 'the 10 that came back to the early lot have ended with it')
  await giveBack('refund-2', 'buy')
  await giveBack('refund-2', 'buy')
  assert.equal((await page()).balance, 100, 'what comes back too late ends at once')
  assert.deepEqual(texts(await page()).slice(0, 3), ['到期失效 -40 100', '退款退回 40 140', '到期失效 -10 100'])
  await assert.rejects(giveBack('refund-3', 'buy'), { why: 'points_undone' })
  await assert.rejects(spend('too much', 101), { why: 'points_short' })
  await assert.rejects(giveBack('refund-4', 'late'), { why: 'points_move' })
})

test('an order that is undone takes its points back, also when they are spent; new ones pay the debt first', async () => {
  await grant('order-1', 100)
  await spend('buy', 80)
  await takeBack('undo-1', 'order-1')
  assert.deepEqual([(await page()).balance, (await page()).owed], [0, 80])
  await assert.rejects(spend('on credit', 1), { why: 'points_short' })
  await grant('order-2', 100, 30)
  assert.deepEqual([(await page()).balance, (await page()).owed], [20, 0])
  // The purchase is refunded as well: what order-2 had paid for it is order-2's again, with its time.
  await giveBack('refund', 'buy')
  assert.equal((await page()).balance, 100)
  await story.later('31 d')
  assert.equal((await page()).balance, 0)
  assert.equal((await page()).owed, 0)
})

test('a part of an order takes a part back, never more than it gave; what had ended is not taken again', async () => {
  await grant('order-1', 100, 5)
  await takeBack('part-1', 'order-1', 30)
  await takeBack('part-2', 'order-1', 50)
  await spend('buy', 15)
  await story.later('6 d')
  assert.equal((await page()).balance, 0)
  await takeBack('rest', 'order-1')
  assert.equal((await page()).owed, 15, 'only what was spent')
  await assert.rejects(takeBack('more', 'order-1'), { why: 'points_undone' })
})

test('points that are good later are shown, begin by themselves, and cannot be spent before', async () => {
  const [, word] = loyaltyWords(story.running.house.words)
  const turn = { key: 'run:1', customerId }
  const said = word.args.parse({ points: 30, why: '问卷奖励', after: '7 d', expire: '10 d' })
  for (let n = 0; n < 2; n++) await story.db.write((tx) => word.run(tx, turn, said))
  const before = await page()
  assert.deepEqual([before.balance, before.pending, texts(before)], [0, 30, ['问卷奖励 30 0']])
  assert.equal(before.lines[0]?.pending, true)
  await assert.rejects(spend('early', 1), { why: 'points_short' })
  await story.later('8 d')
  const after = await page()
  assert.deepEqual([after.balance, after.pending, texts(after)[0]], [30, 0, '积分生效 30 30'])
  await story.later('10 d')
  assert.equal((await page()).balance, 0)
  await assert.rejects(
    story.db.write((tx) => word.run(tx, { key: 'run:2', customerId: null }, said)),
    { why: 'rule_no_customer' },
  )
})

test('the history comes page by page, to its owner only', async () => {
  for (let n = 1; n <= 45; n++) await grant(`order-${n}`, n)
  const first = await page()
  const second = await page(`?before=${first.next}`)
  const third = await page(`?before=${second.next}`)
  const points = [first, second, third].flatMap(({ lines }) => lines.map((line) => line.points))
  assert.deepEqual(
    points,
    Array.from({ length: 45 }, (_, n) => 45 - n),
  )
  assert.equal(third.next, null)
  assert.equal((await story.li.call('GET', '/api/me/points', undefined, {}, false)).status, 401)
  await story.li.signIn()
  assert.equal((await story.li.call<PointsPage>('GET', '/api/me/points')).body.lines.length, 0)
  assert.equal((await story.wang.call('GET', '/api/me/points?before=x')).status, 422)
})

test('promises that were made before there was a ledger are kept when it comes', async () => {
  await grant('before', 1)
  const promise = (points: number) => ({
    by: SYSTEM,
    subject: { type: 'ticket', id: 'T1' },
    customerId,
    data: { points },
  })
  for (const points of [20, 15])
    await story.db.write((tx) => tx.insert(Event, eventRow(tx, 'points.promised', promise(points))))
  const runner = story.db.source.createQueryRunner()
  const migration = new Loyalty1795305600030()
  await runner.startTransaction()
  await migration.down(runner)
  await migration.up(runner)
  await runner.commitTransaction()
  await runner.release()
  const found = await page()
  assert.deepEqual([found.balance, texts(found)], [35, ['感谢您的反映 15 35', '感谢您的反映 20 20']])
  await spend('buy', 30)
  assert.equal((await page()).balance, 5)
})
