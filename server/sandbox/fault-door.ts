import { setTimeout as sleep } from 'node:timers/promises'
import type Koa from 'koa'

/** What may be wrong on the way to a stand-in and back. */
export interface DoorFaults {
  down: false | 'reset' | '503'
  slowMs: number
  /** So many answers get lost, of calls that were done. */
  loseAnswers: number
}

/** The faults of a platform's HTTP API: slow, cut off, a proxy that answers instead, and answers that get lost. */
export function faultDoor(faults: DoorFaults, losable: (ctx: Koa.Context) => boolean = () => true): Koa.Middleware {
  return async (ctx, next) => {
    if (faults.slowMs > 0) await sleep(faults.slowMs)
    if (faults.down === 'reset') return cut(ctx)
    if (faults.down === '503') {
      ctx.status = 503
      ctx.body = '<html><body>503 Service Temporarily Unavailable</body></html>'
      return
    }
    await next()
    if (faults.loseAnswers > 0 && losable(ctx)) {
      faults.loseAnswers--
      cut(ctx)
    }
  }
}

/** Ends the connection without an answer. */
function cut(ctx: Koa.Context): void {
  ctx.respond = false
  ctx.req.socket.destroy()
}
