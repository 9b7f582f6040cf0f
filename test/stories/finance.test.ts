import assert from 'node:assert/strict'
import { MoneyDifference } from '../../server/domain/payments/difference.ts'
import { CHATS } from '../harness.ts'
import { ask, books, findings, openTill, pays, stands, type Till } from '../money.ts'
import { afterEach, test } from '../suite.ts'

let till: Till
afterEach(() => till.story.close())

for (const chat of CHATS) {
  test(`on ${chat}: a wrong amount is finance's work, and goes back when they say so`, async () => {
    till = await openTill({ chat })
    const { story, qian, pay } = till
    pay.faults.amounts = [30_000]
    const payment = await ask(till)
    await pays(till, payment)
    await story.later('1 min')
    assert.match(JSON.stringify(qian.card(payment.number).card), /实付与应付不符/)
    await qian.press(payment.number, 'accept')
    await story.later('1 min')
    await qian.press(payment.number, 'finish', { outcome: 'returned' })
    await qian.says('多付了，已核实，原路退')
    await story.later('2 min')
    const [difference] = await story.db.read((tx) => tx.find(MoneyDifference, ''))
    assert.deepEqual([difference?.state, difference?.outcome], ['settled', 'returned'])
    assert.deepEqual(await books(till), {})
    assert.equal((await stands(till, payment)).left(), 0)
    assert.deepEqual(await findings(till), [])
  })
}

test('what cannot be done is not offered, and refused in words; the work stays', async () => {
  till = await openTill()
  const { story, qian, pay } = till
  const payment = await ask(till)
  await pays(till, payment)
  const [trade] = pay.trades
  if (!trade) throw new Error('nothing was paid')
  // Somebody has paid by a code of the merchant's that is not ours.
  pay.trades.push({ ...trade, number: 'COUNTER0001', transactionId: '4200777' })
  await story.later('25 h')
  assert.deepEqual(
    qian.card('COUNTER0001').selects[0]?.options.flatMap(({ id }) => (id === '-' ? [] : id)),
    ['explained'],
    'nothing is offered that cannot be done',
  )
  await qian.press('COUNTER0001', 'finish', { outcome: 'returned' })
  assert.match(qian.lastLine(), /【核对差异】COUNTER0001：只有一项可选，请回复序号 1/, qian.read())
  assert.deepEqual(
    (await story.db.read((tx) => tx.find(MoneyDifference, ''))).map(({ kind, state }) => `${kind} ${state}`),
    ['not_here open'],
  )
})

test('a house whose packs have no flow for it: the auditor tells', async () => {
  till = await openTill({ env: { PACKS: 'service-desk' } })
  const { pay } = till
  pay.faults.amounts = [1]
  await pays(till, await ask(till))
  assert.deepEqual(await findings(till), ['money_differs'])
})
