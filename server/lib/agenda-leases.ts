import type { JobParameters } from './agenda.ts'
import { FENCE, type FencedJob, JobRow, jobOf, stateOf } from './agenda-jobs.ts'
import type { Database, Tx } from './db.ts'
import { log } from './log.ts'

/** What a lock is set against. */
interface Seen {
  id: string
  lockedAt: number | null
  nextRunAt: number | null
}

/** A job that may be locked, as the claim index knows it. */
interface Candidate extends Seen {
  negatedPriority: number
}

/** For which name Agenda wants a job, due by then, or locked before then. */
interface Asked {
  name: string
  until: number
  deadline: number
}

interface Lease {
  fence: number
  /** Whether Agenda has begun to run the job, so that it must not be given back. */
  started: boolean
}

/** How many candidates one look brings, so that a process that loses the first to another one takes the next. */
const LOOK = 8
/** How often everything seen may be lost to others before the job is left to the next scan. */
const LOOKS = 20
/** From so many names on that are asked for in one turn, one statement tells first which of them have any. */
const MANY = 4
const COLUMNS = 'id, lockedAt, nextRunAt, negatedPriority'

/** Both halves are answered from the index `jobs_claim` alone; two halves, because OR would give up its order. */
const CANDIDATES = `SELECT ${COLUMNS} FROM (
    SELECT ${COLUMNS} FROM jobs WHERE name = ? AND disabled = 0 AND lockedAt IS NULL AND nextRunAt <= ?
    ORDER BY nextRunAt, negatedPriority, id LIMIT ${LOOK}) AS due
  UNION ALL SELECT ${COLUMNS} FROM (
    SELECT ${COLUMNS} FROM jobs WHERE name = ? AND disabled = 0 AND lockedAt <= ?
    ORDER BY lockedAt LIMIT ${LOOK}) AS expired`

const ANY = `EXISTS (SELECT 1 FROM jobs WHERE name = asked.name AND disabled = 0 AND lockedAt IS NULL AND nextRunAt <= ?)
  OR EXISTS (SELECT 1 FROM jobs WHERE name = asked.name AND disabled = 0 AND lockedAt <= ?)`

const LOCK = 'UPDATE jobs SET lockedAt = ?, fence = fence + 1, lastModifiedBy = ? WHERE id = ? AND disabled = 0'
const LOCK_FREE = `${LOCK} AND lockedAt IS NULL AND nextRunAt = ?`
const LOCK_EXPIRED = `${LOCK} AND lockedAt = ?`

/**
 * A one-time job has no next run once it has been picked up to run, so without a lock nobody would look at it again:
 * it is given back with a lock that expired long ago.
 */
const GIVE_BACK = `UPDATE jobs SET lockedAt = CASE WHEN nextRunAt IS NULL THEN 0 ELSE NULL END
  WHERE id = ? AND fence = ? AND lockedAt IS NOT NULL`

/**
 * The locks of one Agenda instance. Locking is a compare-and-set on what was seen, and counts up the row's fence; all
 * that a holder writes afterwards names its fence, so that whoever lost the lock to another one changes nothing.
 */
export class Leases {
  private readonly held = new Map<string, Lease>()
  private readonly lost = new Set<string>()
  private readonly turns = new Map<string, Promise<unknown>>()
  private asked: Asked[] = []
  private looking: Promise<ReadonlySet<string> | undefined> | undefined
  private open = true

  constructor(private readonly database: Database) {}

  /** Locks the next due job of a name, or one whose lock was taken before `deadline`; undefined when there is none. */
  next(name: string, until: number, deadline: number, at: number, by: string | null): Promise<FencedJob | undefined> {
    // One look at a time for each name: two at once would see the same candidates and one of them would look in vain.
    const turn = (this.turns.get(name) ?? Promise.resolve()).then(() => this.claim(name, until, deadline, at, by))
    const ended = turn.then(
      () => undefined,
      () => undefined,
    )
    this.turns.set(name, ended)
    void ended.then(() => this.turns.get(name) === ended && this.turns.delete(name))
    return turn
  }

  /** Locks this job if it is free and still due when it was; undefined if not. */
  async lock(job: JobParameters, at: number, by: string | null): Promise<FencedJob | undefined> {
    if (!job._id || !job.nextRunAt) return undefined
    const candidate = { id: job._id.toString(), lockedAt: null, nextRunAt: job.nextRunAt.getTime() }
    return this.database.write((tx) => this.take(tx, candidate, at, by))
  }

  /**
   * Writes the state that the holder of a lock reports.
   * Throws when the job is gone or its lock has passed on, which keeps Agenda from running it; nothing is changed then.
   */
  async saveState(job: FencedJob, by: string | null): Promise<void> {
    if (!job._id) throw new Error('the state of a job that was never saved cannot be saved')
    const id = job._id.toString()
    const changes = { ...stateOf(job), lastModifiedBy: by }
    const lease = this.held.get(id)
    const mine = lease && lease.fence === job[FENCE] ? lease : undefined
    // Before anything is awaited: a job whose first report is under way must not be given back by `stop`.
    if (mine && job.lockedAt) mine.started = true
    const fence = await this.database.write(async (tx) => {
      const own = job[FENCE] ?? (await freshFence(tx, id))
      return own !== undefined && (await tx.update(JobRow, id, changes, { fence: own })) ? own : undefined
    })
    if (mine && (fence === undefined || !job.lockedAt) && this.held.get(id) === mine) this.held.delete(id)
    if (fence === undefined) this.refuse(job, id)
    job[FENCE] = fence
    // Nobody holds the job now, so that its clean-up need not be refused any longer.
    if (!job.lockedAt) this.lost.delete(id)
  }

