import { Column, Entity, PrimaryColumn } from 'typeorm'
import { datefields, type JobParameters, toJobId } from './agenda.ts'
import { newId } from './ids.ts'

const json = { to: (value: unknown) => JSON.stringify(value), from: (text: string): unknown => JSON.parse(text) }

/** One job as it is stored; instants are milliseconds UTC, the names are those of Agenda's `JobParameters`. */
@Entity({ name: 'jobs' })
export class JobRow {
  @PrimaryColumn({ type: 'varchar', length: 26 })
  id: string

  @Column({ type: 'varchar', length: 255 })
  name: string

  @Column({ type: 'varchar', length: 10 })
  type: JobParameters['type']

  /** Negated, so that one ascending index gives the order in which jobs are taken. */
  @Column({ type: 'int' })
  negatedPriority: number

  @Column({ type: 'boolean' })
  disabled: boolean

  /** How often the job has been locked: whoever holds an older number has lost the lock. */
  @Column({ type: 'bigint' })
  fence: number

  @Column({ type: 'bigint', nullable: true })
  lockedAt: number | null

  @Column({ type: 'bigint', nullable: true })
  nextRunAt: number | null

  @Column({ type: 'bigint', nullable: true })
  lastRunAt: number | null

  @Column({ type: 'bigint', nullable: true })
  lastFinishedAt: number | null

  @Column({ type: 'bigint', nullable: true })
  failedAt: number | null

  @Column({ type: 'int', nullable: true })
  failCount: number | null

  @Column({ type: 'text', nullable: true })
  failReason: string | null

  @Column({ type: 'double', nullable: true })
  progress: number | null

  @Column({ type: 'text', nullable: true, transformer: json })
  data: unknown

  /** JSON, because `every(5000)` and `every('5000')` are not the same to Agenda. */
  @Column({ type: 'varchar', length: 255, nullable: true, transformer: json })
  repeatInterval: string | number | null

  @Column({ type: 'varchar', length: 100, nullable: true })
  repeatTimezone: string | null

  @Column({ type: 'varchar', length: 255, nullable: true })
  repeatAt: string | null

  @Column({ type: 'bigint', nullable: true })
  startDate: number | null

  @Column({ type: 'bigint', nullable: true })
  endDate: number | null

  @Column({ type: 'varchar', length: 40, nullable: true, transformer: json })
  skipDays: number[] | null

  @Column({ type: 'bigint', nullable: true })
  debounceStartedAt: number | null

  /** What makes the job the only one of its name: see lib/agenda-saves.ts. */
  @Column({ type: 'varchar', length: 64, nullable: true })
  onceKey: string | null

  @Column({ type: 'boolean', nullable: true })
  fork: boolean | null

  @Column({ type: 'varchar', length: 255, nullable: true })
  lastModifiedBy: string | null
}

/**
 * Under this symbol a job that was read carries its fence. Agenda copies a job by spreading, which keeps symbols, and
 * shows or saves it by its string keys, which do not: so the number travels with the claim and is never mistaken for data.
 */
export const FENCE: unique symbol = Symbol('fence')

/** A job as Agenda knows it, with the fence under which it was read. */
export type FencedJob<DATA = unknown> = JobParameters<DATA> & { [FENCE]?: number }

/** What a person or `every` decides; written by `saveJob`. */
const DEFINITION = [
  'priority',
  'nextRunAt',
  'data',
  'disabled',
  'repeatInterval',
  'repeatTimezone',
  'repeatAt',
  'startDate',
  'endDate',
  'skipDays',
  'debounceStartedAt',
  'fork',
] as const satisfies (keyof JobParameters)[]

/** What the holder of the lock reports; written by `saveJobState` and by nobody else. */
const STATE = [
  'lockedAt',
  'nextRunAt',
  'lastRunAt',
  'lastFinishedAt',
  'failedAt',
  'failCount',
  'failReason',
  'progress',
] as const satisfies (keyof JobParameters)[]

const OPTIONAL = [...DEFINITION, ...STATE, 'lastModifiedBy'] as const
/** The attributes by which `unique` may ask for a job. */
export const ATTRIBUTES: ReadonlySet<string> = new Set(['_id', 'name', 'type', ...OPTIONAL])
const DATES: ReadonlySet<string> = new Set(datefields)

/** The columns of those decisions that the job names; what it does not mention stays as it is. */
export function definitionOf(job: JobParameters): Partial<JobRow> {
  const columns = columnsOf(
    job,
    DEFINITION.filter((key) => key in job),
  )
  if ('disabled' in columns) columns.disabled ??= false
  return columns
}

/** The columns of a job's state, all of them: what the job does not have is cleared. */
export function stateOf(job: JobParameters): Partial<JobRow> {
  return columnsOf(job, STATE)
}

/** A row for a job that was not stored before. */
export function rowOf(job: JobParameters, at: number): JobRow {
  const fresh = { id: newId(at), name: job.name, type: job.type, negatedPriority: 0, disabled: false, fence: 0 }
  return Object.assign(new JobRow(), fresh, definitionOf(job))
}

/** The job that a row stands for. */
export function jobOf<DATA = unknown>(row: JobRow): FencedJob<DATA> & { _id: NonNullable<JobParameters['_id']> } {
  const job: Record<string | symbol, unknown> = {
    _id: toJobId(row.id),
    name: row.name,
    type: row.type,
    priority: 0 - row.negatedPriority,
    nextRunAt: null,
    data: undefined,
    [FENCE]: row.fence,
  }
  for (const key of OPTIONAL) {
    if (key === 'priority') continue
    const value = row[key]
    if (value !== null && value !== undefined) job[key] = DATES.has(key) ? new Date(value as number) : value
  }
  return job as unknown as FencedJob<DATA> & { _id: NonNullable<JobParameters['_id']> }
}

function columnsOf(job: JobParameters, keys: readonly (keyof JobParameters)[]): Partial<JobRow> {
  const columns: Record<string, unknown> = {}
  for (const key of keys) {
    const value = job[key] ?? null
    // An empty interval is none: Agenda asks for truth, SQL for NULL.
    if (key === 'repeatInterval') columns[key] = value || null
    else if (key === 'priority') columns.negatedPriority = 0 - ((value as number | null) ?? 0)
    // Agenda hands dates as Date, or as what a caller put into `attrs`.
    else columns[key] = DATES.has(key) && value !== null ? new Date(value as Date).getTime() : value
  }
  return columns as Partial<JobRow>
}
