import { Booking } from '../../server/domain/bookings/booking.ts'
import { holdBooking } from '../../server/domain/bookings/bookings.ts'
import { openHouse } from '../../server/house.ts'
import { FixedClock } from '../../server/lib/clock.ts'
import { readConfig } from '../../server/lib/config.ts'
import { AppError } from '../../server/lib/errors.ts'
import { lendVocabulary } from '../../server/vocabulary.ts'

/** A process of its own that books a car for many customers at once, and says how many got one. */
const [url = '', folder = '', templates = '', now = '0', first = '0', count = '0'] = process.argv.slice(2)
lendVocabulary()
const config = readConfig({
  SANDBOX: 'off',
  DATA_DIR: folder,
  DATABASE_URL: url,
  TEMPLATES_DIR: templates,
  PACKS: 'service-desk,car-rental',
})
const { db } = await openHouse(config, new FixedClock(Number(now)))
const from = Number(now) + 24 * 3_600_000
const wish = { store: 'hongqiao', model: 'corolla', from, until: from + 24 * 3_600_000, insurances: [], extras: {} }
process.stdout.write('ready\n')
await new Promise((resolve) => process.stdin.once('data', resolve))
const results = await Promise.all(
  Array.from({ length: Number(count) }, (_, n) =>
    db
      .write((tx) => holdBooking(tx, `customer-${Number(first) + n}`, wish, 'race'))
      .then((booking) => (booking instanceof Booking ? 1 : 0))
      .catch((error) => {
        if (error instanceof AppError) return 0
        throw error
      }),
  ),
)
await db.close()
process.stdout.write(`got ${results.reduce<number>((sum, one) => sum + one, 0)}\n`)
process.stdin.destroy()
