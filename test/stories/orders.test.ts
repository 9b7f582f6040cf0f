import assert from 'node:assert/strict'
import { Event } from '../../server/engines/events/event.ts'
import { HOUR, MINUTE } from '../../server/lib/clock.ts'
import { type Refusal, System } from '../api.ts'
import { Dice } from '../dice.ts'
import { openStory, type Story } from '../harness.ts'
import { afterEach, beforeEach, describe, test } from '../suite.ts'

let story: Story
let mall: System
let now: number
beforeEach(async () => {
  story = await openStory()
  now = story.clock.now()
  mall = await System.of(story, '商城', ['orders:write', 'orders:read', 'customers:read'])
})
afterEach(() => story.close())

interface Look {
  id: string
  number: string
  customer: string
  status: string
  total: number
  paid: number
  refunded: number
  title: string | null
  paid_at: number | null
  payments: { id: string; amount: number }[]
  refunds: unknown[]
}
interface Put {
  outcome: string
  order: Look
}

const order = (more: Record<string, unknown> = {}) => ({
  number: 'SC1',
  customer: { phone: '13800001234' },
  total: 10_000,
  placed_at: now - HOUR,
  updated_at: now - HOUR,
  ...more,
})
const put = (more: Record<string, unknown> = {}) => mall.post<Put>('/orders', order(more))
const told = async (subjectId: string) => {
  const rows = await story.db.read((tx) => tx.find(Event, 'WHERE subjectId = ? ORDER BY at, name', [subjectId]))
  return rows.map(({ name, data }) => `${name} ${data.amount}`)
}
const factsOf = async (id: string) => {
  await story.settle()
  const { body } = await mall.get<{ customer: { facts: Record<string, unknown> } }>(`/customers/${id}`)
  return body.customer.facts
}

test('an order goes from placed to paid to refunded, and each thing is told once', async () => {
  const placed = await put({ items: [{ sku: 'SUV', name: '七座 SUV', quantity: 1, price: 10_000 }] })
  assert.deepEqual([placed.status, placed.body.outcome, placed.body.order.status], [200, 'created', 'placed'])
  const { id, customer } = placed.body.order
  const pay = { id: 'P1', amount: 4_000, at: now - 40 * MINUTE, method: 'wechat' }
  const some = await mall.post<{ order: Look }>('/orders/SC1/payments', pay)
  assert.deepEqual([some.body.order.status, some.body.order.paid], ['placed', 4_000])
  await mall.post('/orders/SC1/payments', pay)
  const all = await mall.post<{ order: Look }>('/orders/SC1/payments', {
    id: 'P2',
    amount: 6_000,
    at: now - 30 * MINUTE,
  })
  assert.deepEqual([all.body.order.status, all.body.order.paid_at], ['paid', now - 30 * MINUTE])
  const refund = await mall.post<{ order: Look }>('/orders/SC1/refunds', {
    id: 'R1',
    amount: 2_500,
    at: now - 5 * MINUTE,
  })
  assert.deepEqual([refund.body.order.status, refund.body.order.refunded], ['partly_refunded', 2_500])
  const rest = await mall.post<{ order: Look }>('/orders/SC1/refunds', { id: 'R2', amount: 7_500, at: now })
  assert.equal(rest.body.order.status, 'refunded')
  assert.deepEqual(await told(id), [
    'order.placed 10000',
    'payment.received 4000',
    'order.paid 10000',
    'payment.received 6000',
    'refund.made 2500',
    'refund.made 7500',
  ])
  assert.deepEqual(await mall.get<{ order: Look }>('/orders/SC1').then(({ body }) => body.order.payments.length), 2)
  const facts = await factsOf(customer)
  assert.deepEqual([facts.orders, facts.spent_fen, facts.last_order_at], [1, 0, now - 30 * MINUTE])
})

