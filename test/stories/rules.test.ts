import assert from 'node:assert/strict'
import type { Story } from '../harness.ts'
import { deeds, happens, idOf, openRuleStory, runsOf } from '../rules.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

const CART = `
rule: cart
title: 购物车挽回
on: { event: cart.changed, where: { event.items: { $gt: 0 } } }
if: { customer.has_phone: true }
again: restart
stop_when: [{ event: order.paid }, { event: cart.changed, where: { event.items: 0 } }]
steps:
  - wait: 30 min
  - { do: notify_staff, to: { role: front_line }, or: front_line, title: 购物车, text: '有 {{event.items}} 件商品未付款' }
  - wait: 24 h
  - { do: notify_staff, to: { role: supervisor }, or: supervisor, title: 仍未付款, text: 请主管关注 }
`

test('an event sets a rule going; it waits, acts, waits again, and each act happens once', async () => {
  story = await openRuleStory({ cart: CART })
  const wang = await idOf(story, story.wang)
  await happens(story, wang, 'cart.changed', { items: 2 })
  assert.deepEqual(story.lin.lines(), [])
  await story.later('29 min')
  assert.deepEqual(story.lin.lines(), [])
  await story.restart()
  await story.later('1 min')
  assert.match(story.lin.lastLine(), /【购物车】有 2 件商品未付款\n客户：王\*\* 138\*\*\*\*/)
  await story.restart()
  await story.later('24 h')
  assert.match(story.zhou.lastLine(), /仍未付款/)
  assert.equal(story.lin.lines().length, 1)
  assert.deepEqual(await deeds(story, 'cart'), [
    'entered cart.changed',
    'waits',
    'woke',
    'done notify_staff',
    'waits',
    'woke',
    'done notify_staff',
    'over completed',
  ])
  const [run] = await runsOf(story, 'cart')
  assert.equal(run?.outcome, 'completed')
})
