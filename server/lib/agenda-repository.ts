import type { JobRepository, JobRepositoryOptions, RemoveJobsOptions } from './agenda.ts'
import { JobRow, jobOf } from './agenda-jobs.ts'
import type { Leases } from './agenda-leases.ts'
import { changeSelected, overviewOfJobs, queryJobs } from './agenda-query.ts'
import { saveJob } from './agenda-saves.ts'
import type { Database } from './db.ts'
import { log } from './log.ts'

/**
 * Agenda's storage in our database. Instants here are the machine's own, not the house's clock: Agenda runs the
 * recurring duties by real time, while deadlines that can be moved ahead are columns.
 */
export function jobRepository(database: Database, leases: Leases): JobRepository {
  const select = (statement: string, options: RemoveJobsOptions) =>
    database.write((tx) => changeSelected(tx, statement, options))

  return {
    // The database is opened and migrated before Agenda is made.
    connect: async () => undefined,

    queryJobs: (options = {}) => database.read((reader) => queryJobs(reader, options, Date.now())),
    getJobsOverview: () => database.read((reader) => overviewOfJobs(reader, Date.now())),

    async getDistinctJobNames() {
      const rows = await database.read((reader) =>
        reader.query<{ name: string }>('SELECT DISTINCT name FROM jobs ORDER BY name'),
      )
      return rows.map((row) => row.name)
    },

    async getJobById(id) {
      const row = await database.read((reader) => reader.get(JobRow, id))
      return row ? jobOf(row) : null
    },

    async getQueueSize() {
      const sql = 'SELECT COUNT(*) AS n FROM jobs WHERE nextRunAt < ?'
      const [count] = await database.read((reader) => reader.query<{ n: number }>(sql, [Date.now()]))
      return Number(count?.n ?? 0)
    },

    async removeJobs(options) {
      const id = onlyId(options)
      const fence = id === undefined ? undefined : leases.fenceForRemoval(id)
      if (fence === undefined) return select('DELETE FROM jobs', options)
      const removed =
        fence === null
          ? 0
          : await database.write((tx) => tx.run('DELETE FROM jobs WHERE id = ? AND fence = ?', [id, fence]))
      if (removed === 0) log.warn({ job: id, fence }, 'a job was not removed: its lock has passed on or it is gone')
      return removed
    },

    purgeAllJobs: () => database.write((tx) => tx.run('DELETE FROM jobs')),
    disableJobs: (options) => select('UPDATE jobs SET disabled = 1', options),
    enableJobs: (options) => select('UPDATE jobs SET disabled = 0', options),

    saveJob: (job, options) => saveJob(database, job, modifier(options), Date.now()),
    saveJobState: (job, options) => leases.saveState(job, modifier(options)),
    lockJob: (job, options) => leases.lock(job, Date.now(), modifier(options)),
    getNextJobToRun: (name, nextScanAt, lockDeadline, now, options) =>
      leases.next(name, nextScanAt.getTime(), lockDeadline.getTime(), now?.getTime() ?? Date.now(), modifier(options)),
    unlockJob: (job) => leases.unlock(job),
    unlockJobs: (ids) => leases.unlockAll(ids.map(String)),
  }
}

function modifier(options: JobRepositoryOptions | undefined): string | null {
  return options?.lastModifiedBy ?? null
}

/** The id, if the options name one job by it and nothing else: so Agenda removes the job that has just run. */
function onlyId(options: RemoveJobsOptions): string | undefined {
  const named = Object.entries(options).filter(([, value]) => value !== undefined)
  return named.length === 1 && options.id !== undefined ? options.id.toString() : undefined
}
