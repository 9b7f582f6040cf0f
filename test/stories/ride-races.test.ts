import assert from 'node:assert/strict'
import { signIn } from '../../server/domain/customers/sign-in.ts'
import { hearLock } from '../../server/domain/rides/hear.ts'
import { Ride } from '../../server/domain/rides/ride.ts'
import { startRide } from '../../server/domain/rides/rides.ts'
import { AppError } from '../../server/lib/errors.ts'
import type { Story } from '../harness.ts'
import { locksOf, openRides, setDown } from '../rides.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const MANY = 40

let story: Story
let people: string[]
beforeEach(async () => {
  story = await openRides()
  people = await story.db.write(async (tx) => {
    const ids: string[] = []
    for (let n = 0; n < MANY; n++) ids.push((await signIn(tx, { openid: `o-ride-${n}` })).id)
    return ids
  })
})
afterEach(() => story.close())

const outcomes = async (work: Promise<unknown>[]): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const result of await Promise.allSettled(work)) {
    if (result.status === 'rejected' && !(result.reason instanceof AppError)) throw result.reason
    const name = result.status === 'fulfilled' ? 'done' : result.reason.why
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
const begin = (customerId: string, code: string) => story.db.write((tx) => startRide(tx, { customerId, code }))

test(`of ${MANY} people who scan one bike, one rides it`, async () => {
  await setDown(story, 'B1')
  const counts = await outcomes(people.map((id) => begin(id, 'B1')))
  assert.deepEqual(counts, { done: 1, ride_not_free: MANY - 1 })
  const open = await story.db.read((tx) => tx.find(Ride, 'WHERE openOn IS NOT NULL'))
  assert.equal(open.length, 1)
})

test('one person who scans many bikes rides one of them', async () => {
  const [one = ''] = people
  for (let n = 0; n < 20; n++) await setDown(story, `B${n}`)
  const counts = await outcomes(Array.from({ length: 20 }, (_, n) => begin(one, `B${n}`)))
  assert.deepEqual(counts, { done: 1, ride_open: 19 })
})

test('who taps like mad on one bike begins one ride', async () => {
  const [one = ''] = people
  await setDown(story, 'B1')
  assert.deepEqual(await outcomes(Array.from({ length: 20 }, () => begin(one, 'B1'))), { done: 20 })
  assert.equal((await story.db.read((tx) => tx.find(Ride, ''))).length, 1)
})

test('the same news many times at once ends a ride once', async () => {
  const [one = ''] = people
  await setDown(story, 'B1')
  const locks = locksOf(story)
  const ride = await begin(one, 'B1')
  await story.settle()
  await locks.settled()
  await story.later('40 min')
  const command = (await story.db.read((tx) => tx.query<{ id: string }>('SELECT id FROM lock_commands')))[0]?.id
  const news = (id: string) => ({ id, type: 'locked' as const, lock: 'B1', at: story.clock.now(), command, meters: 10 })
  const told = Array.from({ length: 20 }, (_, n) => story.db.write((tx) => hearLock(tx, news(`e${n % 10}`))))
  assert.deepEqual(await outcomes(told), { done: 20 })
  const ended = await story.db.read((tx) => tx.get(Ride, ride.id))
  assert.deepEqual([ended?.state, ended?.amount], ['ended', 100])
  const [payments] = await story.db.read((tx) => tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM payments'))
  assert.equal(Number(payments?.n), 1)
})
