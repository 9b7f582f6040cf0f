import Router from 'koa-router'
import type { Database } from '../../lib/db.ts'
import { type LockEvent, lockCallback } from '../../platforms/lock.ts'
import { refusing } from '../../platforms/refusing.ts'
import { hearLock } from './hear.ts'

interface Needs {
  db: Database
  /** Without it nobody is let in. */
  key?: string
  maxAgeS: number
}

/** The lock service's door: what became of commands, what locks tell (docs/locks.md). What comes twice is thanked for twice. */
export function lockRoutes({ db, key, maxAgeS }: Needs): Router {
  const router = new Router({ prefix: '/callbacks' })
  if (!key) return router
  const open = lockCallback({ key, maxAgeS })
  router.post('/lock', async (ctx) => {
    const event: LockEvent | undefined = refusing('lock', ctx, () =>
      open({
        method: ctx.method,
        path: ctx.url,
        body: (ctx.request as { rawBody?: string }).rawBody ?? '',
        timestamp: ctx.get('lock-timestamp'),
        signature: ctx.get('lock-signature'),
      }),
    )
    if (!event) return
    await db.write((tx) => hearLock(tx, event))
    ctx.status = 204
  })
  return router
}
