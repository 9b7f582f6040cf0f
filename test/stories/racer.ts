import { holdBooking } from '../../server/domain/bookings/bookings.ts'
import { rescueBookings } from '../../server/domain/bookings/rescue.ts'
import { sweepBookings } from '../../server/domain/bookings/sweep.ts'
import { sweepDeposits } from '../../server/domain/payments/deposits.ts'
import { Payment } from '../../server/domain/payments/payment.ts'
import { sweepRefunds } from '../../server/domain/payments/send-refunds.ts'
import { sweepPayments } from '../../server/domain/payments/sweep.ts'
import { RideCard } from '../../server/domain/rides/card.ts'
import { buyCard, cardPaid, useCardDay } from '../../server/domain/rides/cards.ts'
import { sayCommands } from '../../server/domain/rides/commands.ts'
import { startRide } from '../../server/domain/rides/rides.ts'
import { sweepRides } from '../../server/domain/rides/sweep.ts'
import { sweepSteps } from '../../server/engines/flows/sweep.ts'
import type { House } from '../../server/house.ts'
import { DAY, FixedClock } from '../../server/lib/clock.ts'
import { readConfig } from '../../server/lib/config.ts'
import { AppError } from '../../server/lib/errors.ts'
import { start } from '../../server/main.ts'

/** A process of its own that opens a house, waits for the word, does one job and says what came of it. */
interface Share {
  customers: string[]
  code: string
  model?: string
}

const jobs: Record<string, (house: House, share: Share) => Promise<unknown>> = {
  /** Each customer books a car for tomorrow, all at once: how many got one. */
  book: ({ db, clock }, { customers, model = 'corolla' }) => {
    const from = clock.now() + DAY
    const wish = { store: 'hongqiao', model, from, until: from + DAY, insurances: [], extras: {} }
    return succeeded(customers.map((id) => db.write((tx) => holdBooking(tx, id, wish, `race-${model}`))))
  },
  /** Each customer scans one vehicle, all at once: how many ride. */
  scan: ({ db }, { customers, code }) =>
    succeeded(customers.map((customerId) => db.write((tx) => startRide(tx, { customerId, code })))),
  /** Each customer buys a card, twice at once under the same name: which purchases came of it. */
  buy: async ({ db }, { customers, code }) => {
    const bought = customers.flatMap((id) => [1, 2].map(() => db.write((tx) => buyCard(tx, id, code, 'race'))))
    return (await Promise.all(bought)).map(({ id }) => id)
  },
  /** Of each of these cards it is told that it was paid, twice: how often it was kept. */
  pay: async ({ db }, { customers: cards }) => {
    const told = cards.flatMap((subjectId) =>
      [1, 2].map(() => db.write((tx) => cardPaid(tx, Object.assign(new Payment(), { subjectId })))),
    )
    return (await Promise.all(told)).filter((one) => one === 'kept').length
  },
  /** Each of these cards may pay for ten more rides of this day, all at once: how many it pays for. */
  use: async ({ db }, { customers: cards, code: most }) => {
    let used = 0
    for (const id of cards) {
      const uses = Array.from({ length: 10 }, () =>
        db.write(async (tx) => useCardDay(tx, Object.assign(new RideCard(), { id }), Number(most), tx.now)),
      )
      used += (await Promise.all(uses)).filter(Boolean).length
    }
    return used
  },
  /** Locks are told what is to be said to them, until nothing is left: how much was tried. */
  tell: async ({ db, locks }) => {
    let all = 0
    for (let quiet = 0; quiet < 3; ) {
      const done = await sayCommands(db, locks)
      all += done
      quiet = done === 0 ? quiet + 1 : 0
    }
    return all
  },
  /** Everything that money, bookings, rides and flows have to do now, until nothing is left: how much was looked at. */
  sweep: async ({ db, wechatpay }) => {
    const duties = [
      () => sweepRides(db),
      () => sweepBookings(db),
      () => rescueBookings(db),
      () => sweepSteps(db),
      () => sweepPayments(db, wechatpay),
      () => sweepDeposits(db),
      () => (wechatpay ? sweepRefunds(db, wechatpay) : Promise.resolve(0)),
    ]
    let all = 0
    for (let quiet = 0; quiet < 3; ) {
      const done = (await Promise.all(duties.map((run) => run()))).reduce((sum, one) => sum + one, 0)
      all += done
      quiet = done === 0 ? quiet + 1 : 0
    }
    return all
  },
}

const [job = '', args = '{}', now = '0'] = process.argv.slice(2)
const run = jobs[job]
if (!run) throw new Error(`no such job: ${job}`)
const running = await start(readConfig(process.env), { clock: new FixedClock(Number(now)), jobs: false })
process.stdout.write('ready\n')
await new Promise((resolve) => process.stdin.once('data', resolve))
const result = await run(running.house, JSON.parse(args))
await running.close()
process.stdout.write(`done ${JSON.stringify(result)}\n`)
process.stdin.destroy()

/** How many succeed; a refusal in words is none, any other error ends the process. */
async function succeeded(work: Promise<unknown>[]): Promise<number> {
  const results = await Promise.all(
    work.map((one) =>
      one.then(
        () => 1,
        (error) => {
          if (error instanceof AppError) return 0
          throw error
        },
      ),
    ),
  )
  return results.reduce<number>((sum, one) => sum + one, 0)
}
