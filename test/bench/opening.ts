import { systemClock } from '../../server/lib/clock.ts'
import { closedWhere, fileComplaint, fill, patternOf } from './crowd.ts'
import { type Ground, openGround, openRooms, welcome } from './ground.ts'
import { median, perSecond, rowOf, timed } from './measure.ts'
import { openingByDoor } from './opening-door.ts'
import type { BenchRow } from './row.ts'

const SMALL = 1_000
const LARGE = 200_000
const ROUNDS = 7
const OPENED = 250
/** Most tickets of a house that has run for a while are over; one in so many is still open. */
const OPEN_SHARE = 20

/** Opening tickets among a thousand and among two hundred thousand; and how many a second at all. */
export async function opening(): Promise<BenchRow[]> {
  const small = await houseWith(SMALL)
  const large = await houseWith(LARGE)
  await small.open(500)
  await large.open(500)
  const rates: Record<'small' | 'large', number[]> = { small: [], large: [] }
  for (let round = 0; round < ROUNDS; round++) {
    rates.small.push(perSecond(OPENED, await timed(() => small.open(OPENED))))
    rates.large.push(perSecond(OPENED, await timed(() => large.open(OPENED))))
  }
  const atSmall = median(rates.small)
  const atLarge = median(rates.large)
  await small.close()
  await large.close()
  const door = await openingByDoor(large.ground)
  await small.ground.clear()
  await large.ground.clear()
  const raw = { 'per s at 1 k': atSmall, 'per s at 200 k': atLarge }
  return [
    rowOf('opening at 200 k against 1 k tickets', atLarge / atSmall, 0.9, raw),
    rowOf('opening, against 500 a second', Math.min(atSmall, atLarge) / 500, 1, {
      ...raw,
      'per s through the HTTP door at 200 k': door.perSecond,
      'door p99 ms': door.p99,
    }),
  ]
}

async function houseWith(count: number) {
  const ground: Ground = await openGround()
  const house = await openRooms(ground, systemClock)
  const customer = await welcome(house, { openid: 'oBench00000', nickname: '王晓梅', phone: '13800001234' })
  const pattern = await patternOf(house, customer)
  await fill(house.db, pattern, count, closedWhere(`n.i % ${OPEN_SHARE} <> 0`))
  return {
    ground,
    async open(times: number) {
      for (let i = 0; i < times; i++) await fileComplaint(house, customer)
    },
    close: () => house.db.close(),
  }
}
