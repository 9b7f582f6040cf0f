import type { TestContext } from 'node:test'
import type { Database } from '../../server/lib/db.ts'
import { until } from '../processes.ts'
import type { Case } from './crash-cases.ts'
import { Post, Shopper } from './crash-customers.ts'
import { type Ledger, readLedger, unrest, wrongChains, wrongEvents, wrongTickets } from './crash-ledger.ts'
import { openWork, wrongCards, wrongCustomerMail, wrongStaffMail } from './crash-mail.ts'
import { Office } from './crash-staff.ts'
import { openTown, type Town } from './crash-town.ts'

const CUSTOMERS = 50
/** What a killed process was sending waits for the end of its lease; several in a row are possible. */
const PEACE_MS = 240_000

/** A town whose customers complain and whose staff work, while the products come and go. */
export interface CrashStory {
  town: Town
  cases: Case[]
  office: Office
  /** Lets staff begin to work and customers sign in. */
  open(): void
  /** Lets the next customers complain until so many complaints were filed. */
  file(upTo: number): void
  /** The complaints that were filed, each until it is where it will stay. */
  lives: Promise<void>[]
  /** ms since `open`. */
  age(): number
}

/** Prepares a story with so many processes of the product, which are still to be started. */
export async function openStory(
  t: TestContext,
  processes: number,
  cases: Case[],
  way?: (url: string) => Promise<string>,
): Promise<CrashStory> {
  const town = await openTown(processes, way)
  const { wecom, wechat } = town.sandbox
  // The way to the platforms takes a moment, so that something can fall into it.
  wecom.faults.slowMs = 8
  wechat.faults.slowMs = 8
  const office = new Office(wecom, new Map(cases.map((one) => [one.tag, one])))
  t.after(async () => {
    office.close()
    await town.close()
  })
  const post = new Post(wechat)
  const shoppers = Array.from({ length: Math.min(CUSTOMERS, cases.length) }, (_, n) => new Shopper(post, town.url, n))
  const signedIn: Promise<void>[] = []
  const lives: Promise<void>[] = []
  let began = 0
  return {
    town,
    cases,
    office,
    lives,
    open() {
      began = performance.now()
      void office.work()
      signedIn.push(...shoppers.map((shopper) => shopper.signIn()))
    },
    file(upTo) {
      while (lives.length < Math.min(upTo, cases.length)) {
        const n = lives.length
        const place = n % shoppers.length
        const life = (signedIn[place] as Promise<void>).then(() => (shoppers[place] as Shopper).live(cases[n] as Case))
        // Awaited in `comeToRest`; a failure must not end the story before its time.
        life.catch(() => undefined)
        lives.push(life)
      }
    },
    age: () => performance.now() - began,
  }
}

/** Waits until every complaint is where it will stay and nothing happens by itself any more; opens the ledger. */
export async function comeToRest(t: TestContext, { lives, office, town }: CrashStory): Promise<Database> {
  const db = await town.openDatabase()
  t.after(() => db.close())
  const where = async () => {
    const open = openWork(await readLedger(db), town.sandbox)
    const { dropped, suppressed } = town.sandbox.wecom
    open.push(`dropped ${dropped.map(({ to }) => to)}, suppressed ${suppressed.length}`)
    return [JSON.stringify(await unrest(db)), ...open, town.products[0]?.lastWords.slice(-2000)].join('\n')
  }
  const quiet = async () => Object.values(await unrest(db)).every((left) => left === 0)
  try {
    await Promise.all(lives)
    // Staff go on until their phones show nothing open; what they still press makes a little work again.
    await until('everything has come to rest', async () => office.isIdle() && (await quiet()), PEACE_MS, 500)
  } catch (error) {
    throw new Error(`${(error as Error).message}: ${await where()}`, { cause: error })
  }
  return db
}

/** What a story without faults has. */
export const NOTHING = { tickets: [], events: [], chains: [], staffMail: [], customerMail: [], cards: [] }

/** Everything that is wrong with the ledger, and with what people got against it. */
export function everythingWrong(ledger: Ledger, { cases, town: { sandbox } }: CrashStory): Record<string, string[]> {
  return {
    tickets: wrongTickets(ledger, cases),
    events: wrongEvents(ledger),
    chains: wrongChains(ledger),
    staffMail: wrongStaffMail(ledger, sandbox),
    customerMail: wrongCustomerMail(ledger, sandbox),
    cards: wrongCards(ledger, sandbox),
  }
}
