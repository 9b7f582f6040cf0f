import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FixedClock } from '../../server/lib/clock.ts'
import type { BotHandler, BotWords } from '../../server/platforms/wecom-bot-answer.ts'
import { wecomBotCallback } from '../../server/platforms/wecom-bot-callback.ts'
import { wecomBotTurns } from '../../server/platforms/wecom-bot-turns.ts'
import { openSandbox, type Sandbox } from '../../server/sandbox/sandbox.ts'
import type { WecomBotStandIn } from '../../server/sandbox/wecom-bot.ts'
import { START, WECHAT, WECOM } from './sandbox-receiver.ts'

export const BOT = {
  botId: 'botSandbox01',
  secret: 'bot-secret',
  token: 'botToken',
  encodingAesKey: 'c2FuZGJveC13ZWNvbS1lbmNvZGluZy1hZXMta2V5LTA',
}

export const WORDS: BotWords = {
  working: '正在查…',
  later: '还没办完，好了再告诉您。',
  lost: '这条回复中断了，请再问一次。',
  failed: '出了点问题，请稍后再试。',
  done: '好的。',
}

/** A stand-in with one bot; in callback mode also a product that answers by `handler`. */
export interface BotHouse {
  sandbox: Sandbox
  bot: WecomBotStandIn
  clock: FixedClock
  /** What comes out of the product is changed on its way: for replies that are no good. */
  tamper: (reply: string) => string
  /** The product forgets its streams, as after a restart. */
  restart(): void
  close(): Promise<void>
}

export async function openBotHouse(
  mode: 'callback' | 'link',
  handler: BotHandler,
  patienceMs = 2000,
): Promise<BotHouse> {
  const clock = new FixedClock(START)
  const door = wecomBotCallback({ ...BOT, maxAgeS: 300 })
  let turns = wecomBotTurns({ words: WORDS, clock, patienceMs }, handler)
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://product')
    const query = Object.fromEntries(url.searchParams)
    if (request.method === 'GET') return response.end(door.verifyUrl(query))
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const reply = await turns.answer(door.open(query, Buffer.concat(chunks).toString()))
    return response.end(reply ? house.tamper(door.reply(query, reply)) : '')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const productUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const sandbox = await openSandbox({ clock, productUrl, wecom: WECOM, wechat: WECHAT, wecomBot: { ...BOT, mode } })
  const bot = sandbox.wecomBot
  if (!bot) throw new Error('no bot')
  bot.limits.pollMs = 10
  bot.limits.patienceMs = 300
  const house: BotHouse = {
    sandbox,
    bot,
    clock,
    tamper: (reply) => reply,
    restart() {
      turns = wecomBotTurns({ words: WORDS, clock, patienceMs }, handler)
    },
    async close() {
      await sandbox.close()
      server.closeAllConnections()
      server.close()
    },
  }
  return house
}

/** Resolves when `ready` says so. */
export async function until(ready: () => boolean, what = 'a condition'): Promise<void> {
  const end = performance.now() + 20_000
  while (!ready()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise((next) => setTimeout(next, 5))
  }
}

/** A door that one opens by hand. */
export function gate(): { open: () => void; opened: Promise<void> } {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

export const asText = (item: unknown) => (item as { text?: string }).text
