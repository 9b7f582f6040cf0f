import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import type { ChatItem } from '../../server/sandbox/chat.ts'
import type { ChatName, Story, Worker } from '../harness.ts'
import type { Shown } from './shown.ts'

/** A phone that is neither new nor small. */
const PHONE = { width: 390, height: 800 }
const PAGE = 'desk/album'

/** What stands in a chat, as a stand-in keeps it. */
interface Item {
  kind: string
  taskId?: string
  text?: string
  menu?: { text: string }[]
  selects?: { options: { text: string }[] }[]
}

/** A moment of a scene: what it shows, whose phone it is, and a picture from each platform that has it. */
interface Moment {
  scene: string
  name: string
  who: string
  pictures: Map<string, { file: string; aside: string; items: Item[] }>
}

/** How the desk draws this chat: one of the sides of server/sandbox/desk/sides.js. */
type Side = ChatName | 'assistant'

/** A folder of pictures of messages, each drawn by the desk's own code at the width of a phone. */
export class Album {
  private readonly moments = new Map<string, Moment>()
  private page?: Page
  private story?: Story
  private scene = ''
  /** What `news` has shown of the chats of this scene. */
  private readonly told = new Set<string>()

  constructor(
    private readonly browser: Browser,
    private readonly folder: string,
    private readonly shown: Shown,
  ) {}

  /** Turns to a story that is open; pictures until the next turn are of this scene. */
  async turnTo(scene: string, story: Story): Promise<void> {
    await mkdir(this.folder, { recursive: true })
    await this.page?.context().close()
    const context = await this.browser.newContext({ viewport: PHONE, deviceScaleFactor: 2, bypassCSP: true })
    this.page = await context.newPage()
    await this.page.route(`**/${PAGE}`, (route) => route.fulfill({ contentType: 'text/html', body: STAGE }))
    this.story = story
    this.scene = scene
    this.told.clear()
    this.shown.listen(story)
    // A house that is opened again has words of its own.
    const open = story.open.bind(story)
    story.open = async () => {
      await open()
      this.shown.listen(story)
    }
  }

  /** Keeps the newest card of somebody with these words. */
  card(name: string, worker: Worker, words: string): Promise<void> {
    return this.keep(name, worker.userid, [worker.card(words)])
  }

  /** Keeps the card with this id, wherever it stands in the chat. */
  cardOf(name: string, worker: Worker, taskId: string): Promise<void> {
    return this.keep(
      name,
      worker.userid,
      worker.cards().filter((item) => item.taskId === taskId),
    )
  }

  /** Keeps everything that came to these people since the last time. */
  async news(name: string, ...workers: Worker[]): Promise<void> {
    for (const worker of workers) {
      const items = this.skip(worker)
      if (items.length === 0) throw new Error(`${this.scene}/${name}: nothing new for ${worker.name}`)
      await this.keep(workers.length > 1 ? `${name}, ${worker.name}` : name, worker.userid, items)
    }
  }

  /** Takes what came to these people since the last time as shown; returns it. */
  skip(...workers: Worker[]): ChatItem[] {
    return workers.flatMap((worker) => {
      const keyOf = ({ id }: ChatItem) => `${worker.userid}:${id}`
      const fresh = worker.chat().filter((item) => !this.told.has(keyOf(item)))
      for (const item of fresh) this.told.add(keyOf(item))
      return fresh
    })
  }

  /** Keeps the last messages of somebody's chat. */
  last(name: string, worker: Worker, count = 1): Promise<void> {
    return this.keep(name, worker.userid, worker.chat().slice(-count))
  }

