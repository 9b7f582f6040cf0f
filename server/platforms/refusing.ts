import { Counter } from 'prom-client'
import { log } from '../lib/log.ts'
import { CallbackRefused } from './wx-crypto.ts'

const refusals = new Counter({
  name: 'yingke_callbacks_refused_total',
  help: 'Callbacks that were not taken, by platform and reason',
  labelNames: ['platform', 'reason'],
})

/** Runs a check of a callback; what it refuses is answered with the right status, logged and counted. */
export function refusing<T>(platform: string, ctx: { status: number; ip: string }, check: () => T): T | undefined {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof CallbackRefused)) throw error
    countRefusal(platform, error.reason)
    log.warn({ platform, reason: error.reason, ip: ctx.ip }, 'a callback was refused')
    ctx.status = error.status
    return undefined
  }
}

/** Counts a callback that was well-formed and yet not taken. */
export function countRefusal(platform: string, reason: string): void {
  refusals.inc({ platform, reason })
}
