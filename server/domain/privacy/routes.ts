import Router from 'koa-router'
import type { PrivacyRule } from '../../engines/packs/privacy.ts'
import type { Database } from '../../lib/db.ts'
import { NotFound } from '../../lib/errors.ts'
import { rateLimit, requester } from '../../lib/http.ts'
import type { Words } from '../../lib/render.ts'
import { signedIn } from '../customers/auth.ts'
import {
  askForErasure,
  askForExport,
  blockers,
  cancelErasure,
  erasureBehind,
  exportToken,
  latestJob,
  openExport,
} from './jobs.ts'
import { erasureLook, exportLook } from './look.ts'
import { everythingIn, exportPage } from './paper.ts'

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'"
const TOKEN = /^[\w-]{43}$/

interface Needs {
  db: Database
  words: Words
  base: string
  rule: () => PrivacyRule
}

/** The customer's right to see all, and to be forgotten (D12, M6). */
export function privacyRoutes({ db, words, base, rule }: Needs): Router {
  const router = new Router({ prefix: '/api' })
  const auth = signedIn(db)
  const few = rateLimit(20, 600, requester)
  const guesses = rateLimit(60, 60, (ctx) => ctx.ip)

  router.get('/me/export', auth, async (ctx) => {
    ctx.body = exportLook(await db.read((tx) => latestJob(tx, ctx.state.customerId, 'export')))
  })

  router.post('/me/export', auth, few, async (ctx) => {
    ctx.status = 202
    ctx.body = exportLook(await db.write((tx) => askForExport(tx, ctx.state.customerId)))
  })

  router.post('/me/export/link', auth, few, async (ctx) => {
    const { token, until } = await db.write((tx) => exportToken(tx, ctx.state.customerId))
    ctx.body = { url: `${base}/api/exports/${token}`, until }
  })

  router.get('/exports/:token', guesses, async (ctx) => {
    // A program that only looks whether the address is there uses nothing up.
    if (ctx.method !== 'GET') {
      ctx.status = 200
      return
    }
    const job = await db.write((tx) => openExport(tx, tokenIn(ctx.params.token)))
    const { all, now } = await db.read(async (tx) => ({ all: await everythingIn(tx, job.id), now: tx.now }))
    ctx.set('Content-Security-Policy', POLICY)
    ctx.set('Cache-Control', 'no-store')
    ctx.type = 'html'
    ctx.body = exportPage(words, all, { now, base })
  })

  router.get('/me/erase', auth, async (ctx) => {
    const customerId = ctx.state.customerId as string
    ctx.body = await db.read(async (tx) => {
      const job = await latestJob(tx, customerId, 'erase')
      return erasureLook(words, job, rule(), await blockers(tx, customerId))
    })
  })

  router.post('/me/erase', auth, few, async (ctx) => {
    const { job, token } = await db.write((tx) => askForErasure(tx, ctx.state.customerId, rule()))
    ctx.status = 202
    ctx.body = { ...erasureLook(words, job, rule(), []), token }
  })

  router.delete('/me/erase', auth, few, async (ctx) => {
    await db.write((tx) => cancelErasure(tx, ctx.state.customerId))
    ctx.status = 204
  })

  // Without a sign-in: whoever was erased has none any more.
  router.get('/erasures/:token', guesses, async (ctx) => {
    const job = await db.read((tx) => erasureBehind(tx, tokenIn(ctx.params.token)))
    ctx.set('Cache-Control', 'no-store')
    ctx.body = erasureLook(words, job, rule(), [])
  })

  return router
}

function tokenIn(given: unknown): string {
  const token = String(given ?? '')
  if (!TOKEN.test(token)) throw new NotFound('page')
  return token
}
