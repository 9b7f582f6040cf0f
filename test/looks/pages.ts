/**
 * Takes a picture of every page of the mini-program as it loads, empty, failed and filled, on a usual and on a narrow
 * phone, for people to look at; says which pages are wider than the phone:
 *   npx tsc && node dist/test/looks/pages.js <folder>
 * It needs the build of the mini-program (npm run build) and Chromium.
 */
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { ROOT } from '../../server/lib/config.ts'
import { openBrowser } from '../browser/browser.ts'
import { type Customer, openStory, type Story } from '../harness.ts'
import { fill, LISTS, type Moment, PACKS } from './page-moments.ts'

/** A phone as most have it, and the narrowest that WeChat still runs on. */
const PHONES = [
  { width: 375, height: 812 },
  { width: 320, height: 568 },
]
/** How far down a filled page is drawn. */
const LONGEST = 4000

type State = 'filled' | 'loading' | 'failed' | 'offline'

async function main(folder: string | undefined): Promise<void> {
  if (!folder) throw new Error('name a folder for the pictures')
  const unknown = (await readdir(join(ROOT, 'miniprogram/src/pages'))).filter(
    (page) => !LISTS.some(({ name }) => name === page),
  )
  if (unknown.length > 0) throw new Error(`nobody shows the pages ${unknown.join(', ')}`)
  await mkdir(folder, { recursive: true })
  const browser = await openBrowser()
  const story = await openStory({ env: { PACKS, OCR: 'wechat' } })
  try {
    const phones = new Phones(browser, story, folder)
    for (const { name, path } of LISTS) {
      await phones.show(`${name}-out`, path)
      await phones.show(`${name}-empty`, path, { who: story.li })
    }
    await fill(story, async ({ name, path }: Moment) => phones.show(name, path, { who: story.wang }))
    for (const { name, path } of LISTS)
      for (const state of ['loading', 'failed', 'offline'] as const)
        await phones.show(`${name}-${state}`, path, { who: story.wang, state })
    for (const words of phones.wide) process.stderr.write(`wider than the phone: ${words}\n`)
    if (phones.wide.length > 0) process.exitCode = 1
  } finally {
    await story.close()
    await browser.close()
  }
}

/** Both phones, in the hands of whoever is told. */
class Phones {
  /** Pages that do not fit. */
  readonly wide: string[] = []

  constructor(
    private readonly browser: Browser,
    private readonly story: Story,
    private readonly folder: string,
  ) {}

  /** Opens a page and keeps what is seen. */
  async show(name: string, path: string, { who, state = 'filled' }: { who?: Customer; state?: State } = {}) {
    const grant = who && (await this.grant(who))
    for (const phone of PHONES) {
      const context = await this.browser.newContext({
        viewport: phone,
        deviceScaleFactor: 1,
        locale: 'zh-CN',
        timezoneId: 'Asia/Shanghai',
      })
      await this.take(context, { name: `${name}-${phone.width}`, path, grant, state })
      await context.close()
    }
  }

  private async take(
    context: BrowserContext,
    { name, path, grant, state }: { name: string; path: string; grant?: unknown; state: State },
  ): Promise<void> {
    const page = await context.newPage()
    await page.addInitScript(`
      window.wx = { login() {} }
      const grant = ${JSON.stringify(grant ?? null)}
      if (grant) localStorage.setItem('yingke:session', JSON.stringify({ data: grant }))
    `)
    await answerAs(page, state)
    await page.goto(`${this.story.running.url}/app/#/${path}`)
    await page.locator('.taro_page').first().waitFor()
    if (state === 'filled') await page.waitForLoadState('networkidle')
    else await page.waitForTimeout(state === 'loading' ? 600 : 1500)
    await page
      .locator('.loading')
      .waitFor({ state: state === 'loading' ? 'visible' : 'detached' })
      .catch(() => undefined)
    const { wide, tall } = await page.evaluate<{ wide: number; tall: number }>(`(() => {
      const pages = [...document.querySelectorAll('.taro_page')].filter((one) => one.offsetParent !== null || one.clientHeight > 0)
      return { wide: Math.max(...pages.map((one) => one.scrollWidth - one.clientWidth)), tall: Math.max(...pages.map((one) => one.scrollHeight - one.clientHeight)) }
    })()`)
    if (wide > 0) this.wide.push(`${name} by ${wide} px`)
    const { width, height } = page.viewportSize() ?? { width: 0, height: 0 }
    if (tall > 0) await page.setViewportSize({ width, height: Math.min(LONGEST, height + tall) })
    // Pictures below the fold come when they are seen.
    await page.waitForTimeout(tall > 0 ? 400 : 0)
    await page.waitForFunction('[...document.images].every((image) => image.complete)').catch(() => undefined)
    await page.screenshot({ path: join(this.folder, `${name}.png`), animations: 'disabled' })
  }

  private async grant(who: Customer): Promise<unknown> {
    const { body } = await who.call('POST', '/api/session', { code: this.story.wechat.login(who.user.openid) })
    return body
  }
}

/** What the server does while the page loads. */
async function answerAs(page: Page, state: State): Promise<void> {
  if (state === 'filled') return
  await page.route('**/api/**', (route) => {
    if (state === 'loading') return
    if (state === 'offline') return route.abort('internetdisconnected')
    const error = { kind: 'unknown', message: '系统开了个小差，请稍后再试。' }
    return route.fulfill({ status: 500, contentType: 'application/json', body: JSON.stringify({ error }) })
  })
}

const [folder] = process.argv.slice(2)
await main(folder)
