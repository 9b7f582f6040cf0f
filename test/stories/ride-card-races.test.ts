import assert from 'node:assert/strict'
import { auditMoney } from '../../server/domain/payments/audit.ts'
import { Payment } from '../../server/domain/payments/payments.ts'
import { RideCard } from '../../server/domain/rides/card.ts'
import { buyCard, cardPaid } from '../../server/domain/rides/cards.ts'
import type { PaySheet } from '../../server/sandbox/wechatpay.ts'
import type { Customer, Story } from '../harness.ts'
import { SHARED } from '../racers.ts'
import { openRides } from '../rides.ts'
import { idOf } from '../rules.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const CARDS = 12

let story: Story
beforeEach(async () => {
  story = await openRides()
  for (const person of [story.wang, story.li]) await person.signIn()
})
afterEach(() => story.close())

const till = () => {
  const { wechatpay } = story.sandbox
  if (!wechatpay) throw new Error('this house has no till')
  return wechatpay
}

/** Buys so many cards and pays each on the phone; the house has not heard of it yet. */
async function paysFor(person: Customer, card: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const key = { 'Idempotency-Key': `${card}-${n}` }
    const bought = await person.call<{ payment: string }>('POST', '/api/ride-cards', { card }, key)
    const sheet = await person.call<PaySheet>('POST', `/api/payments/${bought.body.payment}/prepay`, {})
    assert.equal(sheet.status, 200, JSON.stringify(sheet.body))
    await till().pay(person.user.openid, sheet.body)
  }
}

/** So many cards of a person are good, one after the other. */
async function follow(person: string, card: string, count: number): Promise<void> {
  const tail = `WHERE customerId = ? AND card = ? AND state = 'active' ORDER BY startsAt, id`
  const found = await story.db.read((tx) => tx.find(RideCard, tail, [person, card]))
  assert.equal(found.length, count, `${person} ${card}`)
  for (const [n, { startsAt }] of found.entries())
    if (n > 0) assert.equal(startsAt, found[n - 1]?.endsAt, `the ${n + 1}. ${card} begins when the one before it ends`)
}

for (const told of [1, 2])
  test(`${CARDS} cards of one person whose payments are told of ${told === 1 ? 'once' : 'twice'} at one instant follow each other`, async () => {
    const { wang, li } = story
    const [her, him] = [await idOf(story, wang), await idOf(story, li)]
    till().faults.hold = true
    till().faults.notifyTwice = told - 1
    await paysFor(wang, 'month', CARDS)
    await paysFor(wang, 'quarter', 2)
    await paysFor(li, 'month', 2)
    await till().releaseAtOnce()
    // Who is told that it failed sends it again.
    while (till().notices.some(({ nextAt }) => nextAt !== null)) await story.later('20 s')
    await follow(her, 'month', CARDS)
    await follow(her, 'quarter', 2)
    await follow(him, 'month', 2)
    const payments = await story.db.read((tx) => tx.find(Payment, ''))
    assert.deepEqual(
      payments.filter(({ state, refunded }) => state !== 'paid' || refunded > 0),
      [],
      'all are kept',
    )
    assert.deepEqual(await auditMoney(story.db, true), [])
  })

// SQLite's only writer lets no second one look before the first has ended.
test('cards that were paid while the same card was the last one for each of them follow it one by one', {
  skip: SHARED,
}, async () => {
  const her = await idOf(story, story.wang)
  const buys = (key: string) => story.db.write((tx) => buyCard(tx, her, 'month', key))
  for (const [round, count] of [3, 3].entries()) {
    const cards: RideCard[] = []
    for (let n = 0; n < count; n++) cards.push(await buys(`${round}-${n}`))
    let looked = 0
    let go = () => {}
    const all = new Promise<void>((resolve) => {
      go = resolve
    })
    const paid = cards.map(({ id: subjectId }) => {
      let first = true
      return story.db.write(async (tx) => {
        // What a transaction of MySQL reads first is what it sees until its end.
        await tx.query('SELECT COUNT(*) FROM ride_cards')
        looked += first ? 1 : 0
        first = false
        if (looked === count) go()
        await all
        return cardPaid(tx, Object.assign(new Payment(), { subjectId }))
      })
    })
    assert.deepEqual(await Promise.all(paid), Array(count).fill('kept'))
    await follow(her, 'month', (round + 1) * count)
  }
})
