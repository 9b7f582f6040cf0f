import assert from 'node:assert/strict'
import { test } from 'node:test'
import { auditBookings } from '../../server/domain/bookings/audit.ts'
import { Booking } from '../../server/domain/bookings/booking.ts'
import { balances } from '../../server/domain/ledger/ledger.ts'
import { auditMoney } from '../../server/domain/payments/audit.ts'
import { Payment } from '../../server/domain/payments/payments.ts'
import { Refund } from '../../server/domain/payments/refunds.ts'
import { seeded, until, within } from '../processes.ts'
import { Post, Shopper } from './crash-customers.ts'
import { FATES, HOLD_MS, Renter } from './crash-renters.ts'
import { openRank, type Rank } from './crash-till.ts'

const RENTERS = Number(process.env.CRASH_RENTERS ?? 36)
const KILLS = Number(process.env.CRASH_MONEY_KILLS ?? 12)
const SEED = Number(process.env.CRASH_SEED ?? 20_261_129)
/** Not all of them: some hold lapses, somebody else takes the car, and the money that comes then goes back. */
const CARS = 18
const PEACE_MS = 240_000

test(`${KILLS} kills while ${RENTERS} people pay for cars: each is confirmed or has the money back`, async (t) => {
  const rank = await openRank(t, { cars: CARS, hold: `${HOLD_MS / 60_000} min` })
  const { product, sandbox } = rank
  const began = performance.now()
  const post = new Post(sandbox.wechat)
  const hour = 3_600_000
  const from = Math.ceil((Date.now() + 24 * hour) / hour) * hour
  const renters = Array.from({ length: RENTERS }, (_, n) => {
    const shopper = new Shopper(post, () => product.url, n)
    return new Renter(rank, shopper, FATES[n % FATES.length] ?? 'pays', from)
  })
  const lives: Promise<void>[] = []
  const random = seeded(SEED)
  for (let kill = 0; kill < KILLS; kill++) {
    // They come all the time, so that every kill finds somebody at every step.
    while (lives.length < Math.min(RENTERS, Math.ceil((RENTERS * (kill + 1)) / (KILLS * 0.9)))) {
      const life = (renters[lives.length] as Renter).rents()
      life.catch(() => undefined)
      lives.push(life)
    }
    await someMoment(rank, random)
    await product.kill()
    await product.start()
  }
  const killed = performance.now()
  // However slow the starts were: whoever rents in peace and calls it off has the money back.
  const last = new Shopper(post, () => product.url, RENTERS)
  lives.push(new Renter(rank, last, 'calls_off', from + 48 * hour).rents())
  await Promise.all(lives)
  const lived = performance.now()
  await until('everything has come to rest', () => rests(rank), PEACE_MS, 500)
  assert.deepEqual(product.deaths, [], 'the process ends only when it is killed')
  const seconds = (from: number, to = performance.now()) => `${Math.round((to - from) / 1000)} s`
  const starts = product.starts.slice(1).reduce((sum, ms) => sum + ms, 0)
  const phases = `${seconds(began, killed)} of kills (${seconds(0, starts)} of starts), ${seconds(killed, lived)} of lives`
  t.diagnostic(`${seconds(began)}: ${phases}, ${seconds(lived)} of rest; ${await counts(rank)}`)
  await agrees(rank)
})

/** Waits for the moment of the next kill: when WeChat Pay was called or has told something so many times more. */
async function someMoment({ pay }: Rank, random: () => number): Promise<void> {
  const happened = () => pay.notices.length + [...pay.calls.values()].reduce((sum, n) => sum + n, 0)
  const target = happened() + 1 + Math.floor(random() * 6)
  // Now and then the platform acts but its answer gets lost, just before the end.
  pay.faults.loseAnswers = random() < 0.3 ? 1 : 0
  await within(500 + random() * 2500, () => happened() >= target, 1)
}

