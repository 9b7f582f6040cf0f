import type { Database } from './lib/db.ts'
import { instants, type Next } from './lib/due.ts'
import { log } from './lib/log.ts'

/** A periodic duty: safe to run twice, safe to run late, quiet when there is nothing to do. Returns how much it did. */
export interface Duty {
  name: string
  every: string
  /** Concerns each process by itself: runs in every one, not in whichever comes first. */
  everywhere?: true
  /** When it has something to do, wherever it finds that out by itself: a clock that is moved ahead stops there. */
  next?: Next[]
  /** What there is to do for it that nobody waits for. A duty that says neither is asked itself. */
  also?: Next[]
  /** Keeps up what is known; nobody sees anything of it. */
  upkeep?: true
  run: () => Promise<number>
}

/** Houses whose duties have been asked once: what they keep in memory is there. */
const asked = new WeakSet<Database>()

/**
 * Runs the duties that have something to do, again and again until there is nothing left. Which those are is one
 * question to the database; at first, and after new templates, each is asked itself.
 */
export async function runUntilQuiet(db: Database, duties: Duty[]): Promise<number> {
  const shared = duties.filter((duty) => !duty.everywhere && isFrequent(duty))
  let done = (await runOnce(duties.filter(({ everywhere }) => everywhere))).done
  let turn = done > 0 || !asked.has(db) ? shared : await dueOf(db, shared)
  asked.add(db)
  for (let round = 0; round < 100; round++) {
    const { done: now, busy } = await runOnce(turn)
    done += now
    if (now === 0) return done
    turn = await dueOf(db, shared, busy)
  }
  throw new Error('the duties do not come to rest')
}

/** Runs every frequent duty once. As on the timetable, one that fails does not stop the others. */
export async function runOnce(duties: Duty[]): Promise<{ done: number; busy: Set<Duty> }> {
  let done = 0
  const busy = new Set<Duty>()
  for (const duty of duties.filter(isFrequent)) {
    const now = await duty.run().catch((error) => {
      log.error({ duty: duty.name, err: error }, 'a duty failed')
      return 0
    })
    if (now > 0) busy.add(duty)
    done += now
  }
  return { done, busy }
}

/** Those that have something to do now, cannot tell, or found something just now. */
async function dueOf(db: Database, duties: Duty[], busy = new Set<Duty>()): Promise<Duty[]> {
  const questions = duties.map(({ next = [], also = [] }) => [...next, ...also])
  const { answers, now } = await db.read(async (tx) => ({
    answers: await instants(tx, questions.flat()),
    now: tx.now,
  }))
  return duties.filter((duty, i) => {
    const own = answers.splice(0, questions[i]?.length ?? 0)
    return own.length === 0 || busy.has(duty) || own.some((at) => at !== undefined && at <= now)
  })
}

function isFrequent({ every }: Duty): boolean {
  return every.endsWith('seconds')
}
