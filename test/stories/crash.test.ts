import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded, until, within } from '../processes.ts'
import { type Case, makeCases } from './crash-cases.ts'
import { Post, Shopper } from './crash-customers.ts'
import { readLedger, unrest, wrongChains, wrongEvents, wrongTickets } from './crash-ledger.ts'
import { wrongCards, wrongCustomerMail, wrongStaffMail } from './crash-mail.ts'
import { Office } from './crash-staff.ts'
import { openTown, type Town } from './crash-town.ts'

const CASES = Number(process.env.CRASH_CASES ?? 200)
const KILLS = Number(process.env.CRASH_KILLS ?? 55)
const SEED = Number(process.env.CRASH_SEED ?? 20_261_122)
const CUSTOMERS = 50
/** A leased message waits a minute after its sender died; several in a row are possible on a slow machine. */
const PEACE_MS = 300_000

test(`${KILLS} kills while ${CASES} complaints run: nothing is lost, nothing happens twice`, async (t) => {
  const town = await openTown(1)
  t.after(() => (process.env.KEEP ? undefined : town.close()))
  const [product] = town.products
  if (!product) throw new Error('no product')
  const { wecom, wechat } = town.sandbox
  // The way to the platforms takes a moment, so that a kill can fall into it.
  wecom.faults.slowMs = 8
  wechat.faults.slowMs = 8
  await product.start()
  await product.ready()

  const cases = makeCases(CASES)
  const office = new Office(wecom, new Map(cases.map((one) => [one.tag, one])))
  t.after(() => office.close())
  const working = office.work()
  const post = new Post(wechat)
  const shoppers = Array.from({ length: Math.min(CUSTOMERS, CASES) }, (_, n) => new Shopper(post, town.url, n))
  const signedIn = shoppers.map((shopper) => shopper.signIn())
  const lives: Promise<void>[] = []
  const file = (matter: Case, n: number) => {
    const place = n % shoppers.length
    const life = (signedIn[place] as Promise<void>).then(() => (shoppers[place] as Shopper).live(matter))
    // Awaited below; a failure must not end the story before its time.
    life.catch(() => undefined)
    lives.push(life)
  }

  const random = seeded(SEED)
  const began = performance.now()
  for (let kill = 0; kill < KILLS; kill++) {
    // Complaints come in all the time, so that every kill finds cases at every step.
    while (lives.length < (CASES * (kill + 1)) / (KILLS * 0.9) && lives.length < CASES) {
      file(cases[lives.length] as Case, lives.length)
    }
    await someMoment(town, random)
    await product.kill()
    Object.assign(wecom.faults, { loseAnswers: 0 })
    await product.start()
  }
  const killed = Math.round((performance.now() - began) / 1000)
  const db = await town.openDatabase()
  t.after(() => db.close())
  await Promise.all(lives).catch(async (error) => {
    throw new Error(`${error.message} ${JSON.stringify(await unrest(db))}\n${product.lastWords}`)
  })
  const quiet = async () => Object.values(await unrest(db)).every((left) => left === 0)
  await until('everything has come to rest', quiet, PEACE_MS, 500).catch(async (error) => {
    throw new Error(`${error.message} ${JSON.stringify(await unrest(db))}`)
  })
  office.close()
  await working
  await until('everything has come to rest', quiet, PEACE_MS, 500)

  const ledger = await readLedger(db)
  const starts = [...product.starts].sort((a, b) => a - b)
  const escalations = ledger.events.filter(({ name }) => name === 'step.escalated').length
  t.diagnostic(
    `kills took ${killed} s, all ${Math.round((performance.now() - began) / 1000)} s; start ${starts[starts.length >> 1]} ms ` +
      `(worst ${starts.at(-1)}); ${ledger.messages.length} messages, ${escalations} escalations, ` +
      `${wecom.suppressed.length} repeats suppressed, ${wecom.updates.length} updates`,
  )
  assert.deepEqual(product.deaths, [], 'the process ends only when it is killed')
  const wrong = {
    tickets: wrongTickets(ledger, cases),
    events: wrongEvents(ledger),
    chains: wrongChains(ledger),
    staffMail: wrongStaffMail(ledger, town.sandbox),
    customerMail: wrongCustomerMail(ledger, town.sandbox),
    cards: wrongCards(ledger, town.sandbox),
  }
  assert.deepEqual(wrong, { tickets: [], events: [], chains: [], staffMail: [], customerMail: [], cards: [] })
})

/** Waits for the moment of the next kill: when the platform has been called so many times more, or after a while. */
async function someMoment({ sandbox: { wecom } }: Town, random: () => number): Promise<void> {
  const calls = () => [...wecom.calls.values()].reduce((sum, n) => sum + n, 0)
  const target = calls() + 1 + Math.floor(random() * 40)
  const longest = 100 + random() * 1500
  // Now and then the platform acts but its answer gets lost, just before the end.
  if (random() < 0.3) wecom.faults.loseAnswers = 2
  await within(longest, () => calls() >= target, 1)
}
