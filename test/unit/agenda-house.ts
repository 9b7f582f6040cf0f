import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agenda, type AgendaBackend, type AgendaOptions } from 'agenda'
import { createConnection } from 'mysql2/promise'
import { agendaBackend } from '../../server/lib/agenda-backend.ts'
import { JobRow } from '../../server/lib/agenda-jobs.ts'
import { systemClock } from '../../server/lib/clock.ts'
import { Database } from '../../server/lib/db.ts'
import { Jobs1763769600002 } from '../../server/migrations/0002-jobs.ts'

/** A fresh jobs database for one test file, and Agendas on it that are stopped with it. */
export interface JobsHouse {
  url: string
  database: Database
  backend: AgendaBackend
  /** A second backend on the same database, as another process would have. */
  another(): Promise<AgendaBackend>
  /** An Agenda with a backend of its own, not started: it takes jobs at once only of kinds defined before it starts. */
  agenda(options?: Partial<AgendaOptions>): Agenda
  row(id: unknown): Promise<JobRow>
  rows(name: string): Promise<JobRow[]>
  close(): Promise<void>
}

/** Opens a new SQLite file, or a new database on the server that TEST_DATABASE_URL names. */
export async function jobsHouse(): Promise<JobsHouse> {
  const { url, drop } = await freshUrl()
  const database = await openJobs(url)
  const databases = [database]
  const agendas: Agenda[] = []
  return {
    url,
    database,
    backend: agendaBackend(database),
    async another() {
      // Not on SQLite: a second writer in one process would block the event loop that the first one needs to commit.
      if (database.dialect === 'sqlite') return agendaBackend(database)
      const other = await openJobs(url)
      databases.push(other)
      return agendaBackend(other)
    },
    agenda(options = {}) {
      // A short lock: every run leaves a timer of half of it behind, which would keep the test's process waiting.
      const agenda = new Agenda({
        backend: agendaBackend(database),
        processEvery: 30,
        defaultLockLifetime: 2000,
        ...options,
      })
      agendas.push(agenda)
      return agenda
    },
    async row(id) {
      const row = await database.read((reader) => reader.get(JobRow, String(id)))
      if (!row) throw new Error(`no job ${String(id)}`)
      return row
    },
    rows: (name) => database.read((reader) => reader.find(JobRow, 'WHERE name = ? ORDER BY id', [name])),
    async close() {
      for (const agenda of agendas) await agenda.stop()
      for (const open of databases) await open.close()
      await drop()
    },
  }
}

/** Opens a jobs database; the first to do so makes its table. */
export function openJobs(url: string): Promise<Database> {
  return Database.open({ url, entities: [JobRow], migrations: [Jobs1763769600002], clock: systemClock })
}

/** Waits until `condition` holds; fails with `what` after twenty seconds. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Waits until Agenda tells of an event; fails after twenty seconds. */
export function happens(agenda: Agenda, event: string): Promise<unknown> {
  return once(agenda, event, { signal: AbortSignal.timeout(20_000) })
}

/** A promise and the function that fulfils it: for jobs that shall run until they are let go. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

async function freshUrl(): Promise<{ url: string; drop: () => Promise<void> }> {
  const server = process.env.TEST_DATABASE_URL
  if (!server?.startsWith('mysql:')) {
    const directory = mkdtempSync(join(tmpdir(), 'jobs-'))
    return { url: `sqlite:${directory}/jobs.db`, drop: async () => rmSync(directory, { recursive: true }) }
  }
  const name = `yingke_jobs_${randomBytes(6).toString('hex')}`
  const url = new URL(server)
  url.pathname = ''
  const statement = async (sql: string) => {
    const connection = await createConnection(url.href)
    await connection.query(sql).finally(() => connection.end())
  }
  await statement(`CREATE DATABASE ${name}`)
  url.pathname = name
  const target = url.href
  url.pathname = ''
  return { url: target, drop: () => statement(`DROP DATABASE ${name}`) }
}
