import assert from 'node:assert/strict'
import { mergeCustomers } from '../../server/domain/customers/merge.ts'
import { SYSTEM } from '../../server/engines/events/events.ts'
import { HOUR } from '../../server/lib/clock.ts'
import { System } from '../api.ts'
import type { Story } from '../harness.ts'
import { deeds, openRuleStory } from '../rules.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

/** Somebody orders a lot and does not pay: staff are told, unless the money comes. */
const UNPAID = `
rule: unpaid
title: 大单未付
on: { event: order.placed, where: { event.amount: { $gte: 50000 } } }
key: order
stop_when: [{ event: order.paid }, { event: order.cancelled }]
steps:
  - wait: 2 h
  - branch:
      - if: { order.status: placed, order.total: { $gte: 50000 } }
        then: [{ do: add_tag, tag: 大单未付 }]
`

let story: Story
let mall: System
beforeEach(async () => {
  story = await openRuleStory({ unpaid: UNPAID })
  mall = await System.of(story, '商城', ['orders:write', 'orders:read', 'customers:read', 'events:write'])
})
afterEach(() => story.close())

const order = (number: string, more: Record<string, unknown> = {}) =>
  mall.post<{ order: { customer: string } }>('/orders', {
    number,
    customer: { member: `M-${number}` },
    total: 60_000,
    placed_at: story.clock.now(),
    updated_at: story.clock.now(),
    ...more,
  })
const tagsOf = async (number: string) => {
  const { body } = await mall.get<{ customers: { tags: string[] }[] }>(`/customers?member=M-${number}`)
  return body.customers.flatMap(({ tags }) => tags)
}

test('rules hear of orders from outside, ask the order itself, and stop when it is paid', async () => {
  await order('A')
  await order('B')
  await order('C', { total: 100 })
  await story.settle()
  await story.later('1 h')
  await mall.post('/orders/B/payments', { id: 'P1', amount: 60_000 })
  await story.settle()
  await story.later('2 h')
  assert.deepEqual([await tagsOf('A'), await tagsOf('B'), await tagsOf('C')], [['大单未付'], [], []])
  assert.equal((await deeds(story, 'unpaid')).filter((one) => one.includes('add_tag')).length, 1)
})

test('orders go with the customer who turns out to be another, and later versions find them there', async () => {
  const a = (await order('A', { status: 'paid' })).body.order.customer
  const b = (await order('B', { status: 'paid' })).body.order.customer
  await story.settle()
  await story.db.write((tx) => mergeCustomers(tx, a, b, { by: SYSTEM, why: 'test' }))
  await story.settle()
  story.clock.advance(HOUR)
  const later = await order('B', { customer: undefined, status: 'completed' })
  assert.equal(later.body.order.customer, a)
  await story.settle()
  const { body } = await mall.get<{ customer: { facts: Record<string, number> } }>(`/customers/${b}`)
  assert.deepEqual([body.customer.facts.orders, body.customer.facts.spent_fen], [2, 120_000])
  assert.deepEqual((await mall.get<{ orders: unknown[] }>(`/orders?customer=${a}`)).body.orders.length, 2)
})
