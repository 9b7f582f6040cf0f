import assert from 'node:assert/strict'
import { coupons, laterWithRestart, openBusiness, outcomes, texts } from '../automations.ts'
import { onEachChat, type Story } from '../harness.ts'
import { deeds, happens, idOf } from '../rules.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
let wang: string
afterEach(() => story.close())

const JINGAN = { lat: 31.2239, lng: 121.4472 }
/** Some 200 metres west of the zone's border, and far away. */
const BESIDE = { lat: 31.2239, lng: 121.4279 }
const FAR = { lat: 31.1, lng: 121.3 }

onEachChat((open) => {
  test('thirty days without a ride: a coupon and a caring SMS, a week later a call, and a loss is kept', async () => {
    ;({ story, wang } = await openBusiness('bike-share', {}, open))
    const { lin } = story
    await happens(story, wang, 'ride.ended', { ride: 'B1' })
    await laterWithRestart(story, '10 d', '19 d')
    assert.deepEqual(texts(story), [])
    await laterWithRestart(story, '12 h', '13 h')
    assert.equal(texts(story).length, 1)
    assert.match(texts(story)[0] ?? '', /好久不见.*￥5骑行券/)
    assert.deepEqual(await coupons(story.wang), ['欢迎回来 ￥5'])
    await laterWithRestart(story, '3 d', '3 d')
    assert.doesNotMatch(lin.read(), /久未骑行/)
    await story.later('1 d')
    assert.match(JSON.stringify(lin.card('久未骑行的用户')), /提醒账户里有一张骑行券/)
    await story.restart()
    await lin.press('久未骑行的用户', 'lost')
    await lin.says('搬走了')
    assert.deepEqual(await outcomes(story, 'no_ride'), ['completed'])
  })
})

test('a card that has run out is cared for as well; whoever rides again is left alone', async () => {
  ;({ story, wang } = await openBusiness('bike-share'))
  const li = await idOf(story, story.li)
  const ends = story.clock.now() + 3 * 86_400_000
  for (const id of [wang, li]) await happens(story, id, 'pass.bought', { pass: 'month', ends_at: ends })
  await laterWithRestart(story, '1 d', '1 d')
  assert.deepEqual([...texts(story), ...texts(story, story.li.user.phone)], [])
  await happens(story, li, 'pass.bought', { pass: 'month', ends_at: ends + 30 * 86_400_000 })
  await story.later('25 h')
  assert.equal(texts(story).length, 1, (await deeds(story, 'no_ride')).join())
  assert.deepEqual(texts(story, story.li.user.phone), [], 'a new card has moved the date')
  await story.later('2 d')
  await happens(story, wang, 'ride.ended', { ride: 'B2' })
  await story.restart()
  await story.later('10 d')
  assert.deepEqual(await outcomes(story, 'no_ride'), ['stopped'])
  assert.doesNotMatch(story.lin.read(), /久未骑行/)
})

test('riders in a zone or near to it get a coupon the next morning; those far away do not', async () => {
  ;({ story, wang } = await openBusiness('bike-share'))
  const li = await idOf(story, story.li)
  await happens(story, wang, 'ride.ended', { ride: 'B1', place: BESIDE })
  await happens(story, li, 'ride.ended', { ride: 'B2', place: FAR })
  await happens(story, li, 'ride.ended', { ride: 'B3' })
  await laterWithRestart(story, '10 h', '12 h')
  assert.deepEqual(await coupons(story.wang), [])
  await story.later('2 h')
  assert.deepEqual(await coupons(story.wang), ['静安骑行券 ￥2'])
  assert.match(story.wang.inbox().at(-1) ?? '', /送您一张￥2静安骑行券/)
  assert.deepEqual(await coupons(story.li), [])
  await happens(story, li, 'ride.ended', { ride: 'B4', place: JINGAN })
  await story.restart()
  await happens(story, li, 'coupon.claimed', { coupon: 'first_ride', given: false })
  await story.later('2 d')
  assert.deepEqual(await outcomes(story, 'near_zone'), ['completed', 'stopped'])
})
