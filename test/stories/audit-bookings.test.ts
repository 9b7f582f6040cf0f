import assert from 'node:assert/strict'
import { paymentById } from '../../server/domain/payments/payments.ts'
import { askRefund } from '../../server/domain/payments/refunds.ts'
import { SYSTEM } from '../../server/engines/events/events.ts'
import { DAY, Renting, TUESDAY_10 } from '../renting.ts'
import { locksOf, type RideSeen, setDown, unlock } from '../rides.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

/** What these stories are about; other duties sleep as well while time passes in them. */
const LOOKED_AFTER = new Set([
  '车辆的时间表不连续',
  '车辆的时间被占而没有订单',
  '没付款的订单到时没有释放车辆',
  '订单到点没有处理',
  '骑行没有结束',
  '车锁没有回应',
  '退款没有到账',
  '押金到期没有退回',
  '租车已完结，押金还没有决定退还',
])

let renting: Renting
beforeEach(async () => {
  renting = await Renting.open(undefined, { env: { PACKS: 'service-desk,bike-share,car-rental', OCR: 'wechat' } })
  await renting.story.settle()
  await audited()
})
afterEach(() => renting.story.close())

const sql = (statement: string, values: unknown[] = []) => renting.story.db.write((tx) => tx.run(statement, values))

/** What stands after a round of the auditor, as the desk shows it. */
async function audited(): Promise<{ kind: string; text: string }[]> {
  const { story } = renting
  // A round is thorough once a day; the process begins with one. What stands is what the last one saw.
  story.clock.advance(1000)
  await story.running.duties.find(({ name }) => name === 'audit')?.run()
  const answer = await fetch(`${story.running.url}/desk/api/findings`)
  const { findings } = (await answer.json()) as { findings: { kind: string; text: string; repaired: boolean }[] }
  return findings.filter(({ kind }) => LOOKED_AFTER.has(kind))
}
const kinds = async () => (await audited()).map(({ kind }) => kind).sort()
/** The time passes, and none of the duties runs. */
const asleep = (ms: number) => renting.story.clock.advance(ms)

test('a hold past its deadline, a booking that nobody has looked after', async () => {
  const { story } = renting
  const wish = { store: 'hongqiao', model: 'corolla', from: TUESDAY_10, until: TUESDAY_10 + DAY }
  const { body } = await story.wang.call<{ booking: { number: string } }>('POST', '/api/bookings', wish)
  asleep(20 * 60_000)
  assert.deepEqual(await kinds(), [], 'a little late is not late')
  asleep(15 * 60_000)
  const [hold] = await audited()
  assert.equal(hold?.kind, '没付款的订单到时没有释放车辆')
  assert.match(hold?.text ?? '', new RegExp(body.booking.number))
  await story.settle()
  assert.deepEqual(await kinds(), [], 'the duty has done it after all')

  const id = await renting.books()
  asleep(TUESDAY_10 + 3 * 3_600_000 - story.clock.now())
  assert.ok((await kinds()).includes('订单到点没有处理'), 'nobody has come, and nobody has said so')
  await story.settle()
  assert.equal(await renting.state(id), 'no_show')
})

test('a ride that nobody ends, a lock that never answers', async () => {
  const { story } = renting
  await setDown(story, 'B1')
  await setDown(story, 'B2')
  const { body: ride } = await unlock(story, story.wang, 'B1')
  await story.li.signIn()
  locksOf(story).faults.down = '503'
  const { body: waiting } = await story.li.call<RideSeen>('POST', '/api/rides', { code: 'B2' })
  await story.settle()
  assert.deepEqual(await kinds(), [])

  asleep(30 * 60_000)
  const found = await audited()
  assert.deepEqual(found.map(({ kind }) => kind).sort(), ['车锁没有回应', '骑行没有结束'])
  assert.match(JSON.stringify(found), new RegExp(`${waiting.number}.*|车辆 B2`))
  await sql(`UPDATE lock_commands SET state = 'ended', nextAt = NULL WHERE state <> 'done'`)
  await story.settle()
  assert.deepEqual(await kinds(), [], 'the duty has let it go')

  await sql('UPDATE rides SET wakeAt = NULL WHERE id = ?', [ride.id])
  const [endless] = await audited()
  assert.equal(endless?.kind, '骑行没有结束')
  assert.match(endless?.text ?? '', new RegExp(ride.number))
})

test('a refund that is under way for too long, deposits that should have gone back', async () => {
  const { story } = renting
  const id = await renting.books()
  await renting.getsReady(id)
  const deposit = await renting.view(id)
  const payment = deposit.deposit?.payment ?? ''
  const { wechatpay } = story.sandbox
  if (!wechatpay) throw new Error('this house has no till')
  wechatpay.faults.refundMs = 30 * DAY
  await story.db.write(async (tx) => {
    await askRefund(tx, await paymentById(tx, payment), { amount: 100, reason: '退款', key: 'slow', by: SYSTEM })
  })
  await story.settle()
  await sql('UPDATE refunds SET sentAt = NULL, wakeAt = NULL')
  asleep(6 * DAY)
  assert.ok(!(await kinds()).includes('退款没有到账'))
  asleep(2 * DAY)
  assert.ok((await kinds()).includes('退款没有到账'), 'even where nobody asks after it any more')

  await sql('UPDATE deposits SET releaseAt = ?', [story.clock.now() - 3_600_000])
  assert.ok((await kinds()).includes('押金到期没有退回'))
  await sql(`UPDATE deposits SET releaseAt = NULL`)
  const back = story.clock.now()
  await sql(`UPDATE bookings SET state = 'returned', returnedAt = ?, wakeAt = NULL WHERE id = ?`, [back, id])
  asleep(36 * DAY)
  assert.ok(!(await kinds()).includes('租车已完结，押金还没有决定退还'))
  asleep(2 * DAY)
  const kept = (await audited()).find(({ kind }) => kind === '租车已完结，押金还没有决定退还')
  assert.match(kept?.text ?? '', new RegExp(deposit.number))
})

test('a torn time line and time that is taken for nobody: the car is named', async () => {
  const id = await renting.books()
  const [car] = await renting.story.db.read((tx) =>
    tx.query<{ code: string }>(
      'SELECT a.code AS code FROM assets a JOIN bookings b ON b.assetId = a.id WHERE b.id = ?',
      [id],
    ),
  )
  await sql(`UPDATE bookings SET state = 'cancelled', wakeAt = NULL WHERE id = ?`, [id])
  await sql(`UPDATE asset_spans SET untilAt = untilAt + 1 WHERE bookingId = ?`, [id])
  const found = await audited()
  assert.deepEqual(
    [...new Set(found.map(({ kind }) => kind))].sort(),
    ['车辆的时间表不连续', '车辆的时间被占而没有订单'].sort(),
  )
  for (const { text } of found) assert.match(text, new RegExp(`^车辆 ${car?.code}，`))
})
