import assert from 'node:assert/strict'
import { StockGood, StockMove } from '../../server/domain/stock/good.ts'
import { System } from '../api.ts'
import { openBusiness } from '../automations.ts'
import { Dice } from '../dice.ts'
import type { Story } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
let shop: System
beforeEach(async () => {
  ;({ story } = await openBusiness('mall'))
  shop = await System.of(story, '商城', ['stock:read', 'stock:write', 'orders:write'])
  const goods = ['A', 'B'].map((sku) => ({ sku, title: `商品 ${sku}`, on_hand: 20, counted_at: story.clock.now() }))
  await shop.post('/stock', { goods })
})
afterEach(async () => {
  await movesComeToNumbers()
  await story.close()
})

interface Version {
  status?: string
  items: Record<string, number>
  /** Minutes after the first one. */
  at: number
  refunds?: number[]
}
const PAID = 1000
const began = Date.parse('2026-11-20T10:00:00+08:00')

/** The shop tells a version of an order that was paid at once. */
async function tells(number: string, { status = 'paid', items, at, refunds = [] }: Version): Promise<void> {
  const { status: answered, body } = await shop.post('/orders', {
    ...{ number, status, total: PAID, customer: { phone: '13800001234' }, updated_at: began + at * 60_000 },
    items: Object.entries(items).map(([sku, quantity]) => ({ sku, name: sku, quantity, price: 100 })),
    payments: [{ id: 'P1', amount: PAID }],
    refunds: refunds.map((amount, n) => ({ id: `R${n}`, amount })),
  })
  assert.ok(answered < 300, JSON.stringify(body))
}

/** What lies in the house, and how much of it is promised. */
const good = async (sku: string) => {
  const { body } = await shop.get<{ good: { on_hand: number; allocated: number } }>(`/stock/${sku}`)
  return [body.good.on_hand, body.good.allocated]
}

async function movesComeToNumbers(): Promise<void> {
  const goods = await story.db.read((tx) => tx.find(StockGood, ''))
  const moves = await story.db.read((tx) => tx.find(StockMove, ''))
  for (const { id, onHand, allocated } of goods) {
    const sum = (...kinds: string[]) =>
      moves.reduce((all, { sku, kind, quantity }) => (sku === id && kinds.includes(kind) ? all + quantity : all), 0)
    assert.equal(onHand, sum('adjustment', 'cancellation') - sum('sale'), id)
    assert.equal(allocated, sum('allocation') - sum('sale', 'release'), id)
  }
}

test('an order that changes promises what it orders now; what is taken off it is free again, and can come back', async () => {
  await tells('C1', { items: { A: 5, B: 2 }, at: 0 })
  assert.deepEqual(
    [await good('A'), await good('B')],
    [
      [20, 5],
      [20, 2],
    ],
  )
  const less: Version = { items: { A: 3 }, at: 1 }
  for (let twice = 0; twice < 2; twice++) await tells('C1', less)
  assert.deepEqual(
    [await good('A'), await good('B')],
    [
      [20, 3],
      [20, 0],
    ],
  )
  await tells('C1', { items: { A: 3, B: 4 }, at: 2 })
  await tells('C1', less)
  assert.deepEqual(
    [await good('A'), await good('B')],
    [
      [20, 3],
      [20, 4],
    ],
    'an older version changes nothing',
  )
  await tells('C1', { status: 'completed', items: { A: 3, B: 4 }, at: 3 })
  assert.deepEqual(
    [await good('A'), await good('B')],
    [
      [17, 0],
      [16, 0],
    ],
  )
  await tells('C1', { status: 'completed', items: { A: 2, B: 4 }, at: 4 })
  assert.deepEqual(await good('A'), [18, 0], 'one fewer was sold than was told')
})

