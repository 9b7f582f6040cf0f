import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { staffChannel } from '../bot/channel.ts'
import { syncContacts } from '../bot/contacts.ts'
import { fetchPictures } from '../bot/media.ts'
import { botRoutes } from '../bot/routes.ts'
import { workRoutes } from '../bot/work.ts'
import { makeApp } from './app.ts'
import { customerChannel } from './domain/customers/notify.ts'
import { ticketSubject, ticketWords } from './domain/tickets/words.ts'
import { flowSubject, flowWords } from './engines/flows/hooks.ts'
import { nextWake } from './engines/flows/sweep.ts'
import { channel } from './engines/messages/channel.ts'
import { landed, nextDelivery } from './engines/messages/deliver.ts'
import { type House, openHouse, quietRule } from './house.ts'
import { type Duty, runUntilQuiet, startJobs, timetable, wakeable } from './jobs.ts'
import { type Clock, MINUTE, ShiftedClock } from './lib/clock.ts'
import type { Config } from './lib/config.ts'
import { log } from './lib/log.ts'
import { openSandbox, type Sandbox } from './sandbox/sandbox.ts'

export interface Running {
  house: House
  url: string
  duties: Duty[]
  sandbox?: Sandbox
  /** Moves the sandbox's time ahead through every deadline on the way, as if it had passed. */
  advance(ms: number): Promise<void>
  close(): Promise<void>
}

export interface StartOptions {
  clock?: Clock & { advance(ms: number): void }
  /** Without jobs nothing happens by itself: tests run the duties when they want them. */
  jobs?: boolean
}

/** Starts the whole house: database, platforms (or their stand-ins), doors, duties. */
export async function start(given: Readonly<Config>, options: StartOptions = {}): Promise<Running> {
  const clock = options.clock ?? new ShiftedClock()
  const closers: (() => Promise<unknown> | undefined)[] = []
  const close = async () => {
    for (const undo of closers.splice(0).reverse()) await undo()
  }
  try {
    const server = createServer(notYet)
    const url = await listen(server, given.port, given.host)
    closers.push(() => shut(server))
    const config = { ...given, baseUrl: given.baseUrl || url }
    const door: Door = { url, duties: [] }
    const advance = (ms: number) => advanceThrough(clock, ms, door)
    const sandbox = config.sandbox && (await makeSandbox(config, clock, door, advance))
    closers.push(() => sandbox?.close())

    // Packs are checked against these words when the house is opened.
    flowWords(ticketWords)
    flowSubject('ticket', ticketSubject)
    const house = await openHouse(withSandbox(config, sandbox), clock)
    closers.push(() => house.db.close())
    door.house = house
    channel('staff', staffChannel({ ...house, baseUrl: config.baseUrl, notBefore: quietRule(house.shelf) }))
    channel('customer', customerChannel(house.wechat, house.shelf, house.words))

    const contacts = wakeable(() => readContacts(house))
    closers.push(() => contacts.idle())
    const { db, words, wecomCallback } = house
    const app = makeApp(house, {
      routers: [botRoutes({ db, words, callback: wecomCallback, onContacts: contacts.poke }), workRoutes(house)],
      middlewares: sandbox ? [sandbox.desk] : [],
    })
    server.removeListener('request', notYet).on('request', app.callback())
    door.duties = timetable(house, botDuties(house))
    await readContacts(house)
    if (options.jobs !== false) {
      const jobs = await startJobs(house, door.duties)
      closers.push(() => jobs.stop())
    }
    return { house, url, duties: door.duties, sandbox, advance, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** What the stand-ins and the clock control know of the house, which is opened after them. */
interface Door {
  url: string
  duties: Duty[]
  house?: House
}

function notYet(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(503, { 'Retry-After': '2' }).end()
}

async function listen(server: Server, port: number, host: string): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

async function shut(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

/** The address book is read again after this long, or at the next turn when it could not be read. */
const CONTACTS_MS = 10 * MINUTE

function botDuties({ db, wecom, shelf, clock }: House): Duty[] {
  if (!wecom) return []
  let readAt = Number.NEGATIVE_INFINITY
  return [
    { name: 'fetch pictures', every: '3 seconds', run: () => fetchPictures(db, wecom) },
    {
      name: 'read address book',
      every: '20 seconds',
      async run() {
        if (clock.now() - readAt < CONTACTS_MS) return 0
        await syncContacts(db, wecom, shelf.roles)
        readAt = clock.now()
        return 0
      },
    },
  ]
}

async function readContacts({ db, wecom, shelf }: House): Promise<void> {
  if (!wecom) return
  try {
    await syncContacts(db, wecom, shelf.roles)
  } catch (error) {
    log.warn({ err: error }, 'the address book could not be read; the duty will try again')
  }
}

function makeSandbox(
  config: Readonly<Config>,
  clock: Clock & { advance(ms: number): void },
  door: Door,
  advance: (ms: number) => Promise<void>,
): Promise<Sandbox> {
  const { wecom, wechat, sandbox } = config
  if (!wecom || !wechat) throw new Error('the sandbox needs both platforms')
  return openSandbox({
    clock,
    store: join(config.dataDir, 'sandbox.json'),
    port: sandbox?.port ?? 0,
    productUrl: () => door.url,
    wecom,
    wechat: { ...wechat, pushAesKey: wechat.pushAesKey ?? '' },
    advance,
    nextDue: async () => door.house && nextDue(door.house),
  })
}

/** The configuration with the stand-ins' addresses where none is configured: a configured value always wins. */
function withSandbox(config: Readonly<Config>, sandbox: Sandbox | undefined): Readonly<Config> {
  if (!sandbox || !config.wecom || !config.wechat) return config
  return {
    ...config,
    wecom: { ...config.wecom, apiBase: config.sandbox?.wecomBase ?? sandbox.wecomBase },
    wechat: { ...config.wechat, apiBase: config.sandbox?.wechatBase ?? sandbox.wechatBase },
  }
}

/** The next instant at which something is due. */
async function nextDue({ db }: House): Promise<number | undefined> {
  const due = await db.read(async (tx) => [await nextWake(tx), await nextDelivery(tx)])
  const known = due.filter((at) => at !== undefined)
  return known.length > 0 ? Math.min(...known) : undefined
}

/** How often the clock may stand before something that is due and does not act. */
const PATIENCE = 5

/** Moves the clock to each deadline on the way in turn and lets the duties act there, then to the end. */
async function advanceThrough(clock: Clock & { advance(ms: number): void }, ms: number, door: Door): Promise<void> {
  const { house, duties } = door
  const end = clock.now() + ms
  for (let stuck = 0; house && stuck < PATIENCE; ) {
    await runUntilQuiet(duties)
    // What is on its way has its lease on the clock that we move: it lands first.
    await landed()
    const next = await nextDue(house)
    if (next === undefined || next > end) break
    if (next > clock.now()) {
      clock.advance(next - clock.now())
      stuck = 0
    } else stuck += 1
  }
  clock.advance(Math.max(0, end - clock.now()))
  if (house) await runUntilQuiet(duties)
}
