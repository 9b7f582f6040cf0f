import assert from 'node:assert/strict'
import { StockGood, StockMove } from '../../server/domain/stock/good.ts'
import { allocate, countGood, endAllocation } from '../../server/domain/stock/stock.ts'
import { AppError } from '../../server/lib/errors.ts'
import { type Refusal, System } from '../api.ts'
import { openBusiness, outcomes, texts } from '../automations.ts'
import { Dice } from '../dice.ts'
import type { Story } from '../harness.ts'
import { happens } from '../rules.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
let wang: string
let shop: System
beforeEach(async () => {
  ;({ story, wang } = await openBusiness('mall'))
  shop = await System.of(story, '商城', ['stock:read', 'stock:write', 'orders:write'])
})
afterEach(() => story.close())

interface Look {
  on_hand: number
  allocated: number
  saleable: number
}
const put = (sku: string, on_hand: number, more: Record<string, unknown> = {}) =>
  shop.post('/stock', { goods: [{ sku, title: `商品 ${sku}`, on_hand, counted_at: story.clock.now(), ...more }] })
const good = async (sku: string) => {
  const { on_hand, allocated, saleable } = (await shop.get<{ good: Look }>(`/stock/${sku}`)).body.good
  return [on_hand, allocated, saleable]
}
const order = (number: string, status: string, items: [string, number][]) =>
  shop.post('/orders', {
    ...{ number, status, total: 100, customer: { phone: '13800001234' }, updated_at: story.clock.now() },
    items: items.map(([sku, quantity]) => ({ sku, name: sku, quantity, price: 100 })),
  })

test('another system counts, has goods promised, sold, released and returned; what is told twice counts once', async () => {
  assert.deepEqual((await put('T1', 10, { threshold: 2 })).body, { taken: 1, known: 0 })
  assert.deepEqual((await put('T1', 99)).body, { taken: 0, known: 1 }, 'the same time is no newer count')
  assert.deepEqual(await good('T1'), [10, 0, 8])
  const want = (id: string, quantity: number) => shop.post<Refusal>('/stock/T1/allocations', { id, quantity })
  assert.equal((await want('O1', 3)).status, 200)
  assert.equal((await want('O1', 3)).status, 200)
  assert.equal((await want('O1', 4)).status, 409)
  assert.equal((await want('O2', 5)).status, 200)
  const short = await want('O3', 1)
  assert.deepEqual([short.status, short.body.error.message], [409, '「商品 T1」库存不够，还有 0 件。'])
  assert.deepEqual(await good('T1'), [10, 8, 0])
  for (let twice = 0; twice < 2; twice++)
    assert.equal((await shop.post('/stock/T1/allocations/O1/sale', {})).status, 200)
  assert.deepEqual(await good('T1'), [7, 5, 0])
  await shop.post('/stock/T1/allocations/O2/release', {})
  assert.deepEqual(await good('T1'), [7, 0, 5])
  assert.equal((await shop.post('/stock/T1/allocations/O2/sale', {})).status, 409)
  await shop.post('/stock/T1/allocations/O1/return', {})
  assert.deepEqual(await good('T1'), [10, 0, 8])
  for (let twice = 0; twice < 2; twice++)
    await shop.post('/stock/T1/adjustments', { id: 'A1', change: -4, reason: '盘亏' })
  assert.deepEqual(await good('T1'), [6, 0, 4])
  assert.equal((await shop.post('/stock/T1/adjustments', { id: 'A2', change: -7 })).status, 409)
  assert.equal((await shop.get('/stock/NONE')).status, 404)
  const reader = await System.of(story, '看板', ['stock:read'])
  assert.equal((await reader.post('/stock/T1/allocations', { id: 'X', quantity: 1 })).status, 403)
})

