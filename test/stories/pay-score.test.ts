import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import type { ScoreSheet } from '../../server/domain/rentals/score.ts'
import type { Story } from '../harness.ts'
import { DAY, Renting, TUESDAY_10 } from '../renting.ts'

let renting: Renting
afterEach(async () => {
  assert.deepEqual(await renting.findings(), [])
  await renting.story.close()
})

async function opens(env: Record<string, string>, offered = true): Promise<void> {
  const prepare = async ({ templates }: Story) => {
    const file = join(templates, 'packs/car-rental/rental.yaml')
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('pay_score: false', `pay_score: ${offered}`))
  }
  renting = await Renting.open(undefined, { env, prepare })
}

const CONFIGURED = { WECHATPAY_SCORE_SERVICE_ID: '00004000000000164845612345678901' }
const till = () => {
  const { wechatpay } = renting.story.sandbox
  if (!wechatpay) throw new Error('this house has no till')
  return wechatpay
}
const begins = (id: string) =>
  renting.story.wang.call<ScoreSheet & { error?: { message: string } }>('POST', `/api/bookings/${id}/deposit/score`, {})

test('with pay score nobody pays a deposit: WeChat vouches, and its order ends with the rental', async () => {
  await opens(CONFIGURED)
  const { story, wu } = renting
  const id = await renting.books()
  await renting.giveBothPapers()
  await renting.signs(id)
  const before = await renting.view(id)
  assert.ok(before.can.score)
  const sheet = await begins(id)
  assert.equal(sheet.status, 200, JSON.stringify(sheet.body))
  assert.equal(sheet.body.businessType, 'wxpayScoreUse')
  assert.equal((await begins(id)).body.package, sheet.body.package, 'asked again it is the same')
  assert.equal((await renting.does(id, 'deposit/score/done')).body.deposit?.state, 'due', 'they have not agreed yet')
  const order = till().agree(sheet.body.package)
  assert.equal(order.amount, 500_000)
  const agreed = await renting.does(id, 'deposit/score/done')
  assert.deepEqual([agreed.body.deposit?.state, agreed.body.can.score], ['waived', false])
  const paid = await story.wang.call('POST', `/api/payments/${before.deposit?.payment}/prepay`, {})
  assert.equal(paid.status, 409, 'nobody pays it as well')
  await renting.handsOver(id)
  await renting.until(TUESDAY_10 + 2 * DAY)
  await story.later('1 min')
  await renting.takesBack(12_100, '100', '1')
  assert.equal(order.state, 'DOING', 'violations may become known yet')
  await story.later(`${31 * 24} h`)
  till().faults.codes = ['SYSTEM_ERROR']
  await renting.press(wu, '违章核查', 'finish', { outcome: 'none' })
  await story.later('2 h')
  assert.equal(order.state, 'REVOKED', 'nothing is charged by it')
  assert.equal((await renting.view(id)).state, 'closed')
})

test('who pays the deposit after all, or calls off, is not vouched for twice', async () => {
  await opens(CONFIGURED)
  const id = await renting.books()
  const { body } = await begins(id)
  const order = till().agree(body.package)
  await renting.paysDeposit(id)
  await renting.story.later('1 min')
  assert.equal((await renting.view(id)).deposit?.state, 'held')
  assert.equal(order.state, 'REVOKED')
  assert.equal((await begins(id)).status, 409)

  const other = await renting.books({ from: TUESDAY_10 + 5 * DAY, until: TUESDAY_10 + 6 * DAY })
  const second = till().agree((await begins(other)).body.package)
  await renting.does(other, 'deposit/score/done')
  await renting.story.wang.call('POST', `/api/bookings/${other}/cancel`, {})
  await renting.story.later('1 min')
  assert.equal(second.state, 'REVOKED')
})

test('without the service, or where the pack does not offer it, it is refused in words', async () => {
  await opens({})
  const id = await renting.books()
  const off = await begins(id)
  assert.equal(off.status, 409)
  assert.match(off.body.error?.message ?? '', /暂不支持支付分免押/)
  assert.equal((await renting.view(id)).deposit?.state, 'due')
  await renting.story.close()
  await opens(CONFIGURED, false)
  const plain = await renting.books()
  assert.equal((await renting.view(plain)).can.score, false)
  assert.equal((await begins(plain)).status, 409)
  assert.deepEqual(till().scores, [])
})
