import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { makeApp } from './app.ts'
import { makeChats } from './chats.ts'
import { openFleet } from './domain/assets/fleet.ts'
import { customerChannel } from './domain/customers/notify.ts'
import { customerWays } from './domain/customers/ways.ts'
import { openLoyalty } from './domain/loyalty/programme.ts'
import { openRentals } from './domain/rentals/open.ts'
import { openSegments } from './domain/segments/book.ts'
import type { Duty } from './duties.ts'
import { channel } from './engines/messages/channel.ts'
import { type House, openHouse } from './house.ts'
import { startJobs, timetable } from './jobs.ts'
import { ShiftedClock } from './lib/clock.ts'
import type { Config } from './lib/config.ts'
import type { Person } from './sandbox/people.ts'
import type { Sandbox } from './sandbox/sandbox.ts'
import { advanceThrough, type Door, type MovableClock, makeSandbox, withSandbox } from './stage.ts'
import { seedCity } from './stage-city.ts'
import { cityPeople, crewPhones } from './stage-crew.ts'
import { lendVocabulary } from './vocabulary.ts'
import { webhookChannel } from './webhooks.ts'

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
  clock?: MovableClock
  /** Who works in the sandbox's company; default: those whom its packs need. */
  people?: Person[]
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
    const sandbox = config.sandbox && (await makeSandbox(config, clock, door, options.people ?? cityPeople(config)))
    closers.push(() => sandbox?.close())

    lendVocabulary()
    const house = await openHouse(withSandbox(config, sandbox), clock)
    closers.push(() => house.db.close())
    closers.push(async () => house.ocr?.close())
    openFleet(house.config, house.shelf)
    await openSegments(house.db, house.config)
    await openLoyalty(house)
    openRentals(house.shelf)
    if (sandbox) await seedCity(house)
    door.house = house
    channel('customer', customerChannel(customerWays(house), house.shelf))
    channel('webhook', webhookChannel(house.config.webhooks))
    closers.push(async () => house.mailer?.close())
    const chats = makeChats(house, config.baseUrl)
    closers.push(() => chats.close())
    const app = makeApp(house, { routers: chats.routers, middlewares: sandbox ? [sandbox.desk] : [] })
    server.removeListener('request', notYet).on('request', app.callback())
    const crew = sandbox && !options.people ? crewPhones(house) : undefined
    door.duties = timetable(house, [...chats.duties, ...(crew ? [crew] : []), ...standInDuties(sandbox)])
    door.standIns = () => sandbox?.wechatpay?.nextAt()
    await chats.open()
    await crew?.run()
    if (options.jobs !== false) {
      const jobs = await startJobs(house, door.duties)
      closers.push(() => jobs.stop())
    }
    const advance = (ms: number) => advanceThrough(clock, ms, door)
    return { house, url, duties: door.duties, sandbox, advance, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** What the stand-ins do by themselves, on the clock that the desk moves. */
function standInDuties(sandbox: Sandbox | undefined): Duty[] {
  const pay = sandbox?.wechatpay
  return pay ? [{ name: 'stand-in of WeChat Pay', every: '2 seconds', run: () => pay.tick() }] : []
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
