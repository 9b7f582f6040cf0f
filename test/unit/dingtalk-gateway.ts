import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { type PlatformServer, platformServer, type Reply } from './platform-server.ts'

/** One connection of a client, as the gateway sees it. */
export interface Caller {
  ticket: string
  socket: WebSocket
  /** Everything it sent. */
  acks: Ack[]
  /** Sends a frame; `data` goes out as text. */
  push(type: string, headers: Record<string, string>, data: unknown): void
  /** The next ack of a message. */
  acked(messageId: string): Promise<Ack>
  /** Resolves when the connection is closed. */
  gone: Promise<void>
}

export interface Ack {
  code: number
  headers: Record<string, string>
  message: string
  data: string
}

export interface Gateway {
  http: PlatformServer
  callers: Caller[]
  /** Resolves with the n-th connection (from 1). */
  caller(count: number): Promise<Caller>
  /** What connections/open answers in place of a ticket. */
  refusal?: Reply
  /** How many of the next tickets are refused. */
  badTickets: number
  close(): Promise<void>
}

/** A Stream gateway: tickets by HTTP, each good for one websocket. */
export async function openGateway(options: ServerOptions = {}): Promise<Gateway> {
  const tickets = new Set<string>()
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    verifyClient: ({ req }, answer) => {
      const ticket = ticketOf(req.url)
      const good = tickets.delete(ticket) && gateway.badTickets === 0
      if (!good) gateway.badTickets = Math.max(0, gateway.badTickets - 1)
      answer(good, 401)
    },
    ...options,
  })
  await once(server, 'listening')
  const endpoint = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/connect`
  let issued = 0
  const http = await platformServer(({ path }) => {
    assert.equal(path, '/v1.0/gateway/connections/open')
    if (gateway.refusal) return gateway.refusal
    const ticket = `t+${++issued}/=`
    tickets.add(ticket)
    return { json: { endpoint, ticket } }
  })
  const gateway: Gateway = {
    http,
    callers: [],
    badTickets: 0,
    async caller(count) {
      while (gateway.callers.length < count) await once(server, 'connection')
      return gateway.callers[count - 1] as Caller
    },
    async close() {
      for (const client of server.clients) client.terminate()
      server.close()
      await http.close()
    },
  }
  server.on('connection', (socket, request) => gateway.callers.push(callerOf(socket, ticketOf(request.url))))
  return gateway
}

function ticketOf(url = ''): string {
  return new URL(url, 'ws://gateway').searchParams.get('ticket') ?? ''
}

function callerOf(socket: WebSocket, ticket: string): Caller {
  const caller: Caller = {
    ticket,
    socket,
    acks: [],
    push(type, headers, data) {
      const frame = { specVersion: '1.0', type, headers: { contentType: 'application/json', ...headers } }
      socket.send(JSON.stringify({ ...frame, data: JSON.stringify(data) }))
    },
    async acked(messageId) {
      for (;;) {
        const place = caller.acks.findIndex(({ headers }) => headers.messageId === messageId)
        const [ack] = place < 0 ? [] : caller.acks.splice(place, 1)
        if (ack) return ack
        await once(socket, 'message')
      }
    },
    gone: new Promise((resolve) => {
      socket.on('close', () => resolve())
    }),
  }
  socket.on('message', (data) => caller.acks.push(JSON.parse(String(data)) as Ack))
  return caller
}
