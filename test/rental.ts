import { registerAssets } from '../server/domain/assets/assets.ts'
import { auditBookings } from '../server/domain/bookings/audit.ts'
import { enrolCars } from '../server/domain/bookings/cars.ts'
import type { Database } from '../server/lib/db.ts'
import { type HouseOptions, openStory, type Story } from './harness.ts'
import { Till } from './till.ts'

export const HONGQIAO = { lat: 31.1946, lng: 121.3203 }

/** A house that rents cars: so many of each model at each store, their plates named by both. */
export async function openRental(cars: [model: string, store: string, count: number][], options: HouseOptions = {}) {
  const story = await openStory({ ...options, env: { PACKS: 'service-desk,car-rental', ...options.env } })
  const till = new Till(() => story.db)
  await story.settle()
  // The city's own cars stay at home.
  await story.db.write(async (tx) => {
    for (const table of ['asset_spans', 'booking_cars']) await tx.run(`DELETE FROM ${table}`)
  })
  for (const [model, store, count] of cars) await addCars(story.db, { model, store, count })
  return { story, till }
}

/** Cars of a model at a store: `沪A-<MODEL>-<n>`. Returns their plates. */
export async function addCars(
  db: Database,
  { model, store, count, prefix = 'A' }: { model: string; store: string; count: number; prefix?: string },
): Promise<string[]> {
  const list = Array.from({ length: count }, (_, n) => ({
    code: `${prefix}${model.slice(0, 3)}${store.slice(0, 2)}${n}`.toUpperCase(),
    kind: 'car',
    place: HONGQIAO,
  }))
  for (let from = 0; from < list.length; from += 500) {
    const slice = list.slice(from, from + 500)
    await db.write(async (tx) => {
      await registerAssets(tx, slice)
      await enrolCars(
        tx,
        slice.map(({ code }) => ({ code, model, store })),
      )
    })
  }
  return list.map(({ code }) => code)
}

/** What is wrong with the time lines: nothing, if all is well. */
export async function wrongTimes(story: Pick<Story, 'db'>): Promise<string[]> {
  return (await auditBookings(story.db)).map(({ kind, about }) => `${kind} ${about}`)
}
