import { WECOM_LIMITS } from '../../bot/limits.ts'
import { channelOf } from '../../server/engines/messages/channel.ts'
import { deliverDue, nextDelivery } from '../../server/engines/messages/deliver.ts'
import { enqueueAll } from '../../server/engines/messages/outbox.ts'
import { MINUTE } from '../../server/lib/clock.ts'
import { soonest } from '../../server/lib/due.ts'
import { openStory, type Story } from '../harness.ts'
import { copyId, fill, patternOf } from './crowd.ts'
import { welcome } from './ground.ts'
import { rowOf, timed } from './measure.ts'
import type { BenchRow } from './row.ts'

const CARDS = 2_000
const PEOPLE = 500
/** What WeCom allows to one member, and by one API of a company (PLATFORMS.md §1.9). */
const MEMBER_PER_MINUTE = 30
const CALLS_PER_MINUTE = 10_000
/** In the uneven case so many people get so many cards each; the others share the rest. */
const GREEDY = 10
const GREEDY_CARDS = 110
/** 1.1 times the time that the limits allow. */
const GOAL = 1 / 1.1

/**
 * 2,000 task cards to 500 people against WeCom's stand-in. Even: four each, all at once, told by the machine's own
 * time. Uneven: ten people get 110 each and theirs were put in first, told by a clock that is moved from one place to
 * the next (a standing clock: calls take no time on it).
 */
export async function fanout(): Promise<BenchRow[]> {
  const even = await crowded((n) => n % PEOPLE)
  const ms = await timed(() => deliverDue(even.db))
  const evenDropped = finish(even)
  await even.close()

  const uneven = await crowded((n) => {
    const rest = n - GREEDY * GREEDY_CARDS
    return rest < 0 ? Math.floor(n / GREEDY_CARDS) : GREEDY + (rest % (PEOPLE - GREEDY))
  })
  const clockMs = await drive(uneven)
  const order = uneven.wecom.sent.map(({ to }) => to)
  const unevenDropped = finish(uneven)
  await uneven.close()

  const allowedMs = (CARDS / CALLS_PER_MINUTE) * MINUTE
  const slowestMs = (GREEDY_CARDS / MEMBER_PER_MINUTE) * MINUTE
  const seen = new Set<string>()
  const lastFirst = order.findIndex((to) => seen.add(to).size === PEOPLE) + 1
  return [
    rowOf('fan-out of 2,000 cards, 4 each: time allowed to time taken', allowedMs / ms, GOAL, {
      's taken': ms / 1000,
      's allowed': allowedMs / 1000,
      dropped: evenDropped,
    }),
    rowOf('fan-out of 2,000 cards, uneven: time allowed to time taken', slowestMs / clockMs, GOAL, {
      's taken on the clock': clockMs / 1000,
      's allowed': slowestMs / 1000,
      dropped: unevenDropped,
    }),
    // One card each before anybody gets a second, though those of the greedy were put in first.
    rowOf('fan-out order: 500 people told with so many cards', PEOPLE / lastFirst, 0.95, {
      'cards until all were told': lastFirst,
    }),
  ]
}

/** A house with 500 people and a card for each of 2,000 steps, each for the person that `personOf` names. */
async function crowded(personOf: (n: number) => number): Promise<Story> {
  const story = await openStory()
  channelOf('staff').limits = WECOM_LIMITS
  const { house } = story.running
  const customer = await welcome(house, { openid: 'oFanout', nickname: '王晓梅', phone: '13800001234' })
  const pattern = await patternOf(house, customer)
  await fill(house.db, pattern, CARDS)
  const staff = Array.from({ length: PEOPLE }, (_, i) => ({ id: `FANOUT${i}`, userid: `fanout${i}` }))
  for (const { userid } of staff) {
    story.wecom.people.push({ userid, name: userid, departments: [2], position: '一线客服' })
  }
  await house.db.write(async (tx) => {
    for (const { id, userid } of staff) {
      await tx.run(
        `INSERT INTO staff (id, name, position, departments, active, onDuty, updatedAt) VALUES (?, ?, '', '[]', 1, 1, ?)`,
        [id, userid, tx.now],
      )
      await tx.run('INSERT INTO staff_accounts (id, platform, userId, staffId) VALUES (?, ?, ?, ?)', [
        `wecom:${userid}`,
        'wecom',
        userid,
        id,
      ])
    }
    // Only the fan-out is measured: no step's ladder speaks meanwhile.
    await tx.run('UPDATE flow_steps SET wakeAt = NULL')
  })
  await house.db.write(async (tx) => {
    const to = (n: number) => staff[personOf(n)]?.id ?? ''
    for (let n = 0; n < CARDS; n++) {
      await tx.run('UPDATE flow_steps SET assigneeId = ? WHERE id = ?', [to(n), copyId(pattern.step, 'S0', n)])
    }
    const cards = Array.from({ length: CARDS }, (_, n) => ({
      key: `fanout:${n}`,
      channel: 'staff' as const,
      to: to(n),
      kind: 'step',
      subjectId: copyId(pattern.step, 'S0', n),
    }))
    await enqueueAll(tx, cards)
  })
  return story
}

/** Moves the clock from one place to the next until nothing waits; returns how far. */
async function drive({ clock, db }: Story): Promise<number> {
  const began = clock.now()
  for (;;) {
    await deliverDue(db)
    const next = await db.read((tx) => soonest(tx, [nextDelivery]))
    if (next === undefined) return clock.now() - began
    clock.advance(Math.max(1, next - clock.now()))
  }
}

/** Counts what arrived and takes the crowd away again; throws when a card is missing. */
function finish({ wecom }: Story): number {
  const { sent, dropped, people } = wecom
  // The next company begins with its own people again.
  people.splice(-PEOPLE)
  if (sent.length + dropped.length !== CARDS) throw new Error(`${sent.length} of ${CARDS} cards were sent`)
  if (dropped.length > 0) throw new Error(`${dropped.length} cards were dropped by the platform`)
  return dropped.length
}
