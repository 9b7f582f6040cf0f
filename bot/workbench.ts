import type Koa from 'koa'
import Router from 'koa-router'
import { openSteps } from '../server/engines/flows/figures.ts'
import { turnOf } from '../server/engines/flows/flows.ts'
import { enterHome, linkOf } from '../server/engines/staff/link.ts'
import { staffByAccount, staffById } from '../server/engines/staff/roster.ts'
import type { Database } from '../server/lib/db.ts'
import { AppError, Forbidden } from '../server/lib/errors.ts'
import { errorText, rateLimit } from '../server/lib/http.ts'
import { newToken } from '../server/lib/ids.ts'
import type { Words } from '../server/lib/render.ts'
import type { Tx } from '../server/lib/tx.ts'
import { WORK_COOKIE } from './work.ts'

const STATE_COOKIE = 'work-state'

interface Needs {
  db: Database
  words: Words
  /** The work chats that can tell it; who names none is sent to the first. */
  ways: SignIn[]
  baseUrl: string
}

/** How a work chat tells who stands before a browser. */
export interface SignIn {
  /** The name of its accounts. */
  platform: string
  /** Where a browser is sent, to come back with a code. */
  away(redirectUri: string, state: string): string
  /** The user id behind such a code; undefined for somebody from outside. */
  visitor(code: string): Promise<string | undefined>
}

/** The page of the workbench: who opens it is known by OAuth, and finds their open work (PLATFORMS.md §1.6). */
export function workbenchRoutes({ db, words, ways, baseUrl }: Needs): Router {
  const router = new Router({ prefix: '/work' })
  const few = rateLimit(30, 60, (ctx) => ctx.ip)

  // DingTalk's workbench opens /work/in?chat=dingtalk where a company has both.
  router.get('/in', few, (ctx) => {
    const way = ways.find(({ platform }) => platform === ctx.query.chat) ?? ways[0]
    if (!way) return
    const state = newToken().replace(/[^a-zA-Z0-9]/g, '')
    ctx.cookies.set(STATE_COOKIE, state, { httpOnly: true, sameSite: 'lax', path: '/work/in', secure: ctx.secure })
    ctx.redirect(way.away(`${baseUrl}/work/in/${way.platform}`, state))
  })

  router.get('/in/:platform', few, async (ctx) => {
    const way = ways.find(({ platform }) => platform === ctx.params.platform)
    if (!way) return
    try {
      // A link with somebody else's code must not sign anybody in: the way must have begun in this browser.
      const state = ctx.cookies.get(STATE_COOKIE)
      if (!state || state !== ctx.query.state) throw new Forbidden('link_wrong')
      const userId = await way.visitor(String(ctx.query.authCode ?? ctx.query.code ?? ''))
      const session = await db.write((tx) => sessionFor(tx, way.platform, userId))
      ctx.cookies.set(WORK_COOKIE, session, { httpOnly: true, sameSite: 'lax', path: '/work', secure: ctx.secure })
      ctx.cookies.set(STATE_COOKIE, null, { path: '/work/in' })
      ctx.redirect('/work/home')
    } catch (error) {
      refuse(ctx, error)
    }
  })

  router.get('/home', async (ctx) => {
    try {
      const link = await db.read((tx) => linkOf(tx, ctx.cookies.get(WORK_COOKIE) ?? ''))
      const page = await db.read((tx) => homeData(tx, link.staffId))
      ctx.type = 'html'
      ctx.body = words.text('pages/home', page)
    } catch (error) {
      refuse(ctx, error)
    }
  })

  function refuse(ctx: Koa.Context, error: unknown): void {
    if (!(error instanceof AppError)) throw error
    ctx.status = error.status
    ctx.type = 'html'
    ctx.body = words.text('pages/refused', { message: errorText(words, error) })
  }

  return router
}

async function sessionFor(tx: Tx, platform: string, userId: string | undefined): Promise<string> {
  const staff = userId ? await staffByAccount(tx, platform, userId) : undefined
  if (!staff) throw new Forbidden('work_unknown')
  return enterHome(tx, staff.id)
}

async function homeData(tx: Tx, staffId: string) {
  const steps = await openSteps(tx, staffId)
  const turns = await Promise.all(steps.slice(0, 100).map(({ id }) => turnOf(tx, id)))
  return {
    now: tx.now,
    name: (await staffById(tx, staffId))?.name ?? '',
    tasks: turns.map(({ run, step, definition }) => ({
      id: step.id,
      step: definition.title,
      number: run.facts.number,
      title: run.facts.title,
      urgent: run.priority === 'urgent',
      dueAt: step.dueAt ?? 0,
      late: step.dueAt !== null && step.dueAt <= tx.now,
      waiting: step.state === 'waiting',
    })),
  }
}
