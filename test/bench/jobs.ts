import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PostgresBackend, type PostgresJobRepository } from '@agendajs/postgres-backend'
import { Agenda, type AgendaBackend } from 'agenda'
import { createConnection } from 'mysql2/promise'
import { agendaBackend } from '../../server/lib/agenda-backend.ts'
import { JobRow } from '../../server/lib/agenda-jobs.ts'
import { systemClock } from '../../server/lib/clock.ts'
import { Database } from '../../server/lib/db.ts'
import { Jobs1763769600002 } from '../../server/migrations/0002-jobs.ts'
import { median, perSecond, rowOf } from './measure.ts'
import type { BenchRow } from './row.ts'

const POSTGRES_URL = process.env.BENCH_POSTGRES_URL ?? 'postgresql://postgres@127.0.0.1:5432/test'
const MYSQL_URL = process.env.BENCH_MYSQL_URL ?? 'mysql://root@127.0.0.1:3306/'
const GOAL = 1.3
const ROUNDS = 3
const JOBS = 1000
const CLAIMS = 500
const CONCURRENCY = 20
const NAME = 'bench'

/** A store under measure: its backend, and what takes it away again. */
interface Contender {
  backend: AgendaBackend
  remove(): Promise<void>
}

/** What one round measures, per second. */
interface Speed {
  completed: number
  claimed: number
}

/**
 * Jobs on our backend against Agenda's own PostgreSQL backend, under the same Agenda with the same options, taking
 * turns; the medians are compared. PostgreSQL is measured as it comes (each commit on disk) and with
 * `synchronous_commit=off`, which promises as much as SQLite with WAL and synchronous=NORMAL: neither loses a job when
 * the process dies, both may lose the last moments when the machine does. The ratio is against the faster of the two.
 */
export async function jobs(): Promise<BenchRow[]> {
  const contenders: Record<string, Contender> = {
    sqlite: await sqlite(),
    postgres: await postgres('on'),
    postgresRelaxed: await postgres('off'),
    mysql: await mysql(),
  }
  const speeds: Record<string, Speed[]> = {}
  try {
    for (const { backend } of Object.values(contenders)) await measure(backend, JOBS / 10, CLAIMS / 10)
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, { backend }] of Object.entries(contenders)) {
        speeds[name] = [...(speeds[name] ?? []), await measure(backend, JOBS, CLAIMS)]
      }
    }
  } finally {
    for (const { remove } of Object.values(contenders)) await remove()
  }
  return [line('jobs completed per second', 'completed', speeds), line('jobs claimed per second', 'claimed', speeds)]
}

function line(name: string, figure: keyof Speed, speeds: Record<string, Speed[]>): BenchRow {
  const middle = Object.fromEntries(
    Object.entries(speeds).map(([store, rounds]) => [store, Math.round(median(rounds.map((round) => round[figure])))]),
  )
  const { sqlite = 0, postgres = 0, postgresRelaxed = 0 } = middle
  const counts = { rounds: ROUNDS, jobs: JOBS, claims: CLAIMS }
  return rowOf(name, sqlite / Math.max(postgres, postgresRelaxed), GOAL, { ...middle, ...counts })
}

async function measure(backend: AgendaBackend, total: number, claims: number): Promise<Speed> {
  return { completed: await completedPerSecond(backend, total), claimed: await claimedPerSecond(backend, claims) }
}

/** From the first `now` until the last job has completed. */
async function completedPerSecond(backend: AgendaBackend, total: number): Promise<number> {
  const agenda = new Agenda({
    backend,
    processEvery: 200,
    maxConcurrency: CONCURRENCY,
    defaultConcurrency: CONCURRENCY,
    defaultLockLifetime: 10_000,
  })
  await agenda.ready
  await agenda.cancelAll()
  agenda.define(NAME, async () => {})
  await agenda.start()
  let open = total
  const completed = new Promise<void>((resolve) => {
    agenda.on('complete', () => --open === 0 && resolve())
  })
  const from = performance.now()
  await Promise.all(Array.from({ length: total }, (_, n) => agenda.now(NAME, { n })))
  await completed
  const speed = perSecond(total, performance.now() - from)
  // The connection is opened once for all rounds.
  await agenda.stop(false)
  return speed
}

/** Five claimers empty a queue of due jobs. */
async function claimedPerSecond(backend: AgendaBackend, total: number): Promise<number> {
  // Our backend hands out nothing after Agenda has stopped, until it is connected again.
  await backend.connect()
  const { repository } = backend
  await repository.purgeAllJobs()
  const nextRunAt = new Date(Date.now() - 1000)
  const job = { name: NAME, type: 'normal' as const, priority: 0, nextRunAt, data: {} }
  await Promise.all(Array.from({ length: total }, () => repository.saveJob(job, undefined)))
  let claimed = 0
  const claim = async () => {
    while (await repository.getNextJobToRun(NAME, new Date(), new Date(0), undefined, undefined)) claimed++
  }
  const from = performance.now()
  await Promise.all(Array.from({ length: 5 }, claim))
  if (claimed !== total) throw new Error(`${claimed} of ${total} jobs were claimed`)
  return perSecond(total, performance.now() - from)
}

async function sqlite(): Promise<Contender> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-jobs-'))
  const database = await open(`sqlite:${directory}/jobs.db`)
  const remove = async () => {
    await database.close()
    rmSync(directory, { recursive: true })
  }
  return { backend: agendaBackend(database), remove }
}

async function mysql(): Promise<Contender> {
  const name = `yingke_bench_${randomBytes(6).toString('hex')}`
  const statement = async (sql: string) => {
    const connection = await createConnection(MYSQL_URL)
    await connection.query(sql).finally(() => connection.end())
  }
  await statement(`CREATE DATABASE ${name}`)
  const database = await open(new URL(`/${name}`, MYSQL_URL).href)
  const remove = async () => {
    await database.close()
    await statement(`DROP DATABASE ${name}`)
  }
  return { backend: agendaBackend(database), remove }
}

async function postgres(synchronousCommit: 'on' | 'off'): Promise<Contender> {
  const tableName = `bench_${randomBytes(6).toString('hex')}`
  const backend = new PostgresBackend({
    poolConfig: { connectionString: POSTGRES_URL, options: `-c synchronous_commit=${synchronousCommit}` },
    tableName,
    channelName: tableName,
    logTableName: `${tableName}_logs`,
  })
  await backend.connect()
  const remove = async () => {
    const pool: { query(sql: string): Promise<unknown> } = (backend.repository as PostgresJobRepository).getPool()
    await pool.query(`DROP TABLE IF EXISTS ${tableName}, ${tableName}_logs`)
    await pool.query(`DROP FUNCTION update_${tableName}_updated_at`)
    await backend.disconnect()
  }
  return { backend, remove }
}

function open(url: string): Promise<Database> {
  return Database.open({ url, entities: [JobRow], migrations: [Jobs1763769600002], clock: systemClock })
}
