import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { DebounceOptions, JobParameters } from './agenda.ts'
import { ATTRIBUTES, definitionOf, type FencedJob, JobRow, jobOf, rowOf } from './agenda-jobs.ts'
import { isObject, plain } from './agenda-query.ts'
import type { Database, Tx } from './db.ts'
import { LostRace } from './tx.ts'

/** The key of a job made by `every`, of which there is one a name. */
const SINGLE = 'single'

/**
 * Stores what was decided about a job and returns it as it then stands. A job with an id is changed (and returned
 * unchanged when it is gone), one of type `single` or with `unique` is found or made, any other is made.
 */
export async function saveJob<DATA>(database: Database, job: JobParameters<DATA>, by: string | null, at: number) {
  return (await database.write((tx) => save(tx, job as JobParameters, by, at))) as FencedJob<DATA>
}

async function save(tx: Tx, job: JobParameters, by: string | null, at: number): Promise<JobParameters> {
  const changes = { ...definitionOf(job), lastModifiedBy: by }
  if (job._id) {
    const row = await tx.first(JobRow, 'WHERE id = ? AND name = ?', [job._id.toString(), job.name])
    return row ? change(tx, row, changes) : job
  }
  if (job.type === 'single') return saveSingle(tx, job, changes, at)
  if (job.unique) return saveUnique(tx, job, job.unique, changes, at)
  return insert(tx, job, { lastModifiedBy: by }, at)
}

/** `every`: one job a name, whatever its data. */
async function saveSingle(tx: Tx, job: JobParameters, changes: Partial<JobRow>, at: number): Promise<JobParameters> {
  const row = await tx.first(JobRow, 'WHERE name = ? AND onceKey = ?', [job.name, SINGLE])
  if (!row) return insert(tx, job, { lastModifiedBy: changes.lastModifiedBy, onceKey: SINGLE }, at)
  if (keepsItsTurn(row, changes, at)) delete changes.nextRunAt
  return change(tx, row, changes)
}

/**
 * Whether a duty that is declared again keeps the turn it has. Every process declares its duties when it starts, so
 * this decides what a restart does: an interval must not begin anew (else a duty rarer than the restarts never runs),
 * and a cron turn that came due while no process ran must not be skipped. A changed schedule counts from now.
 */
function keepsItsTurn(row: JobRow, changes: Partial<JobRow>, at: number): boolean {
  const { nextRunAt } = changes
  if (row.nextRunAt === null || nextRunAt === undefined || nextRunAt === null) return false
  // Agenda's own rule: a turn that is due at once never moves one that is already set.
  if (nextRunAt <= at) return true
  const same =
    Boolean(row.repeatInterval) &&
    row.repeatInterval === changes.repeatInterval &&
    row.repeatTimezone === (changes.repeatTimezone ?? null)
  return same && row.nextRunAt <= nextRunAt
}

/**
 * `unique`: one job among those of its name that fit the query. They are looked for by the query's key, and among the
 * jobs that were saved without one; a job saved under a different query is not considered.
 */
async function saveUnique(
  tx: Tx,
  job: JobParameters,
  query: Record<string, unknown>,
  changes: Partial<JobRow>,
  at: number,
): Promise<JobParameters> {
  const stranger = Object.keys(query).find((path) => !ATTRIBUTES.has(path.split('.', 1)[0] ?? ''))
  if (stranger !== undefined) throw new Error(`unique: a job has no attribute ${stranger}`)
  const { debounce, insertOnly } = job.uniqueOpts ?? {}
  const onceKey = keyOf(query)
  const keyed = await tx.first(JobRow, 'WHERE name = ? AND onceKey = ?', [job.name, onceKey])
  // A job that has changed since (it has run, say, and the query names nextRunAt) no longer fits: it gives up the key.
  if (keyed && !fits(keyed, query)) await tx.update(JobRow, keyed.id, { onceKey: null })
  const row = keyed && fits(keyed, query) ? keyed : await findUnkeyed(tx, job.name, query)
  if (row) {
    if (insertOnly && !debounce) return jobOf(row)
    return change(tx, row, { ...changes, onceKey, ...(debounce && postponed(row, debounce, at)) })
  }
  const first: Partial<JobRow> = { lastModifiedBy: changes.lastModifiedBy, onceKey }
  if (debounce) {
    first.debounceStartedAt = at
    if (debounce.strategy !== 'leading') first.nextRunAt = at + debounce.delay
  }
  return insert(tx, job, first, at)
}

async function findUnkeyed(tx: Tx, name: string, query: Record<string, unknown>): Promise<JobRow | undefined> {
  const rows = await tx.find(JobRow, 'WHERE name = ? AND onceKey IS NULL ORDER BY id', [name])
  return rows.find((row) => fits(row, query))
}

/** What a further call within the quiet time does: `leading` keeps the turn, `trailing` moves it, up to `maxWait`. */
function postponed(row: JobRow, { delay, maxWait, strategy }: DebounceOptions, at: number): Partial<JobRow> {
  const startedAt = row.debounceStartedAt ?? at
  if (strategy === 'leading') return { nextRunAt: row.nextRunAt, debounceStartedAt: startedAt }
  if (maxWait && at - startedAt >= maxWait) return { nextRunAt: at, debounceStartedAt: null }
  return { nextRunAt: at + delay, debounceStartedAt: startedAt }
}

async function insert(tx: Tx, job: JobParameters, more: Partial<JobRow>, at: number): Promise<JobParameters> {
  const row = Object.assign(rowOf(job, at), more)
  // Another process made the same job in between: the unique index let one through, this one begins again and finds it.
  if (!(await tx.insertOnce(JobRow, row))) throw new LostRace(`job ${row.name} was made by another process`)
  return jobOf({ ...row, data: plain(row.data) })
}

async function change(tx: Tx, row: JobRow, changes: Partial<JobRow>): Promise<JobParameters> {
  await tx.update(JobRow, row.id, changes)
  return jobOf({ ...row, ...changes })
}

function keyOf(query: Record<string, unknown>): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(plain(query))))
    .digest('base64url')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  )
}

/** Whether a stored job has the values that `unique` names, by attribute or by path (`data.userId`). */
function fits(row: JobRow, query: Record<string, unknown>): boolean {
  const job = plain(jobOf(row))
  return Object.entries(query).every(([path, expected]) =>
    isDeepStrictEqual(valueAt(job, path) ?? null, plain(expected) ?? null),
  )
}

function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce((at: unknown, key) => (isObject(at) ? at[key] : undefined), value)
}
