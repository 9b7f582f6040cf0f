import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Locator, type Page } from 'playwright-core'
import { calendarSchema, makeCalendar } from '../../server/lib/calendar.ts'
import { DAY, HOUR, ShiftedClock } from '../../server/lib/clock.ts'
import { ROOT, readConfig } from '../../server/lib/config.ts'
import { type Running, start } from '../../server/main.ts'
import { houseDatabase } from '../database.ts'
import { Chat } from './chat.ts'
import { firstPage } from './paper.ts'
import { Phone } from './phone.ts'

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const H5 = join(ROOT, 'miniprogram/dist/h5/index.html')
/** Where pictures of the moments go that a test names; without it none are taken. */
const SHOTS = process.env.SHOTS
const PATIENCE_MS = 20_000
const HOURS = ['10:00-18:00']
const WEEK = { mon: HOURS, tue: HOURS, wed: HOURS, thu: HOURS, fri: HOURS }
const WINDOW = { width: 1680, height: 1440 }

/** A browser for the whole desk; throws with what to do when the mini-program's build is missing. */
export async function openBrowser(): Promise<Browser> {
  if (!existsSync(H5)) throw new Error('the mini-program is not built: run "npm run build" first')
  return launchChromium()
}

/** Starts Debian's Chromium; throws with what to do when it is missing. */
export async function launchChromium(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) {
    throw new Error(`there is no ${CHROMIUM}: run "apt-get install -y chromium fonts-noto-cjk", or set CHROMIUM`)
  }
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** A whole house with its timetable running on a working morning, and the desk open in a window of its own. */
export async function openDesk(browser: Browser, packs = 'service-desk'): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), 'yingke-desk-'))
  await cp(join(ROOT, 'templates'), join(folder, 'templates'), { recursive: true })
  const database = await houseDatabase(folder)
  const config = readConfig({
    PORT: '0',
    DATA_DIR: folder,
    DATABASE_URL: database.url,
    TEMPLATES_DIR: join(folder, 'templates'),
    PACKS: packs,
  })
  const running = await start(config, { clock: new ShiftedClock(workingMorning() - Date.now()) })
  const context = await browser.newContext({ viewport: WINDOW, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const desk = new Desk(page, running, async () => {
    await context.close()
    await running.close()
    await database.drop()
    await rm(folder, { recursive: true, force: true })
  })
  await page.goto(`${running.url}/desk/`)
  return desk
}

/** Ten o'clock in Shanghai on the next working day: the stand-ins let no clock stand behind the real time. */
function workingMorning(): number {
  const days = makeCalendar(calendarSchema.parse({ zone: 'Asia/Shanghai', week: WEEK, holidays: 'china' }))
  const tomorrow = Math.ceil((Date.now() + 8 * HOUR) / DAY) * DAY - 8 * HOUR
  return days.nextWorking(tomorrow + 10 * HOUR)
}

/** The desk as a person has it before them: the customer's phone, four chats, the clock. */
export class Desk {
  readonly phone: Phone
  readonly lin: Chat
  readonly zhou: Chat
  readonly chen: Chat
  readonly he: Chat
  /** 赵磊, who repairs bikes in the street. */
  readonly zhao: Chat
  /** 吴倩, clerk of a store that lets cars. */
  readonly wu: Chat
  /** 郑凯, her manager. */
  readonly zheng: Chat
  /** What no page may do, with its words: errors on the console, thrown errors, answers of 5xx. */
  readonly troubles: string[] = []
  /** Paths at which a refusal (4xx) is what the test is about: Chromium writes each to the console. */
  readonly refusals: string[] = []

  constructor(
    readonly page: Page,
    readonly running: Running,
    private readonly undo: () => Promise<void>,
  ) {
    this.phone = new Phone(page)
    this.lin = new Chat(page, 'linxiaoyu')
    this.zhou = new Chat(page, 'zhoumin')
    this.chen = new Chat(page, 'chenzhiyuan')
    this.he = new Chat(page, 'hejianguo')
    this.zhao = new Chat(page, 'zhaolei')
    this.wu = new Chat(page, 'wuqian')
    this.zheng = new Chat(page, 'zhengkai')
    page.on('console', (message) => {
      const { url } = message.location()
      if (message.type() === 'error' && !this.refusals.some((path) => url.includes(path)))
        this.troubles.push(`console: ${message.text()} (${url})`)
    })
    page.on('pageerror', (error) => this.troubles.push(`page: ${error.stack ?? error.message}`))
    page.on('response', (response) => {
      if (response.status() >= 500) this.troubles.push(`${response.status()} ${response.url()}`)
    })
  }

  /** Moves the clock with a button of the top bar, e.g. `+10 分钟`, and waits until the house has arrived there. */
  async later(button: string): Promise<void> {
    await this.page.locator('.topbar').getByRole('button', { name: button }).click()
    await this.page.locator('.topbar.moving').waitFor({ state: 'detached' })
  }

  /** Puts a room of people in sight, or the city. */
  async room(name: string): Promise<void> {
    await this.page.locator('.room-switch').getByRole('button', { name }).click()
  }

  /** Waits until the map shows a vehicle in this state. */
  async mapShows(code: string, state: string): Promise<Locator> {
    const sign = this.page.locator(`.city-vehicle[aria-label^="${code}，"][data-state="${state}"]`)
    await sign.waitFor()
    return sign
  }

  /** The chat of whoever got a card with these words. */
  async whoHas(...words: string[]): Promise<Chat> {
    const cards = words.reduce((found, hasText) => found.filter({ hasText }), this.page.locator('article.card'))
    const userid = await this.page.locator('.chat', { has: cards }).first().getAttribute('data-user')
    return new Chat(this.page, userid ?? '')
  }

  /** Opens a document on the phone and returns what stands on its first page, which is kept when pictures are wanted. */
  async paper(row: string, path: RegExp): Promise<string> {
    const context = this.page.context()
    const fetched = new Promise<Buffer>((resolve) =>
      context.route(path, async (route) => {
        const response = await route.fetch()
        resolve(await response.body())
        await route.fulfill({ response })
      }),
    )
    const shown = context.waitForEvent('page')
    await this.phone.tap(row)
    const bytes = await fetched
    await (await shown).close()
    await context.unroute(path)
    return firstPage(bytes, SHOTS && join(SHOTS, `paper-${row}`))
  }

  /** Keeps a picture of the whole desk, and of parts of it, when pictures are wanted. */
  async shot(name: string, ...parts: (Locator | { element: Locator })[]): Promise<void> {
    if (!SHOTS) return
    await mkdir(SHOTS, { recursive: true })
    const pathOf = (part: string) => join(SHOTS, `${name}${part}.png`)
    await this.page.screenshot({ path: pathOf('') })
    for (const [place, part] of parts.entries()) {
      const element = 'element' in part ? part.element : part
      // A card is drawn anew whenever its chat has news.
      const take = () => element.screenshot({ path: pathOf(`-${place + 1}`) })
      await take().catch(take)
    }
  }

  /** Closes window and house. */
  close(): Promise<void> {
    return this.undo()
  }
}