  /** Keeps these messages, of whatever chat. */
  async keep(name: string, who: string, items: object[], side: Side = this.side()): Promise<void> {
    if (items.length === 0) throw new Error(`${this.scene}/${name}: nothing to keep`)
    const { page, story, scene } = this
    if (!page || !story) throw new Error('no scene is open')
    // A story that was opened again has another address.
    const address = `${story.running.url}/${PAGE}`
    if (page.url() !== address) await page.goto(address)
    await page.evaluate(`draw(${JSON.stringify({ side, now: story.clock.now(), items, people: story.people })})`)
    await page.waitForFunction('[...document.images].every((image) => image.complete)')
    this.shown.note(items as Item[], side)
    const key = `${scene}/${name}`
    const moment = this.moments.get(key) ?? { scene, name, who: who.replace(/^dt-/, ''), pictures: new Map() }
    this.moments.set(key, moment)
    const place = String([...this.moments.keys()].indexOf(key) + 1).padStart(3, '0')
    const file = `${place}-${scene}-${name.replaceAll(/\W+/g, '-')}-${side}.png`
    await page.locator('.chat-list').screenshot({ path: join(this.folder, file), animations: 'disabled' })
    moment.pictures.set(side, { file, aside: asideOf(items as Item[]), items: items as Item[] })
  }

  /** Writes a page that shows all pictures, platform beside platform, and everything that was said as a text. */
  async close(): Promise<void> {
    await this.page?.context().close()
    const moments = [...this.moments.values()]
    await writeFile(join(this.folder, 'index.html'), indexOf(moments))
    await writeFile(join(this.folder, 'said.json'), JSON.stringify(moments.map(plain), undefined, 1))
  }

  private side(): Side {
    return this.story?.chat === this.story?.sandbox.wecom ? 'wecom' : 'dingtalk'
  }
}

/** What a picture does not show before it is tapped: the card's menu and the entries of its drop-down. */
function asideOf(items: Item[]): string {
  const parts = items.flatMap(({ menu = [], selects = [] }) => [
    ...(menu.length > 0 ? [`⋯ ${menu.map(({ text }) => text).join(' | ')}`] : []),
    ...selects.map(({ options }) => `▾ ${options.map(({ text }) => text).join(' | ')}`),
  ])
  return parts.join('\n')
}

function plain({ pictures, ...moment }: Moment) {
  return { ...moment, pictures: Object.fromEntries(pictures) }
}

/** The page on which messages are drawn: the desk's own styles and drawing, without the rest of the desk. */
const STAGE = `<!doctype html>
<meta charset="utf-8">
${['topbar', 'desk', 'chat', 'card', 'dingtalk', 'assistant'].map((name) => `<link rel="stylesheet" href="${name}.css">`).join('\n')}
<style>
  body { display: block; margin: 0; min-width: 0; }
  .chat { display: block !important; height: auto; min-height: 0; border: 0; border-radius: 0; }
  .chat-list { min-height: 0; overflow: visible; }
  .chat > :not(.chat-list) { display: none; }
</style>
<script type="module">
  import { Chat } from './chat.js'
  import { sides } from './sides.js'

  window.draw = ({ side, now, items, people }) => {
    const nameOf = (userid) => people.find((one) => one.userid === userid)?.name ?? userid
    const desk = { now: () => now, memberName: nameOf, tint: () => 0, menu: () => [], solo() {}, onUnread() {} }
    const chat = new Chat({ userid: '', name: '我', position: '' }, '', desk, sides[side])
    document.body.replaceChildren(chat.element)
    chat.fill(items)
  }
</script>`

function indexOf(moments: Moment[]): string {
  const inHtml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const rows = moments.map(({ scene, name, who, pictures }, place) => {
    const figures = [...pictures.values()].map(
      ({ file, aside }) => `<figure><img src="${file}"><figcaption>${inHtml(aside)}</figcaption></figure>`,
    )
    return `<section><h2>${place + 1} ${scene}: ${inHtml(name)} <small>${who}</small></h2>${figures.join('')}</section>`
  })
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 8px; font: 13px sans-serif; columns: 2; column-width: 800px; }
    section { break-inside: avoid; margin-bottom: 12px; }
    h2 { margin: 0 0 4px; font-size: 13px; } figure { display: inline-block; width: 390px; margin: 0 4px 0 0; vertical-align: top; }
    img { width: 390px; border: 1px solid #ccc; } figcaption { white-space: pre-wrap; color: #555; }
  </style>${rows.join('\n')}`
}
