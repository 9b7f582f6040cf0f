import { createHash } from 'node:crypto'
import type Koa from 'koa'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { z } from 'zod'
import type { Clock } from './clock.ts'
import { AppError, Invalid, PlatformError, TooLarge, TooMany } from './errors.ts'
import { newToken } from './ids.ts'
import { log } from './log.ts'
import type { Words } from './render.ts'

/**
 * Gives each request an id, logs it when it is done, and turns errors into answers: the only place that does. The app
 * takes its "now" from the header `Server-Time`, so that a phone whose clock is wrong counts down rightly.
 */
export function answering(words: Words, clock: Clock): Koa.Middleware {
  return async (ctx, next) => {
    const requestId = newToken().slice(0, 12)
    const began = performance.now()
    ctx.state.requestId = requestId
    ctx.set('X-Request-Id', requestId)
    ctx.set('Server-Time', String(clock.now()))
    try {
      await next()
    } catch (error) {
      answerError(ctx, words, asAppError(error), requestId)
    }
    const ms = Math.round(performance.now() - began)
    log.debug({ requestId, method: ctx.method, path: ctx.path, status: ctx.status, ms }, 'request')
  }
}

function answerError(ctx: Koa.Context, words: Words, error: unknown, requestId: string): void {
  const known = error instanceof AppError ? error : undefined
  if (!known) log.error({ requestId, method: ctx.method, path: ctx.path, err: error }, 'request failed')
  if (error instanceof PlatformError)
    log.warn({ requestId, method: ctx.method, path: ctx.path, err: error }, 'a platform did not do its part')
  if (error instanceof TooMany) ctx.set('Retry-After', String(Math.ceil(error.retryAfterMs / 1000)))
  ctx.status = known?.status ?? 500
  ctx.body = {
    error: {
      kind: known?.kind ?? 'internal',
      message: errorText(words, error),
      field: error instanceof Invalid ? error.field : undefined,
      requestId,
    },
  }
}

/** The sentence in which a person is told of an error; unknown ones get one calm sentence. */
export function errorText(words: Words, error: unknown): string {
  if (!(error instanceof AppError)) return words.text('messages/errors.internal')
  const where = ['messages/errors', 'messages/form-errors.form'].find((file) => words.has(`${file}.${error.why}`))
  return where ? words.text(`${where}.${error.why}`, error.data) : words.text('messages/errors.internal')
}

/** What body parsers and Koa itself throw, as one of our kinds. */
function asAppError(error: unknown): unknown {
  const { status, type } = error as { status?: number; type?: string }
  if (error instanceof AppError) return error
  if (status === 413) return new TooLarge('body_too_large')
  if (type === 'entity.parse.failed' || (status === 400 && error instanceof SyntaxError))
    return new Invalid('body', 'body_not_json')
  if (status === 400 || status === 415) return new Invalid('body', 'body_not_json')
  return error
}

/** Reads the request's body through a schema; throws Invalid with the first field that is wrong. */
export function bodyOf<T>(ctx: Koa.Context, schema: z.ZodType<T>): T {
  return through(schema, (ctx.request as { body?: unknown }).body ?? {})
}

/** Reads the request's query through a schema; throws Invalid. */
export function queryOf<T>(ctx: Koa.Context, schema: z.ZodType<T>): T {
  return through(schema, { ...ctx.query })
}

function through<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Invalid(issue?.path.join('.') || 'body', 'wrong_value')
}

/** Lets through at most `points` requests in `seconds` for each key; throws TooMany. */
export function rateLimit(points: number, seconds: number, keyOf: (ctx: Koa.Context) => string): Koa.Middleware {
  const limiter = new RateLimiterMemory({ points, duration: seconds })
  return async (ctx, next) => {
    try {
      await limiter.consume(keyOf(ctx))
    } catch (refused) {
      if (refused instanceof Error) throw refused
      throw new TooMany((refused as { msBeforeNext: number }).msBeforeNext)
    }
    await next()
  }
}

/** Answers with a body under an ETag, or with 304 when the asker has it already. */
export function tagged(ctx: Koa.Context, body: object): void {
  ctx.status = 200
  ctx.etag = createHash('sha1').update(JSON.stringify(body)).digest('base64url')
  // Compared by hand: clients that set the header themselves add `no-cache`, with which Koa calls nothing fresh.
  if (ctx.get('If-None-Match') === ctx.response.get('ETag')) ctx.status = 304
  else ctx.body = body
}

const REPEAT_KEY = /^[\x21-\x7e]{1,64}$/

/** What a request is named by that may come twice: the same key again is the same request. Throws Invalid. */
export function repeatKey(ctx: Koa.Context): string | undefined {
  const key = ctx.get('Idempotency-Key')
  if (!key) return undefined
  if (!REPEAT_KEY.test(key)) throw new Invalid('Idempotency-Key', 'wrong_value')
  return key
}

/** Whose request it is, for limits: the signed-in person's, or the address's. */
export function requester(ctx: Koa.Context): string {
  return ctx.get('Authorization') || ctx.ip
}

/** The headers that every page and answer carries. */
export const safeHeaders: Koa.Middleware = async (ctx, next) => {
  ctx.set('X-Content-Type-Options', 'nosniff')
  ctx.set('Referrer-Policy', 'no-referrer')
  ctx.set('X-Frame-Options', 'SAMEORIGIN')
  await next()
}
