import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request as it came in. */
export interface Received {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: Buffer
  json<T>(): T
}

/** An answer; a `json` object goes out as WeCom and WeChat send it, and 'silence' never comes. */
export type Reply =
  | { json: unknown; type?: string }
  | { status?: number; headers?: Record<string, string | Buffer>; body: string | Buffer }
  | 'silence'
  | 'hang up'

export interface PlatformServer {
  base: string
  requests: Received[]
  /** The requests of one path. */
  to(path: string): Received[]
  /** The newest request; throws when there is none. */
  last(): Received
  close(): Promise<void>
}

/** A loopback HTTP server in the place of a platform. */
export async function platformServer(answer: (request: Received) => Reply | Promise<Reply>): Promise<PlatformServer> {
  const requests: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const url = new URL(request.url ?? '/', 'http://platform')
    const body = Buffer.concat(chunks)
    const received: Received = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
      json: <T>() => JSON.parse(body.toString('utf8')) as T,
    }
    requests.push(received)
    const reply = await answer(received)
    if (reply === 'silence') return
    if (reply === 'hang up') return void request.socket.destroy()
    if ('json' in reply) {
      response.setHeader('content-type', reply.type ?? 'application/json; charset=UTF-8')
      return void response.end(JSON.stringify(reply.json))
    }
    response.statusCode = reply.status ?? 200
    for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value.toString('latin1'))
    response.end(reply.body)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    last() {
      const newest = requests.at(-1)
      if (!newest) throw new Error('nothing was asked of the platform')
      return newest
    },
    to: (path) => requests.filter((request) => request.path === path),
    close: () =>
      new Promise((closed) => {
        server.closeAllConnections()
        server.close(() => closed())
      }),
  }
}