test('orders of other systems promise, sell and give back what they order', async () => {
  await put('T1', 5)
  await order('SC1', 'placed', [
    ['T1', 2],
    ['T1', 1],
    ['UNKNOWN', 4],
  ])
  assert.deepEqual(await good('T1'), [5, 3, 2])
  await order('SC2', 'placed', [['T1', 4]])
  assert.deepEqual(await good('T1'), [5, 7, 0], 'an order that the shop has taken counts all the same')
  await story.later('1 min')
  await order('SC1', 'completed', [['T1', 3]])
  assert.deepEqual(await good('T1'), [2, 4, 0])
  await order('SC2', 'cancelled', [['T1', 4]])
  assert.deepEqual(await good('T1'), [2, 0, 2])
  await story.later('1 min')
  await order('SC1', 'cancelled', [['T1', 3]])
  assert.deepEqual(await good('T1'), [5, 0, 5])
  await order('SC3', 'completed', [['T1', 1]])
  assert.deepEqual(await good('T1'), [4, 0, 4], 'told only when it was done')
})

test('of 200 who want one of ten at once, ten get one', async () => {
  await story.db.write((tx) => countGood(tx, { sku: 'HOT', onHand: 10, at: tx.now, source: 'test' }))
  const asks = Array.from({ length: 200 }, (_, n) =>
    story.db.write((tx) => allocate(tx, { id: `test:${n}:HOT`, sku: 'HOT', quantity: 1, source: 'test' })),
  )
  const counts: Record<string, number> = {}
  for (const result of await Promise.allSettled(asks)) {
    if (result.status === 'rejected' && !(result.reason instanceof AppError)) throw result.reason
    const name = result.status === 'fulfilled' ? 'done' : result.reason.why
    counts[name] = (counts[name] ?? 0) + 1
  }
  assert.deepEqual(counts, { done: 10, stock_short: 190 })
  assert.deepEqual(await good('HOT'), [10, 10, 0])
})

test('whatever happens at once: never more is promised than there is, and the movements come to the numbers', async () => {
  const dice = new Dice(20261123)
  for (const sku of ['A', 'B'])
    await story.db.write((tx) => countGood(tx, { sku, onHand: 30, at: tx.now, source: 'test' }))
  const work = Array.from({ length: 300 }, async () => {
    const sku = dice.pick(['A', 'B'])
    const id = `test:${dice.below(60)}:${sku}`
    const what = dice.pick(['take', 'take', 'sold', 'released', 'returned'] as const)
    const quantity = (Number(/\d+/.exec(id)?.[0]) % 4) + 1
    try {
      await story.db.write(async (tx) => {
        if (what === 'take') await allocate(tx, { id, sku, quantity, source: 'test' })
        else await endAllocation(tx, id, what, 'test')
      })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
    }
  })
  await Promise.all(work)
  const goods = await story.db.read((tx) => tx.find(StockGood, ''))
  const moves = await story.db.read((tx) => tx.find(StockMove, ''))
  for (const one of goods) {
    const sum = (...kinds: string[]) =>
      moves.reduce((all, { sku, kind, quantity }) => (sku === one.id && kinds.includes(kind) ? all + quantity : all), 0)
    assert.ok(one.saleable() >= 0, JSON.stringify(one))
    assert.equal(one.onHand, sum('adjustment', 'cancellation') - sum('sale'))
    assert.equal(one.allocated, sum('allocation') - sum('sale', 'release'))
  }
})

test('nobody is called back for what is gone, and is told that it is', async () => {
  await put('T1', 1)
  await happens(story, wang, 'cart.added', { sku: 'T1', items: 1 })
  await story.later('5 min')
  await shop.post('/stock/T1/allocations', { id: 'O9', quantity: 1 })
  await story.later('40 min')
  assert.deepEqual(texts(story), [], 'no recall to an empty shelf')
  assert.deepEqual(await outcomes(story, 'cart'), ['stopped'])
  assert.match(story.wang.inbox().at(-1) ?? '', /商品 T1已售罄/)
})

test('while something of the cart is left the recall goes on', async () => {
  await put('T1', 1)
  await put('T2', 5)
  await happens(story, wang, 'cart.changed', { items: 2, skus: ['T1', 'T2'] })
  await shop.post('/stock/T1/allocations', { id: 'O9', quantity: 1 })
  await story.later('31 min')
  assert.equal(texts(story).length, 1)
  assert.deepEqual(await outcomes(story, 'cart_gone'), [])
})
