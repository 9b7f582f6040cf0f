import { randomBytes } from 'node:crypto'
import Koa from 'koa'
import type Router from 'koa-router'
import { type DoorFaults, faultDoor } from './fault-door.ts'

/** An error in the platforms' way: HTTP 200 and an errcode. */
export class Refusal extends Error {
  constructor(
    readonly errcode: number,
    readonly errmsg: string,
  ) {
    super(`${errcode} ${errmsg}`)
  }
}

/** The faults that both platforms share. */
export interface ListenerFaults extends DoorFaults {
  errcodes: number[]
}

/** Nothing is wrong. */
export function noFaults(): ListenerFaults {
  return { down: false, slowMs: 0, errcodes: [], loseAnswers: 0 }
}

interface PlatformOptions {
  faults: ListenerFaults
  calls: Map<string, number>
  routes: Router
  /** Calls that the errcode queue leaves alone: tokens and logins. */
  spared: Set<string>
  /** The hints that the platform adds to an error text. */
  decorate: (refusal: Refusal) => string
}

/** The Koa application of one platform: faults first, then its routes, errors in wire form. */
export function platformApp({ faults, calls, routes, spared, decorate }: PlatformOptions): Koa {
  const app = new Koa()
  // A client that is gone in the middle of a request is no event worth a line.
  app.silent = true
  app.use((ctx, next) => {
    calls.set(ctx.path, (calls.get(ctx.path) ?? 0) + 1)
    return next()
  })
  app.use(faultDoor(faults, ({ path }) => !spared.has(path)))
  app.use(async (ctx, next) => {
    const queued = spared.has(ctx.path) ? undefined : faults.errcodes.shift()
    try {
      if (queued !== undefined) throw new Refusal(queued, TEXTS[queued] ?? 'error')
      await next()
      if (ctx.status === 404 && ctx.body === undefined) throw new Refusal(-1, 'unknown api')
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      ctx.status = 200
      ctx.body = { errcode: error.errcode, errmsg: decorate(error) }
    }
  })
  app.use(routes.routes())
  return app
}

/** The bytes of a request; more than `limit` is refused with 45001. */
export async function bodyBytes(ctx: Koa.Context, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw new Refusal(45001, 'media size out of limit')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The JSON object of a request, whatever its content type says, as the platforms read it. */
export async function jsonBody(ctx: Koa.Context): Promise<Record<string, unknown>> {
  const text = (await bodyBytes(ctx, 2 * 1024 * 1024)).toString('utf8')
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // refused below, as any other text that is not an object
  }
  throw new Refusal(47001, text === '' ? 'empty post data' : 'data format error')
}

const TEXTS: Record<number, string> = {
  [-1]: 'system busy',
  40001: 'invalid credential',
  40014: 'invalid access_token',
  42001: 'access_token expired',
  45009: 'api freq out of limit',
  45033: 'too many concurrent api calls',
  45011: 'api minute-quota reach limit, must slower, retry next minute',
  43101: 'user refuse to accept the msg',
}

/** A new unguessable value of the platforms (tokens, codes, media ids). */
export function fresh(prefix: string, bytes = 18): string {
  return `${prefix}${randomBytes(bytes).toString('base64url')}`
}
