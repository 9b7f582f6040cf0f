import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Context, createContext, runInContext } from 'node:vm'
import { ROOT } from '../../server/lib/config.ts'

const BUILD = join(ROOT, 'miniprogram/dist/weapp')
/** So long nothing has been sent to the page: it is drawn. */
const QUIET_MS = 300
const STEP_MS = 20

/** What else of the client Taro hands on, and what nobody waits for. */
const SILENT =
  'onNetworkStatusChange setNavigationBarTitle pageScrollTo showToast navigateTo redirectTo switchTab onThemeChange'

/** One setData of a page: how large what went over to the view is, and when. */
export interface Sent {
  bytes: number
  atMs: number
}

/** What the server answers, by path. */
export type Answers = (path: string) => unknown

interface Page {
  data: unknown
  [name: string]: unknown
}

type Options = Record<string, unknown> & {
  success?: (result: object) => void
  fail?: (result: object) => void
  complete?: (result: object) => void
}

/**
 * The built mini-program in a make-believe WeChat: its files as they are sent to the phone, the client's `wx`, `App` and
 * `Page` around them. It counts what a page sends to its view, and draws nothing.
 */
export class Weapp {
  private readonly modules = new Map<string, { exports: unknown }>()
  private readonly context: Context
  private declaring?: Page
  private app?: { onLaunch?: (options: object) => void; onShow?: (options: object) => void }

  constructor(
    private readonly answers: Answers,
    private readonly stored: Record<string, unknown>,
  ) {
    const pages: Page[] = []
    const globals: Record<string, unknown> = {
      console,
      setTimeout,
      clearTimeout,
      setInterval,
      clearInterval,
      queueMicrotask,
      Date,
      wx: this.client(),
      App: (app: Weapp['app']) => {
        this.app = app
        return app
      },
      Page: (page: Page) => {
        this.declaring = page
      },
      Component: () => undefined,
      Behavior: () => undefined,
      getApp: () => this.app,
      getCurrentPages: () => pages,
    }
    globals.global = globals
    this.context = createContext(globals)
    this.run('app.js')
    this.app?.onLaunch?.({ path: 'pages/form/form', query: {}, scene: 1001 })
    this.app?.onShow?.({ path: 'pages/form/form', query: {}, scene: 1001 })
  }

  /** Opens a page, and waits until nothing more is sent to its view. */
  async open(path: string, query: Record<string, string>): Promise<{ sent: Sent[]; view: unknown }> {
    this.run(`${path}.js`)
    const declared = this.declaring
    if (!declared) throw new Error(`${path}.js declares no page`)
    const sent: Sent[] = []
    const began = performance.now()
    const page: Page = {
      ...declared,
      data: structuredClone(declared.data ?? {}),
      route: path,
      options: query,
      setData(changes: object, drawn?: () => void) {
        const text = JSON.stringify(changes)
        sent.push({ bytes: Buffer.byteLength(text), atMs: performance.now() - began })
        for (const [place, value] of Object.entries(JSON.parse(text))) put(page.data as object, place, value)
        if (drawn) setTimeout(() => drawn.call(page))
      },
    }
    for (const moment of ['onLoad', 'onShow', 'onReady']) {
      const happen = page[moment] as ((this: Page, options: object) => void) | undefined
      happen?.call(page, query)
    }
    for (let quiet = 0; quiet < QUIET_MS; quiet += STEP_MS) {
      const before = sent.length
      await new Promise((done) => setTimeout(done, STEP_MS))
      if (sent.length > before) quiet = 0
    }
    return { sent, view: page.data }
  }

  /** Loads a file of the build once, as WeChat's `require` does. */
  private run(name: string): unknown {
    const path = resolve(BUILD, name)
    const known = this.modules.get(path)
    if (known) return known.exports
    const module = { exports: {} as unknown }
    this.modules.set(path, module)
    const load = (from: string) => this.run(join(dirname(name), from.endsWith('.js') ? from : `${from}.js`))
    const body = runInContext(`(function (require, module, exports) {${readFileSync(path, 'utf8')}\n})`, this.context, {
      filename: path,
    })
    body(load, module, module.exports)
    return module.exports
  }

  /** The part of WeChat's client that the app touches while a page is opened; all else does nothing. */
  private client(): object {
    const { answers, stored } = this
    const known: Record<string, unknown> = {
      getStorageSync: (key: string) => stored[key] ?? '',
      setStorageSync: (key: string, value: unknown) => {
        stored[key] = value
      },
      removeStorageSync: (key: string) => delete stored[key],
      getWindowInfo: () => ({
        pixelRatio: 2,
        windowWidth: 375,
        windowHeight: 667,
        screenWidth: 375,
        screenHeight: 667,
      }),
      getSystemInfoSync: () => ({
        pixelRatio: 2,
        windowWidth: 375,
        SDKVersion: '3.8.0',
        platform: 'ios',
        language: 'zh_CN',
      }),
      getLaunchOptionsSync: () => ({ path: 'pages/form/form', query: {}, scene: 1001 }),
      getEnterOptionsSync: () => ({ path: 'pages/form/form', query: {}, scene: 1001 }),
      canIUse: () => true,
      nextTick: (work: () => void) => setTimeout(work),
      request({ url, success, complete }: Options & { url: string }) {
        const data = answers(new URL(url).pathname)
        const result = { statusCode: data === undefined ? 404 : 200, header: {}, data, errMsg: 'request:ok' }
        setTimeout(() => {
          success?.(result)
          complete?.(result)
        }, 1)
        return { abort: () => undefined, onHeadersReceived: () => undefined }
      },
      createSelectorQuery: () => chain(),
    }
    return { ...Object.fromEntries(SILENT.split(' ').map((name) => [name, nothing])), ...known }
  }
}

/** A function of the client of which nobody waits for more than that it was called. */
function nothing(options?: Options): unknown {
  setTimeout(() => {
    options?.success?.({ errMsg: 'ok' })
    options?.complete?.({ errMsg: 'ok' })
  })
  return undefined
}

/** A query of the view that finds nothing. */
function chain(): object {
  return new Proxy(
    {},
    {
      get: (_, name) => (name === 'exec' ? (told?: (found: null[]) => void) => told?.([null, null]) : () => chain()),
    },
  )
}

/** Puts a value at a place such as `root.cn.[0].cl`, as setData does. */
function put(data: object, place: string, value: unknown): void {
  const steps = place.replaceAll('[', '.').replaceAll(']', '').split('.').filter(Boolean)
  const last = steps.pop() ?? ''
  let at = data as Record<string, unknown>
  for (const step of steps) {
    at[step] ??= {}
    at = at[step] as Record<string, unknown>
  }
  at[last] = value
}
