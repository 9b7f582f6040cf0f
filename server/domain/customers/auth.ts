import type Koa from 'koa'
import type { Database } from '../../lib/db.ts'
import { Unauthorized } from '../../lib/errors.ts'
import { customerOf } from './session.ts'

/** Lets only signed-in customers through; `ctx.state.customerId` says who it is. */
export function signedIn(db: Database): Koa.Middleware {
  return async (ctx, next) => {
    ctx.state.customerId = await db.read((tx) => customerOf(tx, bearer(ctx)))
    await next()
  }
}

/** The access token of a request; throws Unauthorized. */
export function bearer(ctx: Koa.Context): string {
  const [, token] = /^Bearer ([\w-]{20,100})$/.exec(ctx.get('Authorization')) ?? []
  if (!token) throw new Unauthorized('session_missing')
  return token
}
