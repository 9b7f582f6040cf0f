import type Router from 'koa-router'
import { staffChannel } from '../bot/channel.ts'
import type { Chat } from '../bot/chat.ts'
import { booksDue, changeContact, readBook, readWholeBook } from '../bot/contacts.ts'
import { dingtalkChat } from '../bot/dingtalk-chat.ts'
import { dingtalkDoor, dingtalkHandler } from '../bot/dingtalk-door.ts'
import { dingtalkRobot, dingtalkRooms } from '../bot/dingtalk-groups.ts'
import { knowingNotices, noticePlaces } from '../bot/dingtalk-notices.ts'
import { hangMenu } from '../bot/greet.ts'
import { type GroupRobot, groupChannel, type RoomPlace, roomsDue, tendRooms } from '../bot/groups.ts'
import { fetchPictures, picturesDue } from '../bot/media.ts'
import { endStaleRequests, requestsDue, useAdmins } from '../bot/strangers.ts'
import { botWords, wecomBotDoor, wecomBotHandler } from '../bot/wecom-bot-door.ts'
import { wecomChat } from '../bot/wecom-chat.ts'
import { wecomDoor } from '../bot/wecom-door.ts'
import { wecomRobot, wecomRooms } from '../bot/wecom-groups.ts'
import { workRoutes } from '../bot/work.ts'
import { type SignIn, workbenchRoutes } from '../bot/workbench.ts'
import type { Duty } from './duties.ts'
import { channel } from './engines/messages/channel.ts'
import type { Change } from './engines/staff/book.ts'
import { type House, quietRule } from './house.ts'
import { wakeable } from './jobs.ts'
import { log } from './lib/log.ts'
import { type OnlyOne, onlyOne } from './lib/only-one.ts'
import type { DingtalkHandler } from './platforms/dingtalk-acks.ts'
import { dingtalkAuthorizeUrl } from './platforms/dingtalk-oauth.ts'
import { cardSecret } from './platforms/dingtalk-sign.ts'
import { type DingtalkStream, dingtalkStream } from './platforms/dingtalk-stream.ts'
import { wecomBotCallback } from './platforms/wecom-bot-callback.ts'
import { wecomBotTurns } from './platforms/wecom-bot-turns.ts'
import { authorizeUrl } from './platforms/wecom-oauth.ts'
import { wecomWebhook } from './platforms/wecom-webhook.ts'

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
  channel('staff', knowingNotices(staffChannel({ words, chats, baseUrl, notBefore: quietRule(shelf) })))
  channel('group', groupChannel({ words, robots: robotsOf(house), places: roomPlacesOf(house) }))
  shelf.knowRobots(Object.keys(house.config.groupRobots))
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
  const assistant = makeAssistant(house, baseUrl)
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
      await assistant.open()
      stream = handler && (await openStream(house, baseUrl, handler))
      await readAtStart(house, chats)
      if (wecom) await hangMenu(wecom, words)
    },
    async close() {
      await stream?.stop()
      await assistant.close()
      await contacts.idle()
    },
  }
}

/** The work chats that are configured, in the order in which people without a wish are told on them. */
function chatsOf({ db, words, wecom, dingtalk }: House): Chat[] {
  const takePlace = noticePlaces(db)
  return [...(wecom ? [wecomChat(wecom)] : []), ...(dingtalk ? [dingtalkChat({ dingtalk, takePlace, words })] : [])]
}

/** The robots of the company's group chats, by the names that packs use. */
function robotsOf({ config: { groupRobots, wecom, dingtalk } }: House): Map<string, GroupRobot> {
  const apiBase = wecom?.apiBase ?? 'https://qyapi.weixin.qq.com'
  const oapiBase = dingtalk?.oapiBase ?? 'https://oapi.dingtalk.com'
  const robots = Object.entries(groupRobots).map(([name, robot]): [string, GroupRobot] => [
    name,
    robot.platform === 'wecom' ? wecomRobot(wecomWebhook({ key: robot.key, apiBase })) : dingtalkRobot(oapiBase, robot),
  ])
  return new Map(robots)
}