test('who is paid back before it left gets nothing: it is free again, once; money alone brings nothing back', async () => {
  await tells('R1', { items: { A: 4 }, at: 0 })
  const back = (number: string, id: string, amount: number) => shop.post(`/orders/${number}/refunds`, { id, amount })
  assert.ok((await back('R1', 'R1', 400)).status < 300)
  assert.deepEqual(await good('A'), [20, 4], 'a part of the money says nothing of the goods')
  for (let twice = 0; twice < 2; twice++) assert.ok((await back('R1', 'R2', 600)).status < 300)
  assert.deepEqual(await good('A'), [20, 0])
  await tells('R1', { status: 'cancelled', items: { A: 4 }, at: 5 })
  await tells('R1', { items: { A: 4 }, at: 6 })
  assert.deepEqual(await good('A'), [20, 0], 'what was given back is given back once')
  await tells('R3', { items: { A: 4 }, at: 0 })
  for (let twice = 0; twice < 2; twice++) await tells('R3', { status: 'cancelled', items: { A: 4 }, at: 1 })
  assert.deepEqual(await good('A'), [20, 0])

  await tells('R2', { status: 'completed', items: { A: 3 }, at: 0 })
  assert.ok((await back('R2', 'R3', PAID)).status < 300)
  assert.deepEqual(await good('A'), [17, 0], 'it lies with the customer')
  await tells('R2', { status: 'cancelled', items: { A: 3 }, at: 1 })
  assert.deepEqual(await good('A'), [20, 0])
})

test('what another system has had promised and sold by itself is not promised again by its order', async () => {
  await shop.post('/stock/A/allocations', { id: 'O1', quantity: 2 })
  await tells('O1', { items: { A: 2 }, at: 0 })
  assert.deepEqual(await good('A'), [20, 2])
  await shop.post('/stock/A/allocations/O1/sale', {})
  await tells('O1', { items: { A: 2 }, at: 1 })
  assert.deepEqual(await good('A'), [18, 0])
  await tells('O1', { status: 'completed', items: { A: 2 }, at: 2 })
  assert.deepEqual(await good('A'), [18, 0])
})

test('what another system gives back by itself its order does not take again', async () => {
  await shop.post('/stock/A/allocations', { id: 'O2', quantity: 2 })
  await tells('O2', { items: { A: 2 }, at: 0 })
  await shop.post('/stock/A/allocations/O2/release', {})
  await tells('O2', { items: { A: 3 }, at: 1 })
  assert.deepEqual(await good('A'), [20, 0])
})

test('in whatever order versions come, and told twice, they come to the same', async () => {
  const dice = new Dice(20261129)
  const ends: [string, Version, number[]][] = [
    ['cancelled', { status: 'cancelled', items: { A: 1, B: 1 }, at: 9 }, [0, 0]],
    ['refunded', { items: { A: 1 }, at: 9, refunds: [PAID] }, [0, 0]],
    ['completed', { status: 'completed', items: { A: 1 }, at: 9 }, [1, 0]],
    ['open', { items: { A: 6 }, at: 9 }, [0, 6]],
  ]
  let [sold, promised] = [0, 0]
  for (const [name, last, [out = 0, kept = 0]] of ends)
    for (let round = 0; round < 6; round++) {
      const versions: Version[] = [
        { items: { A: 3 }, at: 0 },
        { items: { A: 2, B: 5 }, at: 3 },
        { status: 'cancelled', items: { B: 1 }, at: 6 },
        last,
      ]
      const told = [...versions, dice.pick(versions), last]
      for (let from = told.length - 1; from > 0; from--) {
        const to = dice.below(from + 1)
        const [one, other] = [told[from], told[to]] as [Version, Version]
        told[from] = other
        told[to] = one
      }
      for (const version of told) await tells(`${name}${round}`, version)
      sold += out
      promised += kept
      const order = told.map(({ at }) => at).join()
      assert.deepEqual(
        [await good('A'), await good('B')],
        [
          [20 - sold, promised],
          [20, 0],
        ],
        `${name}: ${order}`,
      )
    }
})
