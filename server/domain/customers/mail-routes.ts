import { createHash } from 'node:crypto'
import type Koa from 'koa'
import Router from 'koa-router'
import { record } from '../../engines/events/events.ts'
import { Message } from '../../engines/messages/message.ts'
import type { Database } from '../../lib/db.ts'
import { AppError, NotFound } from '../../lib/errors.ts'
import { errorText, rateLimit } from '../../lib/http.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { type MailLink, readMailToken } from './mail-token.ts'
import { resumeWay, stopWay } from './stop.ts'

/** A transparent picture of one pixel. */
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"

interface Needs {
  db: Database
  words: Words
}

/**
 * The doors behind a mail: the picture that tells of its opening, its links, and the end of all mails. Every address is
 * signed, so a link leads nowhere but where one in that mail led.
 */
export function mailRoutes({ db, words }: Needs): Router {
  const router = new Router({ prefix: '/m' })
  const few = rateLimit(300, 60, (ctx) => ctx.ip)

  router.get('/o/:token', few, async (ctx) => {
    const { messageId } = tokenIn(ctx, 'open')
    await note(db, ctx, messageId, 'mail.opened', 'opened', {})
    ctx.set('Cache-Control', 'no-store')
    ctx.type = 'image/gif'
    ctx.body = PIXEL
  })

  router.get('/c/:token', few, async (ctx) => {
    const { messageId, target } = tokenIn(ctx, 'click')
    if (!/^https?:\/\//i.test(target)) throw new NotFound('page')
    await note(db, ctx, messageId, 'mail.clicked', `clicked:${markOf(target)}`, { url: target })
    ctx.set('Cache-Control', 'no-store')
    ctx.redirect(target)
  })

  router.get('/u/:token', pages(words), few, async (ctx) => {
    const { messageId } = tokenIn(ctx, 'stop')
    await db.read((tx) => receiver(tx, messageId))
    show(ctx, words, false)
  })

  // The one click of a mail program (RFC 8058) comes here too: it sends no form of ours, and wants no page.
  router.post('/u/:token', pages(words), few, async (ctx) => {
    const { messageId } = tokenIn(ctx, 'stop')
    await db.write(async (tx) => {
      await stopWay(tx, await receiver(tx, messageId), 'mail', { reason: 'unsubscribed', messageId })
    })
    show(ctx, words, true)
  })

  router.post('/u/:token/undo', pages(words), few, async (ctx) => {
    const { messageId } = tokenIn(ctx, 'stop')
    await db.write(async (tx) => resumeWay(tx, await receiver(tx, messageId), 'mail'))
    show(ctx, words, false)
  })

  return router
}

function show(ctx: Koa.Context & { params?: Record<string, string> }, words: Words, ended: boolean): void {
  ctx.set('Content-Security-Policy', POLICY)
  ctx.set('Cache-Control', 'no-store')
  ctx.type = 'html'
  ctx.body = words.text('pages/unsubscribe', { ended, token: ctx.params?.token ?? '' })
}

function tokenIn(ctx: Koa.Context & { params?: Record<string, string> }, link: MailLink) {
  const token = readMailToken(link, String(ctx.params?.token ?? ''))
  if (!token) throw new NotFound('page')
  return token
}

async function receiver(tx: Tx, messageId: string): Promise<string> {
  const message = await tx.get(Message, messageId)
  if (message?.channel !== 'customer') throw new NotFound('page')
  return message.recipientId
}

/** Links are longer than keys may be. */
function markOf(url: string): string {
  return createHash('sha256').update(url).digest('base64url').slice(0, 22)
}

/** Records what somebody did with a mail, once; a program that only looks whether the address is there does nothing. */
async function note(
  db: Database,
  ctx: Koa.Context,
  messageId: string,
  name: string,
  key: string,
  data: Record<string, unknown>,
): Promise<void> {
  if (ctx.method !== 'GET') return
  await db.write(async (tx) => {
    const message = await tx.get(Message, messageId)
    // A mail whose row is gone is as good as any for its reader.
    if (message?.channel !== 'customer') return
    await record(tx, name, {
      by: { type: 'customer', id: message.recipientId },
      subject: { type: 'customer', id: message.recipientId },
      customerId: message.recipientId,
      data: { message: messageId, kind: message.kind, about: message.subjectId, ...data },
      dedupKey: `${messageId}:${key}`,
    })
  })
}

/** Answers errors with a page: these doors are opened by people, out of their mail. */
function pages(words: Words): Koa.Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      ctx.status = error.status
      ctx.type = 'html'
      ctx.set('Content-Security-Policy', POLICY)
      ctx.body = words.text('pages/refused', { message: errorText(words, error) })
    }
  }
}