/** Nothing is on its way any more: no hold, no refund, no news. */
async function rests({ db, pay }: Rank): Promise<boolean> {
  const [row] = await db.read((tx) =>
    tx.query<{ left: number }>(
      `SELECT (SELECT COUNT(*) FROM bookings WHERE state = 'held')
         + (SELECT COUNT(*) FROM refunds WHERE state <> 'done')
         + (SELECT COUNT(*) FROM deposits WHERE releaseAt IS NOT NULL) AS \`left\``,
    ),
  )
  const known = new Map((await db.read((tx) => tx.find(Payment, ''))).map((one) => [one.number, one.received]))
  const unheard = pay.trades.some(({ number, paidAt, total }) => paidAt !== null && known.get(number) !== total)
  return Number(row?.left) === 0 && !unheard && pay.notices.every(({ nextAt }) => nextAt === null)
}

async function counts({ db, pay }: Rank): Promise<string> {
  const rows = await db.read((tx) =>
    tx.query<{ what: string; n: number }>('SELECT state AS what, COUNT(*) AS n FROM bookings GROUP BY state'),
  )
  const told = pay.notices.reduce((sum, { tries }) => sum + tries, 0)
  const states = rows.map(({ what, n }) => `${n} ${what}`).join(', ')
  const paid = pay.trades.filter(({ paidAt }) => paidAt !== null).length
  return `bookings: ${states}; ${paid} payments, ${pay.refunds.length} refunds, ${pay.notices.length} news in ${told} tries`
}

/** Bookings, payments, the books and the platform say the same. */
async function agrees({ db, pay }: Rank): Promise<void> {
  const bookings = await db.read((tx) => tx.find(Booking, ''))
  const payments = await db.read((tx) => tx.find(Payment, ''))
  const refunds = await db.read((tx) => tx.find(Refund, ''))
  for (const { id, number, state } of bookings) {
    const own = payments.filter(({ subjectId, purpose }) => subjectId === id && purpose === 'rental')
    const kept = own.reduce((sum, payment) => sum + payment.left(), 0)
    const asked = own.reduce((sum, { amount }) => sum + amount, 0)
    assert.equal(kept, state === 'confirmed' ? asked : 0, `${number} is ${state}`)
  }
  assert.ok(bookings.some(({ state }) => state === 'confirmed'))
  assert.ok(refunds.length > 0, 'some money went back')

  const paid = pay.trades.filter(({ paidAt }) => paidAt !== null)
  const received = payments.filter((payment) => payment.received > 0)
  const amounts = (list: { number: string; amount: number }[]) =>
    list.map(({ number, amount }) => `${number} ${amount}`).sort()
  assert.deepEqual(
    amounts(received.map(({ number, received: amount }) => ({ number, amount }))),
    amounts(paid.map(({ number, total: amount }) => ({ number, amount }))),
  )
  assert.deepEqual(amounts(refunds), amounts(pay.refunds), 'each refund once, here and there')

  const books = await db.read(balances)
  assert.equal(
    Object.values(books).reduce((sum, amount) => sum + amount, 0),
    0,
  )
  const total = (list: { amount: number }[]) => list.reduce((sum, { amount }) => sum + amount, 0)
  assert.equal(books['cash:wechatpay'], paid.reduce((sum, one) => sum + one.total, 0) - total(pay.refunds))
  assert.deepEqual(await auditMoney(db, true), [])
  assert.deepEqual(await auditBookings(db), [])
  await toldOnce(db, bookings)
}

/** Every customer whose booking was confirmed was told so once. */
async function toldOnce(db: Rank['db'], bookings: Booking[]): Promise<void> {
  const rows = await db.read((tx) =>
    tx.query<{ id: string; n: number }>(
      `SELECT subjectId AS id, COUNT(*) AS n FROM events WHERE name = 'booking.confirmed' GROUP BY subjectId`,
    ),
  )
  const confirmed = bookings.filter(({ paidAt }) => paidAt !== null).map(({ id }) => id)
  assert.deepEqual(new Map(rows.map(({ id, n }) => [id, Number(n)])), new Map(confirmed.map((id) => [id, 1])))
}
