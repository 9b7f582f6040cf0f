import assert from 'node:assert/strict'
import { book } from '../../server/domain/segments/book.ts'
import { factsOf } from '../../server/domain/segments/facts.ts'
import { recordAll } from '../../server/engines/events/events.ts'
import { DAY } from '../../server/lib/clock.ts'
import { openStory, type Story } from '../harness.ts'
import { after, before, describe, test } from '../suite.ts'

/** Something that happened to a customer: so many days ago, so often. */
type Past = [daysAgo: number, name: string, data?: Record<string, unknown>, times?: number]

interface Life {
  name: string
  past: Past[]
  stage: string
  /** All segments in which it ends. */
  segments: string[]
}

const paid = (daysAgo: number, yuan: number, times = 1): Past => [daysAgo, 'order.paid', { amount: yuan * 100 }, times]
const joined = (daysAgo: number): Past => [daysAgo, 'customer.registered']

/** For each pack lives that lead through all its stages and segments. */
const LIVES: Record<string, Life[]> = {
  'service-desk': [
    { name: '今天注册', past: [joined(0)], stage: 'registered', segments: ['active_customer', 'new_customer'] },
    {
      name: '一周后生日，投诉多',
      past: [
        joined(50),
        [5, 'customer.profiled', { birthday: '1990-11-30' }],
        [4, 'ticket.opened', { kind: 'complaint' }, 3],
        [3, 'ticket.rated', { csat: 1 }],
      ],
      stage: 'regular',
      segments: ['active_customer', 'birthday_soon', 'frequent_complaints', 'unhappy'],
    },
    {
      name: '下过一单，25 天没来',
      past: [joined(60), paid(25, 100)],
      stage: 'activated',
      segments: ['active_customer', 'at_risk'],
    },
    {
      name: '大客户两个月没来',
      past: [joined(400), paid(100, 3000), paid(70, 3000)],
      stage: 'at_risk',
      segments: ['dormant_30', 'dormant_60_high_value', 'high_value'],
    },
    { name: '半年没来', past: [joined(300), paid(200, 10)], stage: 'lost', segments: ['dormant_30', 'lost'] },
    {
      name: '走了又回来',
      past: [joined(400), paid(300, 10), paid(1, 10)],
      stage: 'won_back',
      segments: ['active_customer'],
    },
  ],
  'bike-share': [
    { name: '今天注册', past: [joined(0)], stage: 'registered', segments: ['new_rider'] },
    { name: '注册后没骑过', past: [joined(9)], stage: 'registered', segments: ['never_rode_7'] },
    {
      name: '天天骑',
      past: [joined(100), [1, 'ride.ended', {}, 40], paid(2, 300)],
      stage: 'regular',
      segments: ['active_rider', 'high_value_rider'],
    },
    {
      name: '骑得少了',
      past: [joined(100), [20, 'ride.ended', {}, 6]],
      stage: 'activated',
      segments: ['rider_at_risk'],
    },
    { name: '一个月没骑', past: [joined(100), [40, 'ride.ended', {}, 3]], stage: 'at_risk', segments: ['no_ride_30'] },
    {
      name: '三个月没骑',
      past: [joined(300), [95, 'ride.ended']],
      stage: 'lost',
      segments: ['no_ride_30', 'rider_lost'],
    },
    { name: '又骑了', past: [joined(300), [200, 'ride.ended'], [2, 'ride.ended']], stage: 'won_back', segments: [] },
    {
      name: '常报修',
      past: [joined(100), [3, 'ride.ended'], [30, 'fault.confirmed', {}, 3]],
      stage: 'activated',
      segments: ['heavy_reporter'],
    },
    {
      name: '从前常报修',
      past: [joined(300), [3, 'ride.ended'], [100, 'fault.confirmed', {}, 3]],
      stage: 'activated',
      segments: [],
    },
  ],
  'car-rental': [
    { name: '今天注册', past: [joined(0)], stage: 'registered', segments: [] },
    {
      name: '常租 SUV，带一家人',
      past: [
        joined(200),
        paid(50, 3000, 3),
        [49, 'rental.returned', { class: 'suv', seats: 7, days: 3 }, 2],
        [20, 'rental.returned', { class: 'sedan', seats: 5, days: 40 }],
      ],
      stage: 'regular',
      segments: ['family_trips', 'high_value_renter', 'long_term_renter', 'prefers_suv'],
    },
    {
      name: '大客户两个月没租',
      past: [joined(400), paid(100, 5000), paid(70, 5000)],
      stage: 'activated',
      segments: ['dormant_60_value_renter', 'high_value_renter'],
    },
    { name: '四个月没租', past: [joined(400), paid(130, 100)], stage: 'at_risk', segments: [] },
    { name: '一年没租', past: [joined(500), paid(400, 100)], stage: 'lost', segments: [] },
    { name: '走了又回来', past: [joined(600), paid(500, 100), paid(2, 100)], stage: 'won_back', segments: [] },
  ],
  mall: [
    { name: '注册没下单', past: [joined(8)], stage: 'registered', segments: ['registered_no_order_7'] },
    {
      name: '新买家，潜力大',
      past: [joined(40), paid(5, 300)],
      stage: 'activated',
      segments: ['new_buyer', 'potential_buyer'],
    },
    {
      name: '老主顾',
      past: [joined(400), paid(50, 600, 3), paid(20, 600), [10, 'coupon.used', {}, 3]],
      stage: 'regular',
      segments: ['active_buyer', 'high_value_buyer', 'price_sensitive'],
    },
    {
      name: '看了又看',
      past: [joined(400), paid(200, 10), paid(9, 10), [1, 'page.viewed', {}, 5], [1, 'cart.changed']],
      stage: 'won_back',
      segments: ['active_buyer', 'high_intent'],
    },
    {
      name: '大买家两个月没来',
      past: [joined(400), paid(70, 500, 5)],
      stage: 'regular',
      segments: ['high_value_buyer', 'dormant_60_value_buyer'],
    },
    { name: '三个月没来', past: [joined(400), paid(100, 10)], stage: 'at_risk', segments: ['buyer_at_risk'] },
    {
      name: '半年没来，退货多',
      past: [joined(400), paid(190, 10), [170, 'ticket.opened', { kind: 'return_exchange' }, 3]],
      stage: 'lost',
      segments: ['buyer_lost', 'often_returns'],
    },
  ],
}

