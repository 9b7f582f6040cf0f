import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type WebSocket, WebSocketServer } from 'ws'
import { Refusal } from './listener.ts'
import { expireStream, respond, sendOwn, updateCard, welcome } from './wecom-bot-reply.ts'
import { type BotWorld, countFrame, type Exchange, nextBotId, openExchange, REPLY_LIFE } from './wecom-bot-world.ts'

/*
 * The long connection: text frames {cmd, headers: {req_id}, body}, acknowledged without cmd. Source: WeCom docs 101463
 * (PLATFORMS.md §3.2).
 */

export const BOT_PATH = '/wecom-bot'

interface Frame {
  cmd: string
  reqId: string
  body: Record<string, unknown>
}

export interface BotServer {
  /** Takes connections to BOT_PATH; false for all others. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  close(): void
}

/** The websocket end of the bot's platform: one live connection, and the newest subscription wins. */
export function botServer(world: BotWorld): BotServer {
  const server = new WebSocketServer({ noServer: true })
  server.on('connection', (socket) => {
    socket.on('message', (data) => answer(world, socket, String(data)))
    socket.on('close', () => {
      if (world.link === socket) world.link = null
    })
    socket.on('error', () => socket.terminate())
  })
  return {
    upgrade(request, socket, head) {
      if (request.url?.split('?')[0] !== BOT_PATH) return false
      if (world.faults.down) socket.destroy()
      else server.handleUpgrade(request, socket, head, (opened) => server.emit('connection', opened, request))
      return true
    },
    close() {
      for (const socket of server.clients) socket.terminate()
      server.close()
    },
  }
}

function answer(world: BotWorld, socket: WebSocket, text: string): void {
  const frame = readFrame(text)
  if (frame?.cmd === 'aibot_subscribe' && world.faults.deafSubscriptions > 0) {
    world.faults.deafSubscriptions--
    return
  }
  const say = (ack: object) => socket.send(JSON.stringify(ack))
  // A frame in which something is missing is answered without its req_id, so the client waits in vain.
  if (!frame) {
    say({ errcode: 40058, errmsg: 'invalid argument: missing field' })
    return
  }
  const { cmd, reqId } = frame
  const own = cmd === 'aibot_subscribe' || cmd === 'ping'
  let ack: { errcode: number; errmsg: string } = { errcode: 0, errmsg: 'ok' }
  try {
    const queued = own ? undefined : world.faults.errcodes.shift()
    if (queued !== undefined) throw new Refusal(queued, 'error')
    if (cmd === 'aibot_subscribe') subscribe(world, socket, frame)
    else if (world.link !== socket) throw new Refusal(40058, 'not subscribed')
    else if (cmd !== 'ping') carryOut(world, frame)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    ack = { errcode: error.errcode, errmsg: error.errmsg }
  }
  if (!own) world.frames.push({ cmd, body: frame.body, errcode: ack.errcode })
  if (!own && world.faults.loseAcks > 0) {
    world.faults.loseAcks--
    return
  }
  const nameless = ack.errcode === 40058 && !own
  say(nameless ? ack : { headers: { req_id: reqId }, ...ack })
}

function readFrame(text: string): Frame | undefined {
  try {
    const { cmd, headers, body = {} } = JSON.parse(text)
    const reqId = headers?.req_id
    if (typeof cmd !== 'string' || typeof reqId !== 'string' || reqId === '' || typeof body !== 'object')
      return undefined
    return { cmd, reqId, body }
  } catch {
    return undefined
  }
}

/** A newer subscription has the older connection told and closed. The numbers of its refusals are not documented. */
function subscribe(world: BotWorld, socket: WebSocket, { body }: Frame): void {
  if (world.app.mode !== 'link') throw new Refusal(40058, 'the bot is in callback mode')
  if (body.bot_id !== world.app.botId || body.secret !== world.app.secret)
    throw new Refusal(40001, 'invalid credential')
  const older = world.link
  world.link = socket
  world.subscriptions++
  if (!older || older === socket) return
  const event = { ...head(world), msgtype: 'event', event: { eventtype: 'disconnected_event' } }
  older.send(JSON.stringify({ cmd: 'aibot_event_callback', headers: { req_id: nextBotId(world, 'q') }, body: event }))
  older.close()
}

const ANSWERS: Record<string, typeof respond> = {
  aibot_respond_msg: respond,
  aibot_respond_welcome_msg: welcome,
  aibot_respond_update_msg: updateCard,
}

function carryOut(world: BotWorld, { cmd, reqId, body }: Frame): void {
  if (cmd === 'aibot_send_msg') {
    push(world, body)
    return
  }
  const answer = Object.hasOwn(ANSWERS, cmd) ? ANSWERS[cmd] : undefined
  if (!answer) throw new Refusal(40058, 'invalid argument: cmd')
  const exchange = world.exchanges.get(reqId)
  if (!exchange || world.clock.now() - exchange.at >= REPLY_LIFE) throw new Refusal(846605, 'invalid req_id')
  countFrame(world, exchange.chat)
  answer(world, exchange, body)
}

/** Only where somebody has spoken to the bot before; the number of that refusal is not documented. */
function push(world: BotWorld, body: Record<string, unknown>): void {
  const { chatid } = body
  if (typeof chatid !== 'string' || chatid === '') throw new Refusal(86201, 'missing chatid')
  const spoken = world.state.chats[chatid]?.some((item) => item.from === 'person')
  if (!spoken) throw new Refusal(81013, 'no conversation with the bot')
  countFrame(world, chatid)
  sendOwn(world, chatid, body)
}

/** Sends a frame to the bot's connection and waits for what comes of it; false when nobody is connected. */
export async function pushToLink(
  world: BotWorld,
  exchange: Exchange,
  cmd: 'aibot_msg_callback' | 'aibot_event_callback',
  body: Record<string, unknown>,
): Promise<boolean> {
  const { link } = world
  if (!link) return false
  openExchange(world, exchange)
  for (let copy = 0; copy <= world.faults.duplicates; copy++) {
    world.pushed.push(body)
    link.send(JSON.stringify({ cmd, headers: { req_id: exchange.reqId }, body }))
  }
  let heardAt = performance.now()
  let heard = 0
  while (!exchange.done && !expireStream(world, exchange)) {
    const frames = exchange.frames.length
    // A stream that was begun is followed as long as its connection stands; all else, for a moment.
    if (frames !== heard || (frames > 0 && world.link)) heardAt = performance.now()
    heard = frames
    if (performance.now() - heardAt > world.limits.patienceMs) break
    await sleep(10)
  }
  return true
}

/** What every push begins with. */
export function head(world: BotWorld): Record<string, unknown> {
  return {
    msgid: nextBotId(world, 'M'),
    create_time: Math.floor(world.clock.now() / 1000),
    aibotid: world.app.botId,
  }
}
