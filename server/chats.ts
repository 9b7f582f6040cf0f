import type Router from 'koa-router'
import { staffChannel } from '../bot/channel.ts'
import type { Chat } from '../bot/chat.ts'
import { changeContact, readBook, readWholeBook } from '../bot/contacts.ts'
import { dingtalkChat } from '../bot/dingtalk-chat.ts'
import { dingtalkDoor, dingtalkHandler } from '../bot/dingtalk-door.ts'
import { hangMenu } from '../bot/greet.ts'
import { groupChannel, tendRooms } from '../bot/groups.ts'
import { fetchPictures } from '../bot/media.ts'
import { endStaleRequests, useAdmins } from '../bot/strangers.ts'
import { botWords, wecomBotDoor, wecomBotHandler } from '../bot/wecom-bot-door.ts'
import { wecomChat } from '../bot/wecom-chat.ts'
import { wecomDoor } from '../bot/wecom-door.ts'
import { workRoutes } from '../bot/work.ts'
import { workbenchRoutes } from '../bot/workbench.ts'
import { channel } from './engines/messages/channel.ts'
import type { Change } from './engines/staff/book.ts'
import { type House, quietRule } from './house.ts'
import { type Duty, wakeable } from './jobs.ts'
import { log } from './lib/log.ts'
import type { DingtalkHandler } from './platforms/dingtalk-acks.ts'
import { cardSecret } from './platforms/dingtalk-sign.ts'
import { type DingtalkStream, dingtalkStream } from './platforms/dingtalk-stream.ts'
import { wecomBotCallback } from './platforms/wecom-bot-callback.ts'
import { wecomBotLink } from './platforms/wecom-bot-link.ts'
import { wecomBotTurns } from './platforms/wecom-bot-turns.ts'
import { authorizeUrl } from './platforms/wecom-oauth.ts'
import { type WecomWebhook, wecomWebhook } from './platforms/wecom-webhook.ts'

/** The work chats of this house. */
export interface Chats {
  /** Their doors, to be named in the app. */
  routers: Router[]
  duties: Duty[]
  /** Connects and reads the address books, once the doors are open. */
  open(): Promise<void>
  close(): Promise<void>
}

/** Puts the configured work chats together: the ways out to staff and groups, the doors in, the duties. */
export function makeChats(house: House, baseUrl: string): Chats {
  const { db, words, shelf, wecom, wecomCallback, dingtalk, dingtalkCallback } = house
  const chats = chatsOf(house)
  channel('staff', staffChannel({ words, chats, baseUrl, notBefore: quietRule(shelf) }))
  channel('group', groupChannel({ words, wecom, robots: robotsOf(house) }))
  useAdmins(() => shelf.admins)
  const contacts = wakeable(() => readContacts(house, chats))
  const heard = {
    db,
    words,
    onContacts: async (platform: string, change: Change) => {
      await changeContact(db, { platform }, change)
      contacts.poke()
    },
  }
  const assistant = openAssistant(house, baseUrl)
  const handler = dingtalk && dingtalkHandler({ ...heard, dingtalk })
  let stream: DingtalkStream | undefined
  return {
    routers: [
      wecomDoor({ ...heard, callback: wecomCallback }),
      ...assistant.routers,
      ...(handler && dingtalkCallback ? [dingtalkDoor(handler, dingtalkCallback)] : []),
      workRoutes(house),
      ...workbench(house, baseUrl),
    ],
    duties: botDuties(house, chats),
    async open() {
      stream = handler && (await openStream(house, baseUrl, handler))
      await readAtStart(house, chats)
      if (wecom) await hangMenu(wecom, words)
    },
    async close() {
      await stream?.stop()
      await assistant.stop()
      await contacts.idle()
    },
  }
}

/** The work chats that are configured, in the order in which people without a wish are told on them. */
function chatsOf({ wecom, dingtalk }: House): Chat[] {
  return [...(wecom ? [wecomChat(wecom)] : []), ...(dingtalk ? [dingtalkChat(dingtalk)] : [])]
}

/** The robots of the company's group chats, by the names that packs use. */
function robotsOf({ config: { groupRobots, wecom } }: House): Map<string, WecomWebhook> {
  const apiBase = wecom?.apiBase ?? 'https://qyapi.weixin.qq.com'
  return new Map(Object.entries(groupRobots).map(([name, key]) => [name, wecomWebhook({ key, apiBase })]))
}

/** The workbench's page, where WeCom tells who opens it. */
function workbench({ config, db, words, wecom }: House, baseUrl: string): Router[] {
  const settings = config.wecom
  if (!wecom || !settings) return []
  const signIn = (redirectUri: string, state: string) => authorizeUrl(settings, redirectUri, state)
  return [workbenchRoutes({ db, words, wecom, baseUrl, signIn })]
}

/** WeCom's AI bot in the mode that is configured: an HTTP door, or a connection of its own. */
function openAssistant({ config, db, words, clock }: House, baseUrl: string) {
  const settings = config.wecomBot
  if (!settings) return { routers: [], stop: () => undefined }
  const handler = wecomBotHandler({ db, words, baseUrl })
  const own = { words: botWords(words), clock }
  const { botId, secret, token, encodingAesKey, wsUrl } = settings
  if (secret) {
    const link = wecomBotLink({ ...own, botId, secret, wsUrl }, handler)
    return { routers: [], stop: async () => link.stop() }
  }
  if (!token || !encodingAesKey) throw new Error('the AI bot has neither secret nor token')
  const door = wecomBotCallback({ token, encodingAesKey, maxAgeS: config.callbackMaxAgeS })
  return { routers: [wecomBotDoor(door, wecomBotTurns(own, handler))], stop: () => undefined }
}

/** DingTalk's callbacks over Stream; with it off they come to the HTTP door, which has to be told to the platform. */
async function openStream(
  { config, dingtalk }: House,
  baseUrl: string,
  take: DingtalkHandler,
): Promise<DingtalkStream | undefined> {
  const settings = config.dingtalk
  if (!settings || !dingtalk) return undefined
  if (settings.stream) {
    const stream = dingtalkStream(settings, take)
    stream.start()
    return stream
  }
  try {
    await dingtalk.registerCardCallback(`${baseUrl}/callbacks/dingtalk-card`, cardSecret(settings.appSecret))
  } catch (error) {
    log.warn({ err: error }, 'DingTalk was not told where card presses go; those registered before stay in force')
  }
  return undefined
}

function botDuties(house: House, chats: Chat[]): Duty[] {
  if (chats.length === 0) return []
  const { wecom } = house
  return [
    ...(wecom ? [{ name: 'tend rooms', every: '5 seconds', run: () => tendRooms(house.db, wecom) }] : []),
    { name: 'fetch pictures', every: '3 seconds', run: () => fetchPictures(house.db, chats) },
    { name: 'read address book', every: '20 seconds', run: () => readContacts(house, chats) },
    { name: 'end link requests', every: '20 seconds', run: () => endStaleRequests(house.db) },
  ]
}

/** Reads of every platform's address book what is due. */
async function readContacts({ db, shelf }: House, chats: Chat[]): Promise<number> {
  let read = 0
  for (const chat of chats) read += await readBook(db, chat, shelf)
  return read
}

/** What changed while the house was closed is read before anybody comes in; what cannot be read is tried again. */
async function readAtStart({ db, shelf }: House, chats: Chat[]): Promise<void> {
  for (const chat of chats) {
    try {
      await readWholeBook(db, chat, shelf)
    } catch (error) {
      log.warn({ platform: chat.platform, err: error }, 'the address book could not be read; the duty will try again')
    }
  }
}