for (const [pack, lives] of Object.entries(LIVES)) {
  describe(pack, () => {
    let story: Story
    before(async () => {
      story = await openStory({ env: { PACKS: pack } })
    })
    after(() => story.close())

    test('lives lead to the stages and segments that one would expect', async () => {
      const idOf = (life: number) => `C${String(life).padStart(25, '0')}`
      await story.db.write((tx) =>
        recordAll(
          tx,
          lives.flatMap(({ past }, life) =>
            past.flatMap(([daysAgo, name, data = {}, times = 1]) =>
              Array.from({ length: times }, (_, n) => ({
                name,
                by: { type: 'customer', id: idOf(life) },
                subject: { type: 'customer', id: idOf(life) },
                customerId: idOf(life),
                data,
                at: tx.now - daysAgo * DAY - n,
              })),
            ),
          ),
        ),
      )
      await story.settle()
      for (const [life, { name, stage, segments }] of lives.entries()) {
        const facts = await story.db.read((tx) => factsOf(tx, idOf(life)))
        assert.deepEqual(facts.segments, [...segments].sort(), name)
        assert.equal(facts.stage, stage, name)
      }
      // Nothing in the pack that nobody can reach.
      const reached = new Set(lives.flatMap((life) => [`stage ${life.stage}`, ...life.segments]))
      const { segments = [], stages = [] } = book() ?? {}
      const all = [...segments.map(({ segment }) => segment), ...stages.map(({ stage }) => `stage ${stage}`)]
      assert.deepEqual(
        all.filter((one) => !reached.has(one)),
        [],
      )
    })
  })
}
