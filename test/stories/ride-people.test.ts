import assert from 'node:assert/strict'
import { mergeCustomers, undoMerge } from '../../server/domain/customers/merge.ts'
import { RideCard } from '../../server/domain/rides/card.ts'
import { Ride } from '../../server/domain/rides/ride.ts'
import type { Story } from '../harness.ts'
import { current, locksOf, openRides, pays, ride, setDown, unlock } from '../rides.ts'
import { idOf } from '../rules.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
beforeEach(async () => {
  story = await openRides()
  await story.wang.signIn()
  await setDown(story, 'B1')
})
afterEach(() => story.close())

const by = { type: 'system' as const }
const rides = (customerId: string) =>
  story.db.read((tx) => tx.find(Ride, 'WHERE customerId = ? ORDER BY id', [customerId]))

test('two riders who turn out to be one keep their rides and cards, and both rides that go on', async () => {
  const { wang, li } = story
  const [one, other] = [await idOf(story, wang), await idOf(story, li)]
  await setDown(story, 'B2')
  await wang.call('POST', '/api/ride-cards', { card: 'month' })
  const [mine, theirs] = [await unlock(story, wang, 'B1'), await unlock(story, li, 'B2')]
  const merge = await story.db.write((tx) => mergeCustomers(tx, one, other, { by, why: 'test' }))
  assert.deepEqual(
    (await rides(one)).map(({ id, openFor }) => [id, openFor?.slice(0, 26)]),
    [
      [mine.body.id, one],
      [theirs.body.id, one],
    ],
  )
  await story.db.write((tx) => undoMerge(tx, merge.id, by))
  assert.deepEqual(
    (await rides(other)).map(({ id, openFor }) => [id, openFor]),
    [[theirs.body.id, other]],
  )
  await story.later('20 min')
  await locksOf(story).close('B2')
  assert.equal((await rides(other))[0]?.openFor, null)
  assert.equal((await current(wang))?.id, mine.body.id)
})

test('who asks to be erased pays first; then the books keep the ride, and nobody’s way through the city', async () => {
  const { wang } = story
  const id = await idOf(story, wang)
  const card = await wang.call<{ id: string }>('POST', '/api/ride-cards', { card: 'month' })
  await pays(story, { type: 'ride_card', id: card.body.id })
  await ride(story, wang, 'B1', '10 min')
  const due = await ride(story, wang, 'B1', '3 h')
  assert.equal(due.state, 'ended')
  const refused = await wang.call('POST', '/api/me/erase')
  assert.equal(refused.status, 409)
  const { body: why } = await wang.call<{ reasons: string[] }>('GET', '/api/me/erase')
  assert.ok(
    why.reasons.some((reason) => reason.includes(`骑行 ${due.number} 还没有支付`)),
    JSON.stringify(why),
  )
  await pays(story, { type: 'ride', id: due.id })
  assert.ok((await wang.call('POST', '/api/me/erase')).status < 300)
  await story.later('8 d')
  assert.deepEqual(await rides(id), [])
  const kept = await story.db.read((tx) => tx.find(Ride, 'ORDER BY id'))
  assert.deepEqual(
    kept.map(({ amount, lat, lng, zone }) => [amount, lat, lng, zone]),
    [
      [0, null, null, null],
      [due.amount, null, null, null],
    ],
  )
  const cards = await story.db.read((tx) => tx.find(RideCard, ''))
  assert.ok(cards.every((one) => one.customerId !== id && !one.buyKey?.includes(id)))
})