test('no more goes back than was paid, and no payment changes its amount', async () => {
  await put({ payments: [{ id: 'P1', amount: 10_000 }] })
  const much = await mall.post<Refusal>('/orders/SC1/refunds', { id: 'R1', amount: 10_001 })
  assert.deepEqual([much.status, much.body.error.field], [422, 'refunds'])
  assert.match(much.body.error.message, /已付 ￥100/)
  const other = await mall.post('/orders/SC1/payments', { id: 'P1', amount: 9_000 })
  assert.equal(other.status, 409)
  const races = await Promise.all(
    Array.from({ length: 10 }, (_, i) => mall.post('/orders/SC1/refunds', { id: `X${i}`, amount: 3_000 })),
  )
  assert.equal(races.filter(({ status }) => status === 200).length, 3)
  const { body } = await mall.get<{ order: Look }>('/orders/SC1')
  assert.deepEqual([body.order.refunded, body.order.refunds.length], [9_000, 3])
  assert.equal((await mall.post('/orders/none/payments', { id: 'P', amount: 1 })).status, 404)
})

test('an older version never takes the place of a newer one, but what it says happened', async () => {
  const done = await put({ status: 'completed', title: '新', updated_at: now - 10 * MINUTE })
  const { id } = done.body.order
  const old = await put({ status: 'paid', title: '旧', updated_at: now - 50 * MINUTE, customer: undefined })
  assert.deepEqual([old.body.order.title, old.body.order.status, old.body.order.paid], ['新', 'completed', 10_000])
  const same = await put({ status: 'completed', title: '别的', updated_at: now - 10 * MINUTE })
  assert.deepEqual([same.body.outcome, same.body.order.title], ['known', '新'])
  assert.deepEqual(await told(id), ['order.placed 10000', 'order.paid 10000', 'order.completed 10000'])
  const [paid] = await story.db.read((tx) => tx.find(Event, `WHERE subjectId = ? AND name = 'order.paid'`, [id]))
  assert.equal(paid?.at, now - 50 * MINUTE)
})

test('whatever arrives in whatever order, the order and what is known of the customer are the same', async () => {
  const versions = [
    order({ updated_at: now - 60 * MINUTE }),
    order({ status: 'paid', updated_at: now - 50 * MINUTE }),
    order({ status: 'paid', updated_at: now - 40 * MINUTE, title: '改签' }),
    order({ status: 'completed', updated_at: now - 30 * MINUTE, title: '改签' }),
    order({ updated_at: now - 45 * MINUTE, payments: [{ id: 'P1', amount: 10_000, at: now - 52 * MINUTE }] }),
    order({
      updated_at: now - 20 * MINUTE,
      status: 'completed',
      title: '终',
      payments: [{ id: 'P1', amount: 10_000, at: now - 52 * MINUTE }],
      refunds: [{ id: 'R1', amount: 700, at: now - 21 * MINUTE }],
    }),
  ]
  const dice = new Dice(11)
  const ends: unknown[] = []
  for (let round = 0; round < 8; round++) {
    const mixed = [...versions]
    for (let i = mixed.length - 1; i > 0; i--) {
      const j = dice.below(i + 1)
      ;[mixed[i], mixed[j]] = [mixed[j] as never, mixed[i] as never]
    }
    let look: Look | undefined
    for (const version of mixed) {
      const { status, body } = await mall.post<Put>('/orders', {
        ...version,
        number: `R${round}`,
        customer: { phone: `1380000${1000 + round}` },
      })
      assert.equal(status, 200)
      look = body.order
    }
    if (!look) continue
    const facts = await factsOf(look.customer)
    const { status, paid, refunded, title, payments, refunds } = look
    ends.push({
      status,
      paid,
      refunded,
      title,
      payments,
      refunds,
      spent: facts.spent_fen,
      orders: facts.orders,
      told: (await told(look.id)).toSorted(),
    })
  }
  for (const end of ends) assert.deepEqual(end, ends[0])
  assert.deepEqual(
    [(ends[0] as { spent: number }).spent, (ends[0] as { status: string }).status],
    [9_300, 'partly_refunded'],
  )
})

