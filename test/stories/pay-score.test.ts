import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ScoreSheet } from '../../server/platforms/wechatpay-score.ts'
import type { PayScoreOrder } from '../../server/sandbox/wechatpay.ts'
import type { Story } from '../harness.ts'
import { happened } from '../letters.ts'
import { DAY, Renting, TUESDAY_10 } from '../renting.ts'
import { afterEach, test } from '../suite.ts'

let renting: Renting
afterEach(async () => {
  assert.deepEqual(await renting.findings(), [])
  await renting.story.close()
})

async function opens(env: Record<string, string>, offered = true): Promise<void> {
  const prepare = async ({ templates }: Story) => {
    const file = join(templates, 'packs/car-rental/rental.yaml')
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('pay_score: true }', `pay_score: ${offered} }`))
  }
  renting = await Renting.open(undefined, { env, prepare })
}

const CONFIGURED = {
  WECHATPAY_SCORE_SERVICE_ID: '00004000000000164845612345678901',
  WECHATPAY_SCORE_KEY: 'k'.repeat(32),
}
/** Who brings a merchant of their own has not been admitted unless they say so. */
const NOT_ADMITTED = { WECHATPAY_MCH_ID: '1900000009' }
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
  till().faults.codes = ['NO_AUTH']
  const refused = await begins(id)
  assert.equal(refused.status, 409)
  assert.match(refused.body.error?.message ?? '', /请支付押金/)
  const sheet = await begins(id)
  assert.equal(sheet.status, 200, JSON.stringify(sheet.body))
  assert.equal(sheet.body.businessType, 'wxpayScoreUse')
  assert.equal((await begins(id)).body.extraData.package, sheet.body.extraData.package, 'asked again it is the same')
  const unsure = (await renting.does(id, 'deposit/score/done')).body.deposit
  assert.deepEqual([unsure?.state, unsure?.asked], ['due', true], 'they have not agreed yet')
  await assert.rejects(till().agree({ ...sheet.body.extraData, mch_id: '1900000002' }), /签名错误/)
  const order = await till().agree(sheet.body.extraData)
  assert.equal(order.amount, 500_000)
  const agreed = await renting.does(id, 'deposit/score/done')
  assert.deepEqual([agreed.body.deposit?.state, agreed.body.deposit?.byScore], ['waived', true])
  assert.deepEqual([agreed.body.deposit?.asked, agreed.body.can.score], [false, false])
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
  till().faults.notifyLateMs = DAY
  const order = await till().agree(body.extraData)
  till().faults.notifyLateMs = 0
  await renting.paysDeposit(id)
  await renting.story.later('1 min')
  assert.equal((await renting.view(id)).deposit?.state, 'held')
  assert.equal(order.state, 'REVOKED')
  assert.equal((await begins(id)).status, 409)

  const other = await renting.books({ from: TUESDAY_10 + 5 * DAY, until: TUESDAY_10 + 6 * DAY })
  const second = await till().agree((await begins(other)).body.extraData)
  await renting.does(other, 'deposit/score/done')
  await renting.story.wang.call('POST', `/api/bookings/${other}/cancel`, {})
  await renting.story.later('1 min')
  assert.equal(second.state, 'REVOKED')
})

test('without the service, or where the pack does not offer it, it is refused in words', async () => {
  await opens(NOT_ADMITTED)
  const id = await renting.books()
  const off = await begins(id)
  assert.equal(off.status, 409)
  assert.match(off.body.error?.message ?? '', /暂不支持支付分免押/)
  const plainly = await renting.view(id)
  assert.deepEqual([plainly.deposit?.state, plainly.can.score], ['due', false], 'and it is not offered')
  await renting.story.close()
  await opens(CONFIGURED, false)
  const plain = await renting.books()
  assert.equal((await renting.view(plain)).can.score, false)
  assert.equal((await begins(plain)).status, 409)
  assert.deepEqual(till().scores, [])
})

/** Books, and opens WeChat's page. */
async function asks(): Promise<{ id: string; agrees: () => Promise<PayScoreOrder> }> {
  const id = await renting.books()
  const { body } = await begins(id)
  return { id, agrees: () => till().agree(body.extraData) }
}
const deposit = async (id: string) => (await renting.view(id)).deposit?.state
const waived = async () => (await happened(renting.story, 'deposit.waived')).length

for (const times of [1, 3])
  test(`WeChat tells ${times === 1 ? 'once' : 'several times'} that the customer has agreed, who has not come back yet`, async () => {
    await opens(CONFIGURED)
    till().faults.notifyTwice = times - 1
    const { id, agrees } = await asks()
    assert.equal(await deposit(id), 'due')
    await agrees()
    assert.equal(await deposit(id), 'waived')
    assert.equal((await renting.does(id, 'deposit/score/done')).body.deposit?.state, 'waived', 'and then they do')
    await renting.story.later('1 h')
    assert.equal(await waived(), 1)
    assert.equal(till().calls.get('POST /v3/payscore/serviceorder/:number/cancel'), undefined)
  })

test('told late, or never: WeChat is asked', async () => {
  await opens(CONFIGURED)
  const late = await asks()
  till().faults.notifyLateMs = 20_000
  await late.agrees()
  assert.equal(await deposit(late.id), 'due')
  await renting.story.later('25 s')
  assert.equal(await deposit(late.id), 'waived')

  till().faults.notifyLateMs = 0
  const never = await asks()
  till().faults.notifyNever = true
  await renting.story.later('10 min')
  await never.agrees()
  assert.equal(await deposit(never.id), 'due')
  await renting.story.later('15 min')
  assert.equal(await deposit(never.id), 'waived')
  assert.equal(await waived(), 2)
})

test('what WeChat tells is not believed before it was asked', async () => {
  await opens(CONFIGURED)
  const { id, agrees } = await asks()
  till().faults.hold = true
  const order = await agrees()
  order.state = 'CREATED'
  assert.deepEqual(await till().release(), [200])
  assert.equal(await deposit(id), 'due')
  till().faults.down = '503'
  order.state = 'DOING'
  await renting.story.later('1 min')
  assert.equal(await deposit(id), 'due', 'it does not answer')
  till().faults.down = false
  await renting.story.later('5 min')
  assert.equal(await deposit(id), 'waived')
})

test('told when the deposit was paid meanwhile, its order ends', async () => {
  await opens(CONFIGURED)
  const { id, agrees } = await asks()
  till().faults.hold = true
  const order = await agrees()
  await renting.paysDeposit(id)
  // The payment is heard of first, the other way round from how they happened.
  await till().release(true)
  await renting.story.later('1 min')
  assert.equal(await deposit(id), 'held')
  assert.equal(order.state, 'REVOKED')
})
