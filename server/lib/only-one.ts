import { type Clock, SECOND } from './clock.ts'
import type { Database } from './db.ts'
import { newId } from './ids.ts'
import { giveLeaseBack, takeLease } from './lease.ts'
import { log } from './log.ts'

interface Needs {
  db: Pick<Database, 'write'>
  clock: Clock
  /** Names the lease: the same in every process. */
  name: string
  /** Real ms between two looks at the clock; default 1000. */
  lookMs?: number
}

/** Something that lasts and is done by one process at a time. */
export interface OnlyOne {
  /** Begins to stand for it, and to do it if nobody else does. Never rejects. */
  open(): Promise<void>
  /** Ends it here and lets the next one begin at once. */
  close(): Promise<void>
}

/** How long a process that died keeps the others waiting. */
export const LEASE_MS = 40 * SECOND
/** How often the holder renews, and how often the others look whether the lease is free. */
export const RENEW_MS = 8 * SECOND
/** Who could not renew ends so long before another one may begin: the clocks of two machines may differ by that. */
export const MARGIN_MS = 10 * SECOND
const LOOK_MS = SECOND

/**
 * Lets one process at a time do something: `begin` starts it and returns how to end it. The row in the database decides
 * who; the timer here only looks at the clock.
 */
export function onlyOne({ db, clock, name, lookMs = LOOK_MS }: Needs, begin: () => () => void): OnlyOne {
  const me = newId(clock.now())
  let end: (() => void) | undefined
  let expiresAt = 0
  let nextAt = 0
  let asking: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false

  function leave(why: string): void {
    if (!end) return
    log.warn({ name, why }, 'this process no longer holds what only one may')
    end()
    end = undefined
  }

  async function ask(): Promise<void> {
    const askedAt = clock.now()
    try {
      const until = await db.write((tx) => takeLease(tx, name, me, LEASE_MS))
      nextAt = askedAt + RENEW_MS
      if (until === undefined) return leave('another process holds it')
      expiresAt = until
      // An answer that took so long is worth nothing: the next look asks again.
      if (isSafe() && !closed) end ??= begin()
    } catch (error) {
      log.warn({ name, err: error }, 'a lease could not be renewed')
      if (!isSafe()) leave('it could not be renewed')
    }
  }

  function isSafe(): boolean {
    return clock.now() < expiresAt - MARGIN_MS
  }

  /** While the database owes us an answer the clock goes on: who waits too long ends without it. */
  function look(): void {
    if (asking) {
      if (!isSafe()) leave('the database does not answer')
    } else if (clock.now() >= nextAt) {
      asking = ask().finally(() => {
        asking = undefined
      })
    }
  }

  return {
    async open() {
      timer = setInterval(look, lookMs).unref()
      look()
      await asking
    },
    async close() {
      closed = true
      clearInterval(timer)
      end?.()
      end = undefined
      await asking
      await db
        .write((tx) => giveLeaseBack(tx, name, me))
        .catch((error) => log.warn({ name, err: error }, 'a lease could not be given back; it runs out by itself'))
    },
  }
}
