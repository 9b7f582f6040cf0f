import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { unlink } from 'node:fs/promises'
import formidable from 'formidable'
import type Koa from 'koa'
import Router from 'koa-router'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { z } from 'zod'
import type { Database } from '../../lib/db.ts'
import { Conflict, Invalid, NotFound, TooLarge, TooMany } from '../../lib/errors.ts'
import { queryOf, rateLimit } from '../../lib/http.ts'
import type { ApiDoor, SentFile } from './door.ts'
import type { ApiKey } from './key.ts'
import { isNewDay, keyBehind, mustMay, noteUse } from './keys.ts'
import { readBy } from './objection.ts'
import { once, repeatOf } from './repeats.ts'

/** Below this path every door asks for a key; but what describes the doors is open. */
export const API = '/api/v1'
export const OPEN_PATHS = new Set([`${API}/openapi.json`])
const MOST_UPLOAD = 200 * 1024 * 1024
const WRONG_KEYS_A_MINUTE = 60

/**
 * Lets only known keys come in below /api/v1, each as often as it may, before anything of a body is read. Whoever tries
 * out keys is soon sent away.
 */
export function apiKeys(db: Database): Koa.Middleware {
  const uses = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: 60 })
  const wrong = rateLimit(WRONG_KEYS_A_MINUTE, 60, (ctx) => ctx.ip)
  return async (ctx, next) => {
    if (!isApi(ctx) || OPEN_PATHS.has(ctx.path)) return next()
    const [key, now] = await db
      .read(async (tx) => [await keyBehind(tx, ctx.get('Authorization')), tx.now] as const)
      .catch(async (error) => {
        await wrong(ctx, async () => undefined)
        throw error
      })
    const { consumedPoints, msBeforeNext } = await uses.consume(key.id)
    if (consumedPoints > key.perMinute) throw new TooMany(msBeforeNext)
    if (isNewDay(key, now)) await db.write((tx) => noteUse(tx, key.id))
    ctx.state.apiKey = key
    return next()
  }
}

/** Whether a request is for a door of outside systems. */
export function isApi({ path }: Koa.Context): boolean {
  return path.startsWith(`${API}/`) || path === API
}

/** The doors of /api/v1, and a clear word where there is none. */
export function apiRoutes({ db, doors }: { db: Database; doors: ApiDoor[] }): Router {
  const router = new Router({ prefix: API })
  for (const door of doors) router[door.method](door.path, (ctx: Koa.Context) => answer(db, door, ctx))
  router.all('/{*rest}', () => {
    throw new NotFound('api_path')
  })
  return router
}

async function answer(db: Database, door: ApiDoor, ctx: Koa.Context): Promise<void> {
  const key = ctx.state.apiKey as ApiKey
  if (door.scope) mustMay(key, door.scope)
  const params = (ctx as Koa.Context & { params: Record<string, string> }).params
  const query = door.query ? queryOf(ctx, door.query) : undefined
  const given = door.upload ? await uploadOf(ctx) : { value: (ctx.request as { body?: unknown }).body }
  try {
    const body = door.body ? through(door.bodyFor?.(given.value) ?? door.body, given.value) : undefined
    const work = () =>
      door.run({ params, query, body, file: given.file, key, may: (scope) => key.scopes.includes(scope) })
    const sent = door.method === 'get' ? '' : ctx.get('Idempotency-Key')
    const repeat =
      sent && repeatOf(`${door.method} ${ctx.path}`, key.id, sent, given.hash ?? JSON.stringify(given.value))
    const { answer, again } = repeat ? await once(db, repeat, work) : { answer: await work(), again: false }
    if (again) ctx.set('Idempotency-Replayed', 'true')
    ctx.status = door.status ?? 200
    ctx.body = answer
  } finally {
    if (given.file) await unlink(given.file.path).catch(() => undefined)
  }
}

function through<T>(schema: z.ZodType<T>, value: unknown): T {
  if (value === undefined) throw new Invalid('body', 'body_not_json')
  const read = readBy(schema, value)
  if ('data' in read) return read.data
  const { field, why, data } = read.objection
  throw new Invalid(field, why, data)
}

interface Given {
  value: unknown
  file?: SentFile
  hash?: string
}

/** The one file of a request and the fields beside it; throws Invalid, TooLarge, or Conflict when it broke off. */
async function uploadOf(ctx: Koa.Context): Promise<Given> {
  if (!ctx.is('multipart')) throw new Invalid('file', 'file_missing')
  const form = formidable({
    maxFiles: 1,
    maxFileSize: MOST_UPLOAD,
    maxFieldsSize: 20_000,
    maxFields: 20,
    allowEmptyFiles: true,
    minFileSize: 0,
  })
  const [fields, files] = await form.parse(ctx.req).catch((error: { httpCode?: number }) => {
    if (error.httpCode === 413) throw new TooLarge('body_too_large')
    if (error.httpCode === 400) throw new Invalid('body', 'body_not_multipart')
    throw new Conflict('upload_broken')
  })
  const [file] = Object.values(files).flat()
  if (!file) throw new Invalid('file', 'file_missing')
  const value = Object.fromEntries(Object.entries(fields).map(([name, texts]) => [name, texts?.[0]]))
  const hash = `${JSON.stringify(value)}\n${await hashOf(file.filepath)}`
  return { value, hash, file: { path: file.filepath, name: file.originalFilename ?? 'file', size: file.size } }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(path)) hash.update(part as Buffer)
  return hash.digest('base64url')
}
