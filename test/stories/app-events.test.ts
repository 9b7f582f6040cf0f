import assert from 'node:assert/strict'
import { Event } from '../../server/engines/events/event.ts'
import { DAY } from '../../server/lib/clock.ts'
import { System } from '../api.ts'
import { openStory, type Story } from '../harness.ts'
import { idOf } from '../rules.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
beforeEach(async () => {
  story = await openStory()
})
afterEach(() => story.close())

const DEVICE = 'abcdefghij0123456789'
const seen = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  name: 'page.viewed',
  at: story.clock.now() - 60_000,
  data: { page: 'home', dwell_ms: 4_000 },
  ...more,
})
const report = (events: unknown[], device = DEVICE) =>
  story.wang.call<{ accepted: number; dropped: number }>('POST', '/api/events', { device, events })
const views = () => story.db.read((tx) => tx.find(Event, `WHERE name = 'page.viewed' ORDER BY id`))

test('what was looked at before signing in is the customer’s once they sign in, each look once', async () => {
  assert.deepEqual((await report([seen('1'), seen('2')])).body, { accepted: 2, dropped: 0 })
  const wang = await idOf(story, story.wang)
  assert.deepEqual((await report([seen('2'), seen('3')])).body, { accepted: 1, dropped: 0 })
  assert.equal((await views()).length, 3)
  await story.settle()
  const mall = await System.of(story, '商城', ['customers:read'])
  const { body } = await mall.get<{ customers: { id: string; facts: { last_seen_at: number } }[] }>(
    `/customers?device=${DEVICE}`,
  )
  assert.deepEqual(
    body.customers.map(({ id }) => id),
    [wang],
  )
  assert.equal((await mall.get<{ customers: unknown[] }>('/customers')).body.customers.length, 1, 'nobody else is left')
})

test('a phone cannot tell what counts for something, nor what is long past; the rest is taken', async () => {
  const { status, body } = await report([
    seen('1'),
    seen('2', { name: 'ride.ended' }),
    seen('3', { name: 'order.paid' }),
    seen('4', { name: 'ticket.opened' }),
    seen('5', { at: story.clock.now() - 31 * DAY }),
    seen('6', { at: undefined }),
    seen('7', { name: 'search.made', data: { words: '七座' } }),
    'nothing',
  ])
  assert.deepEqual([status, body], [200, { accepted: 2, dropped: 6 }])
  assert.equal((await report([seen('1')], 'short')).status, 422)
  assert.equal((await report([])).status, 422)
  assert.equal((await report(Array(101).fill(seen('1')))).status, 422)
})

test('two phones count apart, and an ended session is told so', async () => {
  await story.wang.signIn()
  await report([seen('1')])
  await report([seen('1')], 'another0device0123456')
  assert.equal((await views()).length, 2)
  const response = await fetch(`${story.running.url}/api/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${'x'.repeat(43)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ device: DEVICE, events: [seen('9')] }),
  })
  assert.equal(response.status, 401)
})
