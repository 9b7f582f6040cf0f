import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from '../../server/lib/config.ts'
import { MYSQL_HERE } from '../mysql-here.ts'
import type { BenchRow } from './row.ts'
import { lineOf } from './row-text.ts'

/** What is measured, in this order; each in a process of its own, so that none inherits another one's memory. */
interface Bench {
  name: string
  on: 'sqlite' | 'mysql'
  run: () => Promise<BenchRow[]>
}

const MYSQL = process.env.TEST_DATABASE_URL ?? MYSQL_HERE
const benches: Bench[] = [
  { name: 'press', on: 'sqlite', run: async () => (await import('./press.ts')).press() },
  { name: 'press', on: 'mysql', run: async () => (await import('./press.ts')).press() },
  { name: 'opening', on: 'sqlite', run: async () => (await import('./opening.ts')).opening() },
  { name: 'escalations', on: 'sqlite', run: async () => (await import('./escalations.ts')).escalations() },
  { name: 'escalations', on: 'mysql', run: async () => (await import('./escalations.ts')).escalations() },
  { name: 'audit', on: 'sqlite', run: async () => (await import('./audit.ts')).auditing() },
  { name: 'audit', on: 'mysql', run: async () => (await import('./audit.ts')).auditing() },
  { name: 'dispatch', on: 'sqlite', run: async () => (await import('./dispatch.ts')).dispatching() },
  { name: 'dispatch', on: 'mysql', run: async () => (await import('./dispatch.ts')).dispatching() },
  { name: 'rules', on: 'sqlite', run: async () => (await import('./rules.ts')).rules() },
  { name: 'rules', on: 'mysql', run: async () => (await import('./rules.ts')).rules() },
  { name: 'segments', on: 'sqlite', run: async () => (await import('./segments.ts')).segmenting() },
  { name: 'segments', on: 'mysql', run: async () => (await import('./segments.ts')).segmenting() },
  { name: 'import', on: 'sqlite', run: async () => (await import('./import.ts')).importing() },
  { name: 'import', on: 'mysql', run: async () => (await import('./import.ts')).importing() },
  { name: 'bookings', on: 'sqlite', run: async () => (await import('./bookings.ts')).booking() },
  { name: 'bookings', on: 'mysql', run: async () => (await import('./bookings.ts')).booking() },
  { name: 'fanout', on: 'sqlite', run: async () => (await import('./fanout.ts')).fanout() },
  { name: 'dingtalk', on: 'sqlite', run: async () => (await import('./dingtalk.ts')).dingtalkPresses() },
  { name: 'form', on: 'sqlite', run: async () => (await import('./form.ts')).openingForms() },
  { name: 'jobs', on: 'sqlite', run: async () => (await import('./jobs.ts')).jobs() },
  { name: 'memory', on: 'sqlite', run: async () => (await import('./memory.ts')).memory() },
]

/** Runs the benches of that name, or all, prints their lines as they come and writes bench.json. */
async function main(name: string | undefined): Promise<void> {
  const chosen = benches.filter((bench) => !name || bench.name === name)
  if (chosen.length === 0) throw new Error(`no bench "${name}"; there are ${benches.map((one) => one.name).join(', ')}`)
  const rows: BenchRow[] = []
  for (const bench of chosen) {
    const began = Date.now()
    process.stdout.write(`\n${bench.name} (${bench.on})\n`)
    try {
      for (const row of await inChild(bench)) {
        rows.push(row)
        process.stdout.write(lineOf(row))
      }
    } catch (error) {
      // The others can still be measured; the run as a whole has failed.
      process.stderr.write(`  ${(error as Error).message}\n`)
      process.exitCode = 1
    }
    process.stdout.write(`  ${Math.round((Date.now() - began) / 1000)} s\n`)
    await writeFile(join(ROOT, 'bench.json'), `${JSON.stringify(rows, null, 2)}\n`)
  }
  const goals = rows.filter(({ goal }) => goal !== undefined)
  const reached = goals.filter(({ met }) => met).length
  process.stdout.write(`\n${reached} of ${goals.length} goals met; figures in bench.json\n`)
}

/** The rows of one bench, measured in a new process; throws when it fails. */
async function inChild(bench: Bench): Promise<BenchRow[]> {
  const { TEST_DATABASE_URL: _, ...env } = process.env
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), ['--child', String(benches.indexOf(bench))], {
    env: { ...env, LOG_LEVEL: 'error', ...(bench.on === 'mysql' && { TEST_DATABASE_URL: MYSQL }) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let rows: BenchRow[] | undefined
  child.on('message', (message) => {
    rows = message as BenchRow[]
  })
  const [code] = await once(child, 'exit')
  if (!rows) throw new Error(`the bench ${bench.name} on ${bench.on} ended with code ${code}`)
  return rows
}

const [first, second] = process.argv.slice(2)
if (first === '--child') {
  const bench = benches[Number(second)] as Bench
  const rows = await bench.run()
  process.send?.(rows, () => process.exit(0))
} else {
  await main(first)
}