test('what is wrong with an order is named, and nothing of it is kept', async () => {
  const refused = async (body: unknown) => {
    const { status, body: answer } = await mall.post<Refusal>('/orders', body)
    return `${status} ${answer.error.field}`
  }
  assert.equal(await refused(order({ total: -1 })), '422 total')
  assert.equal(await refused(order({ total: 1.5 })), '422 total')
  assert.equal(await refused(order({ status: 'refunded' })), '422 status')
  assert.equal(await refused(order({ updated_at: undefined })), '422 updated_at')
  assert.equal(await refused(order({ updated_at: now + HOUR })), '422 updated_at')
  assert.equal(await refused(order({ customer: undefined })), '422 customer')
  assert.equal(await refused(order({ number: 'a b' })), '422 number')
  assert.equal(await refused(order({ items: [{ sku: 'x' }] })), '422 items.0.name')
  assert.equal(
    await refused(order({ payments: [{ id: 'P', amount: 5 }], refunds: [{ id: 'R', amount: 6 }] })),
    '422 refunds',
  )
  const rows = await story.db.read((tx) => tx.query('SELECT id FROM orders UNION ALL SELECT id FROM order_moves'))
  assert.deepEqual(rows, [])
})

test('staff find the customer by the number of an order, and by the order of another system', async () => {
  await story.wang.signIn()
  const phone = story.wang.user.phone
  const { body } = await put({ number: 'SC-20261123-77', customer: { phone } })
  assert.equal(
    body.order.customer,
    (await story.wang.call<{ customer: { id: string } }>('GET', '/api/me')).body.customer.id,
  )
  await story.settle()
  await story.zhou.says('客户 SC-20261123-77')
  assert.match(story.zhou.read(), /小梅|晓梅|王\*/)
  const list = await mall.get<{ orders: Look[] }>(`/orders?customer=${body.order.customer}`)
  assert.deepEqual(
    list.body.orders.map(({ number }) => number),
    ['SC-20261123-77'],
  )
})

describe('papers', () => {
  test('quotes, contracts, invoices and returns come in one shape and are told', async () => {
    const base = { customer: { member: 'M-5' }, amount: 88_000, updated_at: now - HOUR }
    const put = (kind: string, more: Record<string, unknown>) =>
      mall.post<{ outcome: string; paper: { id: string; status: string; order: string | null } }>(`/${kind}`, {
        number: 'N1',
        ...base,
        ...more,
      })
    const quote = await put('quotes', { status: 'sent' })
    const contract = await put('contracts', { status: 'signed', updated_at: now, ends_at: now + 365 * 24 * HOUR })
    const older = await put('contracts', { status: 'sent', updated_at: now - HOUR })
    const invoice = await put('invoices', { status: 'issued', order: 'SC1' })
    const back = await put('returns', { status: 'requested', order: 'SC1' })
    assert.deepEqual(
      [quote, contract, older, invoice, back].map(({ status, body }) => [status, body.outcome, body.paper.status]),
      [
        [200, 'created', 'sent'],
        [200, 'created', 'signed'],
        [200, 'known', 'signed'],
        [200, 'created', 'issued'],
        [200, 'created', 'requested'],
      ],
    )
    assert.deepEqual(await told(contract.body.paper.id), ['contract.sent 88000', 'contract.signed 88000'])
    assert.deepEqual(await told(back.body.paper.id), ['return.requested 88000'])
    const read = await mall.get<{ paper: { order: string } }>('/invoices/N1')
    assert.equal(read.body.paper.order, 'SC1')
    assert.equal((await put('invoices', { status: 'sent' })).status, 422)
    assert.equal((await mall.get('/quotes/N2')).status, 404)
  })
})
