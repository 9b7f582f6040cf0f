import { randomInt, randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { SECOND } from '../lib/clock.ts'
import { isRecord } from './dingtalk-card-rules.ts'
import { NewRefusal } from './dingtalk-listener.ts'
import type { Ack, DingtalkWorld, Link } from './dingtalk-world.ts'
import { fresh } from './listener.ts'

const TICKET_LIFE = 90 * SECOND

/** gateway/connections/open: a ticket for one connection within 90 s. Source: PLATFORMS.md §5.7. */
export function openConnection(
  world: DingtalkWorld,
  request: Record<string, unknown>,
): { endpoint: string; ticket: string } {
  if (request.clientId !== world.app.appKey || request.clientSecret !== world.app.appSecret)
    throw new NewRefusal('authFailed', '鉴权失败', 401)
  const { subscriptions } = request
  if (!Array.isArray(subscriptions) || subscriptions.length === 0)
    throw new NewRefusal('invalidParameter.subscriptions', 'subscriptions is empty')
  const ticket = fresh('', 24)
  world.tickets.set(ticket, {
    expiresAt: world.clock.now() + TICKET_LIFE,
    subscriptions: subscriptions.map((one) => ({ type: String(one?.type), topic: String(one?.topic) })),
  })
  return { endpoint: `${world.base().replace(/^http/, 'ws')}/connect`, ticket }
}

/** The door of the Stream connections. */
export interface StreamDoor {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  close(): void
}

/** Lets Stream connections in, one for each ticket. */
export function streamDoor(world: DingtalkWorld): StreamDoor {
  const server = new WebSocketServer({ noServer: true, autoPong: false })
  return {
    upgrade(request, socket, head) {
      const { faults } = world
      if (faults.down === 'reset') return void socket.destroy()
      const ticket = new URL(request.url ?? '/', 'http://stream').searchParams.get('ticket') ?? ''
      const known = world.tickets.get(ticket)
      world.tickets.delete(ticket)
      if (faults.down || faults.ticketsRefused || !known || known.expiresAt <= world.clock.now())
        return void socket.end(
          `HTTP/1.1 ${faults.down || 401} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
        )
      server.handleUpgrade(request, socket, head, (webSocket) => {
        welcome(world, { id: randomUUID(), socket: webSocket, subscriptions: known.subscriptions, leaving: false })
      })
    },
    close() {
      for (const { socket } of world.links) socket.terminate()
      server.close()
    },
  }
}

function welcome(world: DingtalkWorld, link: Link): void {
  const { socket } = link
  let pinging: NodeJS.Timeout
  const pingLater = () => {
    pinging = setTimeout(() => {
      void pingOnce(world, link)
      pingLater()
    }, world.timing.pingMs)
  }
  world.links.add(link)
  socket.on('ping', (data) => void (world.faults.streamSilent || socket.pong(data)))
  socket.on('message', (bytes) => void (world.faults.streamSilent || hear(world, String(bytes))))
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    clearTimeout(pinging)
    world.links.delete(link)
  })
  sendSystem(world, link, 'CONNECTED', {})
  sendSystem(world, link, 'REGISTERED', {})
  pingLater()
}

async function pingOnce(world: DingtalkWorld, link: Link): Promise<void> {
  const data = { opaque: randomUUID() }
  world.pings.sent++
  const ack = await sendFrame(world, link, { type: 'SYSTEM', topic: 'ping', data }, world.timing.pingMs)
  if (ack?.code === 200 && ack.data === JSON.stringify(data)) world.pings.echoed++
}

/** An acknowledgement goes to who waits for it; anything else is ignored, as the platform does. */
function hear(world: DingtalkWorld, text: string): void {
  try {
    const frame: unknown = JSON.parse(text)
    if (!isRecord(frame) || !isRecord(frame.headers)) return
    const waiting = world.acks.get(String(frame.headers.messageId))
    world.acks.delete(String(frame.headers.messageId))
    waiting?.({ code: Number(frame.code), data: typeof frame.data === 'string' ? frame.data : '' })
  } catch {
    // not a frame
  }
}

/** What is sent to the product. */
export interface Frame {
  type: 'EVENT' | 'CALLBACK' | 'SYSTEM'
  topic: string
  data: unknown
  headers?: Record<string, string>
}

/** One of the connections that want this, at random: several share the load. */
export function linkFor(world: DingtalkWorld, type: Frame['type'], topic: string): Link | undefined {
  const fit = [...world.links].filter(
    ({ leaving, subscriptions }) =>
      !leaving && subscriptions.some((one) => one.type === type && (one.topic === topic || one.topic === '*')),
  )
  return fit[fit.length > 1 ? randomInt(fit.length) : 0]
}

/**
 * Sends a frame and waits so long for its acknowledgement; `onAck` hears it even when it comes later. Copies asked for
 * by `duplicateCallbacks` have the same message id and may reach another connection; the first answer counts.
 */
export function sendFrame(
  world: DingtalkWorld,
  link: Link,
  frame: Frame,
  waitMs: number,
  onAck?: (ack: Ack) => void,
): Promise<Ack | undefined> {
  return new Promise((tell) => {
    const messageId = fresh('', 15)
    const timeout = setTimeout(() => {
      if (!onAck) world.acks.delete(messageId)
      tell(undefined)
    }, waitMs)
    world.acks.set(messageId, (ack) => {
      clearTimeout(timeout)
      onAck?.(ack)
      tell(ack)
    })
    post(world, link, frame, messageId)
    if (frame.type === 'SYSTEM') return
    for (let copy = 0; copy < world.faults.duplicateCallbacks; copy++)
      post(world, linkFor(world, frame.type, frame.topic) ?? link, frame, messageId)
  })
}

/** Says "disconnect" and closes a little later; nothing new goes to this connection. */
export function dismiss(world: DingtalkWorld, link: Link): void {
  link.leaving = true
  sendSystem(world, link, 'disconnect', { reason: 'connection is expired' })
  setTimeout(() => link.socket.close(), world.timing.closeAfterMs).unref()
}

function sendSystem(world: DingtalkWorld, link: Link, topic: string, data: unknown): void {
  post(world, link, { type: 'SYSTEM', topic, data }, fresh('', 15))
}

function post(world: DingtalkWorld, link: Link, { type, topic, data, headers }: Frame, messageId: string): void {
  const frame = {
    specVersion: '1.0',
    type,
    headers: {
      appId: world.app.appKey,
      connectionId: link.id,
      contentType: 'application/json',
      messageId,
      time: String(world.clock.now()),
      topic,
      ...headers,
    },
    data: JSON.stringify(data),
  }
  if (!world.faults.streamSilent) link.socket.send(JSON.stringify(frame))
}