/** The work chats that can have rooms, in the order in which they are preferred. */
function roomPlacesOf({ config, wecom, dingtalk }: House): RoomPlace[] {
  const group = config.dingtalk?.roomGroup
  return [...(wecom ? [wecomRooms(wecom)] : []), ...(dingtalk && group ? [dingtalkRooms(dingtalk, group)] : [])]
}

/** The workbench's page, where the work chats tell who opens it. */
function workbench({ db, words, ...house }: House, baseUrl: string): Router[] {
  const ways = signInsOf(house)
  return ways.length > 0 ? [workbenchRoutes({ db, words, ways, baseUrl })] : []
}

function signInsOf({ config, wecom, dingtalk }: Pick<House, 'config' | 'wecom' | 'dingtalk'>): SignIn[] {
  const ways: SignIn[] = []
  const { wecom: ofWecom, dingtalk: ofDingtalk } = config
  if (wecom && ofWecom) {
    ways.push({
      platform: 'wecom',
      away: (redirectUri, state) => authorizeUrl(ofWecom, redirectUri, state),
      async visitor(code) {
        const visitor = await wecom.visitor(code)
        return 'userid' in visitor ? visitor.userid : undefined
      },
    })
  }
  if (dingtalk && ofDingtalk) {
    ways.push({
      platform: 'dingtalk',
      away: (redirectUri, state) => dingtalkAuthorizeUrl(ofDingtalk.appKey, redirectUri, state),
      visitor: (code) => dingtalk.visitor(code),
    })
  }
  return ways
}

/** WeCom's AI bot as one process has it. */
export interface Assistant {
  routers: Router[]
  /** Links it, if no other process has: the platform keeps one connection for each bot. */
  open(): Promise<void>
  close(): Promise<void>
}

const WITHOUT_LINK = { open: async () => undefined, close: async () => undefined }

/** WeCom's AI bot in the mode that is configured: an HTTP door, or a connection that one process at a time has. */
export function makeAssistant(
  { config, db, words, clock }: Pick<House, 'config' | 'db' | 'words' | 'clock'>,
  baseUrl: string,
): Assistant {
  const settings = config.wecomBot
  if (!settings) return { routers: [], ...WITHOUT_LINK }
  const handler = wecomBotHandler({ db, words, baseUrl })
  const own = { words: botWords(words), clock }
  const { botId, secret, token, encodingAesKey, wsUrl } = settings
  if (secret) {
    let linked: OnlyOne | undefined
    return {
      routers: [],
      async open() {
        // The platform's library is a tenth of what is loaded at a start: whoever has no such bot does without.
        const { wecomBotLink } = await import('./platforms/wecom-bot-link.ts')
        linked = onlyOne({ db, clock, name: `wecom_bot:${botId}` }, () => {
          const link = wecomBotLink({ ...own, botId, secret, wsUrl }, handler)
          return () => link.stop()
        })
        await linked.open()
      },
      close: async () => linked?.close(),
    }
  }
  if (!token || !encodingAesKey) throw new Error('the AI bot has neither secret nor token')
  const door = wecomBotCallback({ token, encodingAesKey, maxAgeS: config.callbackMaxAgeS })
  return { routers: [wecomBotDoor(door, wecomBotTurns(own, handler))], ...WITHOUT_LINK }
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
  const places = roomPlacesOf(house)
  return [
    { name: 'tend rooms', every: '5 seconds', also: [roomsDue], run: () => tendRooms(house.db, places) },
    { name: 'fetch pictures', every: '3 seconds', also: [picturesDue], run: () => fetchPictures(house.db, chats) },
    { name: 'read address book', every: '20 seconds', also: booksDue, run: () => readContacts(house, chats) },
    { name: 'end link requests', every: '20 seconds', also: [requestsDue], run: () => endStaleRequests(house.db) },
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