  /** Gives a lock back. Never rejects: Agenda does not wait for the answer, and the lock expires anyway. */
  async unlock(job: FencedJob): Promise<void> {
    const id = job._id?.toString()
    const fence = job[FENCE] ?? (id === undefined ? undefined : this.held.get(id)?.fence)
    if (id === undefined || fence === undefined) return
    await this.giveBack([[id, fence]]).catch((error) =>
      log.warn({ err: error, job: id }, 'a job could not be unlocked'),
    )
  }

  /** Gives back those of these jobs that this instance holds. */
  async unlockAll(ids: string[]): Promise<void> {
    await this.giveBack(
      ids.flatMap((id) => {
        const lease = this.held.get(id)
        return lease ? [[id, lease.fence] as const] : []
      }),
    )
  }

  /** Lets jobs be locked (again): Agenda starts. */
  start(): void {
    this.open = true
  }

  /**
   * Agenda stops or has drained: locks nothing more, and gives back what was locked but not begun. Agenda itself does
   * neither after `drain`, so those jobs would wait for their locks to expire.
   */
  async stop(): Promise<void> {
    this.open = false
    const idle = [...this.held].filter(([, lease]) => !lease.started)
    await this.giveBack(idle.map(([id, { fence }]) => [id, fence] as const))
  }

  /**
   * Under which fence this instance may remove a job by its id: the one of its lock, `undefined` (any) if it holds
   * none, `null` (not at all) in the turn in which the job's last report was refused. Then the call is Agenda's clean-up
   * after a finished job (`removeOnComplete`), and the job is another one's.
   */
  fenceForRemoval(id: string): number | null | undefined {
    return this.lost.has(id) ? null : this.held.get(id)?.fence
  }

  /**
   * Whether a name has any job to lock. Agenda asks for all names at once, every second, and most have none: those that
   * are asked for in one turn share a statement.
   */
  private async hasAny(asked: Asked): Promise<boolean> {
    this.asked.push(asked)
    this.looking ??= Promise.resolve().then(() => this.look())
    const found = await this.looking
    return !found || found.has(asked.name)
  }

  private async look(): Promise<ReadonlySet<string> | undefined> {
    const asked = this.asked.splice(0)
    this.looking = undefined
    if (asked.length < MANY) return undefined
    const names = asked.map((_, i) => (i === 0 ? 'SELECT ? AS name' : 'SELECT ?')).join(' UNION ALL ')
    const latest = (times: number[]) => Math.max(...times)
    const rows = await this.database.read((reader) =>
      reader.query<{ name: string }>(`SELECT name FROM (${names}) AS asked WHERE ${ANY}`, [
        ...asked.map(({ name }) => name),
        latest(asked.map(({ until }) => until)),
        latest(asked.map(({ deadline }) => deadline)),
      ]),
    )
    return new Set(rows.map(({ name }) => name))
  }

  private async claim(name: string, until: number, deadline: number, at: number, by: string | null) {
    if (!(await this.hasAny({ name, until, deadline }))) return undefined
    for (let look = 0; this.open && look < LOOKS; look++) {
      const seen = await this.database.read((reader) =>
        reader.query<Candidate>(CANDIDATES, [name, until, name, deadline]),
      )
      if (seen.length === 0) return undefined
      seen.sort(inOrder)
      const job = await this.database.write(async (tx) => {
        for (const candidate of seen) {
          const taken = await this.take(tx, candidate, at, by)
          if (taken) return taken
        }
        return undefined
      })
      if (job && this.open) return job
      if (job) await this.unlock(job)
    }
    return undefined
  }

  private async take(tx: Tx, { id, lockedAt, nextRunAt }: Seen, at: number, by: string | null) {
    const taken =
      lockedAt === null
        ? await tx.run(LOCK_FREE, [at, by, id, nextRunAt])
        : await tx.run(LOCK_EXPIRED, [at, by, id, lockedAt])
    const row = taken === 1 ? await tx.get(JobRow, id) : undefined
    if (!row) return undefined
    tx.afterCommit(() => this.held.set(id, { fence: row.fence, started: false }))
    return jobOf(row)
  }

  private async giveBack(leases: (readonly [id: string, fence: number])[]): Promise<void> {
    if (leases.length === 0) return
    await this.database.write(async (tx) => {
      for (const [id, fence] of leases) await tx.run(GIVE_BACK, [id, fence])
    })
    for (const [id, fence] of leases) if (this.held.get(id)?.fence === fence) this.held.delete(id)
  }

  private refuse(job: FencedJob, id: string): never {
    // Agenda cleans up after a refused last report before anything else can happen, so the mark lasts one turn.
    this.lost.add(id)
    setImmediate(() => this.lost.delete(id))
    log.warn({ job: id, name: job.name, fence: job[FENCE] }, 'a job reported its state without holding its lock')
    throw new Error(`job ${id} (${job.name}) is gone or its lock has passed on: its state was not saved`)
  }
}

/** Oldest turn first, then priority, then age. A one-time job that has begun has no turn left and comes before all. */
function inOrder(one: Candidate, other: Candidate): number {
  const byTurn = (one.nextRunAt ?? 0) - (other.nextRunAt ?? 0) || one.negatedPriority - other.negatedPriority
  return byTurn || (one.id < other.id ? -1 : 1)
}

/** A job that nobody claimed may still report (`job.run()` by hand), as long as nobody holds it: it takes the fence. */
async function freshFence(tx: Tx, id: string): Promise<number | undefined> {
  if ((await tx.run('UPDATE jobs SET fence = fence + 1 WHERE id = ? AND lockedAt IS NULL', [id])) !== 1)
    return undefined
  return (await tx.get(JobRow, id))?.fence
}
