import { isDeepStrictEqual } from 'node:util'
import {
  computeJobState,
  type JobState,
  type JobsOverview,
  type JobsQueryOptions,
  type JobsResult,
  type JobsSort,
  type RemoveJobsOptions,
} from './agenda.ts'
import { JobRow, jobOf } from './agenda-jobs.ts'
import type { Reader, Tx } from './db.ts'

/** A condition in SQL with its values. */
interface Where {
  sql: string
  values: unknown[]
}

/** Agenda's `computeJobState` as SQL; takes the present instant once. */
const STATE = `CASE
  WHEN lockedAt IS NOT NULL THEN 'running'
  WHEN failedAt IS NOT NULL AND (lastFinishedAt IS NULL OR failedAt >= lastFinishedAt) THEN 'failed'
  WHEN repeatInterval IS NOT NULL THEN 'repeating'
  WHEN nextRunAt > ? THEN 'scheduled'
  WHEN nextRunAt IS NOT NULL THEN 'queued'
  ELSE 'completed' END`

const SLICE = 500

/** The jobs that a query names, with the state of each, and how many there are before the page is cut. */
export async function queryJobs(reader: Reader, options: JobsQueryOptions, at: number): Promise<JobsResult> {
  const where = queryCondition(options, at)
  const order = `ORDER BY ${orderOf(options.sort)}`
  if (options.data !== undefined) {
    const rows = await reader.find(JobRow, `WHERE ${where.sql} ${order}`, where.values)
    const matching = rows.filter((row) => contains(row.data, plain(options.data)))
    const skip = options.skip ?? 0
    const page = matching.slice(skip, options.limit ? skip + options.limit : undefined)
    return { jobs: page.map((row) => withState(row, at)), total: matching.length }
  }
  // Neither database takes OFFSET without LIMIT.
  const limit = options.limit || Number.MAX_SAFE_INTEGER
  const tail = `WHERE ${where.sql} ${order} LIMIT ${Number(limit)} OFFSET ${Number(options.skip ?? 0)}`
  const rows = await reader.find(JobRow, tail, where.values)
  const [count] = await reader.query<{ n: number }>(`SELECT COUNT(*) AS n FROM jobs WHERE ${where.sql}`, where.values)
  return { jobs: rows.map((row) => withState(row, at)), total: Number(count?.n ?? 0) }
}

/** How many jobs of each name are in each state; a paused one counts in its state too. */
export async function overviewOfJobs(reader: Reader, at: number): Promise<JobsOverview[]> {
  const rows = await reader.query<{ name: string; state: JobState; n: number; paused: number }>(
    `SELECT name, state, COUNT(*) AS n, SUM(disabled) AS paused
     FROM (SELECT name, disabled, ${STATE} AS state FROM jobs) AS stated GROUP BY name, state ORDER BY name`,
    [at],
  )
  const byName = new Map<string, JobsOverview>()
  for (const { name, state, n, paused } of rows) {
    const none = { total: 0, running: 0, scheduled: 0, queued: 0, completed: 0, failed: 0, repeating: 0, paused: 0 }
    const overview = byName.get(name) ?? { name, ...none }
    overview.total += Number(n)
    overview[state] += Number(n)
    overview.paused += Number(paused)
    byName.set(name, overview)
  }
  return [...byName.values()]
}

/**
 * The condition for removing, disabling or enabling; undefined when the options name nothing, because nothing named
 * must never mean everything.
 */
export function selection(options: RemoveJobsOptions): Where | undefined {
  const parts: Where[] = []
  if (options.id !== undefined) parts.push(oneOf('id', [options.id]))
  else if (options.ids?.length) parts.push(oneOf('id', options.ids))
  if (options.name !== undefined) parts.push(oneOf('name', [options.name]))
  else if (options.names?.length) parts.push(oneOf('name', options.names))
  else if (options.notNames?.length) {
    const names = oneOf('name', options.notNames)
    parts.push({ sql: `NOT (${names.sql})`, values: names.values })
  }
  if (parts.length === 0) return options.data === undefined ? undefined : { sql: '1 = 1', values: [] }
  return and(parts)
}

