import { openCipher } from './cipher.ts'
import type { WecomBotStandIn } from './wecom-bot.ts'
import { wecomBotClient } from './wecom-bot-client.ts'
import { BOT_PATH, type BotServer, botServer } from './wecom-bot-socket.ts'
import { type BotApp, type BotWorld, botWorld } from './wecom-bot-world.ts'

/** The AI bot's platform, ready to be called. */
export interface OpenWecomBot {
  world: BotWorld
  client: WecomBotStandIn
  /** The websocket end; its address is the listener's with this path. */
  server: BotServer
  path: string
}

/** Opens the stand-in of one AI bot; in-house bots have an empty receiveid. */
export function openWecomBot(
  app: BotApp,
  house: Omit<Parameters<typeof botWorld>[1], 'cipher' | 'callbackUrl'> & { productUrl: () => string },
): OpenWecomBot {
  const world = botWorld(app, {
    ...house,
    callbackUrl: () => `${house.productUrl()}/callbacks/wecom-bot`,
    cipher: openCipher(app.token, app.encodingAesKey, ''),
  })
  return { world, client: wecomBotClient(world), server: botServer(world), path: BOT_PATH }
}
