import { auditBookings } from '../../server/domain/bookings/audit.ts'
import { countFree, freeDays } from '../../server/domain/bookings/availability.ts'
import { holdBooking, termsNow } from '../../server/domain/bookings/bookings.ts'
import { daysIn } from '../../server/domain/bookings/days.ts'
import { AssetSpan, BookingCar, FOREVER } from '../../server/domain/bookings/span.ts'
import type { House } from '../../server/house.ts'
import { DAY, FixedClock, HOUR, MINUTE } from '../../server/lib/clock.ts'
import { Conflict } from '../../server/lib/errors.ts'
import { newId } from '../../server/lib/ids.ts'
import type { New } from '../../server/lib/tx.ts'
import { lendVocabulary } from '../../server/vocabulary.ts'
import { Dice } from '../dice.ts'
import { openGround, openRooms } from './ground.ts'
import { median, percentile, perSecond, rowOf, timed } from './measure.ts'
import type { BenchRow } from './row.ts'

const CARS = 2_000
const DAYS = 90
const LOOKS = 300
const BOOKINGS = 1_500
const AT_ONCE = 32
const GOAL_LOOK_MS = 50
const NOW = Date.parse('2026-11-23T10:00:00+08:00')

/** How fast it is known what is free among two thousand cars that are booked for three months, and how fast they are booked. */
export async function booking(): Promise<BenchRow[]> {
  const mysql = Boolean(process.env.TEST_DATABASE_URL)
  const on = mysql ? 'MariaDB' : 'SQLite'
  lendVocabulary()
  const ground = await openGround({ PACKS: 'service-desk,car-rental' })
  const house = await openRooms(ground, new FixedClock(NOW))
  const dice = new Dice(2026)
  const pieces = await fill(house, dice)
  await house.db.source.query(mysql ? 'ANALYZE TABLE asset_spans, bookings' : 'ANALYZE')
  const terms = termsNow().body
  const stores = Object.keys(terms.stores)

  const calendars: number[] = []
  const counts: number[] = []
  for (let look = 0; look < LOOKS; look++) {
    calendars.push(await timed(() => house.db.read((tx) => freeDays(tx, terms, { days: DAYS }))))
    const from = NOW + 2 * HOUR + dice.below(DAYS) * DAY
    const given = { store: dice.pick(stores), from, until: from + (1 + dice.below(5)) * DAY }
    counts.push(await timed(() => house.db.read((tx) => countFree(tx, terms, given))))
  }

  let made = 0
  let refused = 0
  let next = 0
  const models = Object.keys(terms.models)
  const book = async () => {
    while (next < BOOKINGS) {
      const customer = `customer-${next++}`
      const from = NOW + DAY + dice.below(DAYS - 10) * DAY
      const wish = {
        store: dice.pick(stores),
        model: dice.pick(models),
        from,
        until: from + (4 + dice.below(30)) * HOUR,
      }
      try {
        await house.db.write((tx) =>
          holdBooking(tx, customer, { ...wish, until: late(wish.until), insurances: [], extras: {} }, 'b'),
        )
        made++
      } catch (error) {
        if (!(error instanceof Conflict)) throw error
        refused++
      }
    }
  }
  const took = await timed(() => Promise.all(Array.from({ length: AT_ONCE }, book)))
  const wrong = await auditBookings(house.db)
  if (wrong.length > 0) throw new Error(`the time lines are wrong: ${JSON.stringify(wrong.slice(0, 3))}`)
  await house.db.close()
  await ground.clear()
  const raw = { cars: CARS, days: DAYS, pieces, dialect: on }
  const [calendar, count] = [percentile(calendars, 0.99), percentile(counts, 0.99)]
  return [
    rowOf(`availability of ${CARS} cars × ${DAYS} days (${on}): ${GOAL_LOOK_MS} ms / p99`, GOAL_LOOK_MS / calendar, 1, {
      ...{ ...raw, p50Ms: median(calendars), p99Ms: calendar },
    }),
    rowOf(`cars free at a store between two instants (${on}): ${GOAL_LOOK_MS} ms / p99`, GOAL_LOOK_MS / count, 1, {
      ...{ ...raw, p50Ms: median(counts), p99Ms: count },
    }),
    rowOf(`bookings per second, ${AT_ONCE} at once (${on})`, perSecond(made, took), mysql ? 200 : 300, {
      ...{ ...raw, made, refused, ms: took },
    }),
  ]
}

/** Ends within opening hours: no later than eight in the evening. */
function late(at: number): number {
  const hour = Math.floor(((at + 8 * HOUR) % DAY) / HOUR)
  return hour >= 8 && hour < 20 ? at : at - ((hour + 24 - 19) % 24) * HOUR
}

/** Cars with their time lines: a rental of some days, an hour for the car, some free days, and so on. */
async function fill({ db }: House, dice: Dice): Promise<number> {
  const { stores, models, zone } = termsNow().body
  const [places, kinds] = [Object.keys(stores), Object.keys(models)]
  let pieces = 0
  for (let done = 0; done < CARS; done += 200) {
    const cars: New<BookingCar>[] = []
    const spans: New<AssetSpan>[] = []
    for (let n = 0; n < 200; n++) {
      const id = newId(NOW)
      const [model, store] = [dice.pick(kinds), dice.pick(places)]
      cars.push({ id, model, offered: true, version: 0 })
      const piece = (state: 'free' | 'past', fromAt: number, untilAt: number) =>
        spans.push({
          ...{ id: newId(NOW), assetId: id, model, state, fromAt, untilAt, store, toStore: store, version: 0 },
          ...daysIn(zone, { fromAt, untilAt }),
        })
      let at = NOW - 30 * MINUTE
      while (at < NOW + DAYS * DAY) {
        const free = at + (4 + dice.below(60)) * HOUR
        piece('free', at, free)
        // Taken by nobody in particular: it is not looked for.
        at = free + (12 + dice.below(100)) * HOUR
        piece('past', free, at)
      }
      piece('free', at, FOREVER)
    }
    pieces += spans.length
    await db.write(async (tx) => {
      await tx.insert(BookingCar, cars)
      await tx.insert(AssetSpan, spans)
    })
  }
  return pieces
}