/**
 * Runs `statement` (which ends before its WHERE) on the selected jobs and returns how many it changed.
 * Data is compared here and not in SQL: the JSON functions of the databases do not agree on partial objects.
 */
export async function changeSelected(tx: Tx, statement: string, options: RemoveJobsOptions): Promise<number> {
  const where = selection(options)
  if (!where) return 0
  if (options.data === undefined) return tx.run(`${statement} WHERE ${where.sql}`, where.values)
  const rows = await tx.find(JobRow, `WHERE ${where.sql}`, where.values)
  const ids = rows.filter((row) => contains(row.data, plain(options.data))).map((row) => row.id)
  let changed = 0
  for (let from = 0; from < ids.length; from += SLICE) {
    const slice = oneOf('id', ids.slice(from, from + SLICE))
    changed += await tx.run(`${statement} WHERE ${slice.sql}`, slice.values)
  }
  return changed
}

/** Whether `actual` holds all that `expected` says: objects by their keys, lists by their members, the rest exactly. */
export function contains(actual: unknown, expected: unknown): boolean {
  if (Array.isArray(expected)) {
    return Array.isArray(actual) && expected.every((part) => actual.some((member) => contains(member, part)))
  }
  if (!isObject(expected)) return isDeepStrictEqual(actual, expected)
  return isObject(actual) && Object.entries(expected).every(([key, part]) => contains(actual[key], part))
}

/** Whether a value is an object with keys. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value as it looks after it was stored as JSON and read again. */
export function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

function queryCondition(options: JobsQueryOptions, at: number): Where {
  const { id, ids, name, names, search, state, includeDisabled } = options
  const parts: Where[] = [{ sql: '1 = 1', values: [] }]
  const named = selection({ id, ids, name, names })
  if (named) parts.push(named)
  if (search) {
    const pattern = `%${search.replace(/[!%_]/g, '!$&')}%`
    parts.push({ sql: `LOWER(name) LIKE LOWER(?) ESCAPE '!'`, values: [pattern] })
  }
  if (includeDisabled === false) parts.push({ sql: 'disabled = 0', values: [] })
  if (state === 'paused') parts.push({ sql: 'disabled = 1', values: [] })
  else if (state) parts.push({ sql: `${STATE} = ?`, values: [at, state] })
  return and(parts)
}

function and(parts: Where[]): Where {
  return { sql: parts.map((part) => part.sql).join(' AND '), values: parts.flatMap((part) => part.values) }
}

function oneOf(column: 'id' | 'name', values: string[]): Where {
  return { sql: `${column} IN (${values.map(() => '?').join(',')})`, values: values.map(String) }
}

/** Missing instants stand last in either direction; the id makes pages repeatable. */
function orderOf(sort: JobsSort | undefined): string {
  const chosen = Object.entries(sort ?? {}).filter(([, direction]) => direction !== undefined)
  const wanted = chosen.length > 0 ? chosen : Object.entries({ nextRunAt: 'desc', lastRunAt: 'desc' })
  const parts = wanted.map(([key, direction]) => {
    const down = direction === 'desc'
    switch (key) {
      case 'priority':
        return `negatedPriority ${down ? 'ASC' : 'DESC'}`
      case 'name':
      case 'data':
        return `${key} ${down ? 'DESC' : 'ASC'}`
      case 'nextRunAt':
      case 'lastRunAt':
      case 'lastFinishedAt':
        return `${key} IS NULL, ${key} ${down ? 'DESC' : 'ASC'}`
      default:
        throw new Error(`jobs cannot be sorted by ${key}`)
    }
  })
  return `${parts.join(', ')}, id`
}

function withState(row: JobRow, at: number): JobsResult['jobs'][number] {
  const job = jobOf(row)
  return { ...job, state: computeJobState(job, new Date(at)) }
}
