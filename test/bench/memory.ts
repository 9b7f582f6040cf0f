import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { openGround } from './ground.ts'
import { rowOf } from './measure.ts'
import { startHouse } from './processes.ts'
import type { BenchRow } from './row.ts'

const GOAL_MB = 200
/** Long enough for the start's garbage to be gone and for every duty to have run a few times. */
const IDLE_MS = 20_000

/** What the server keeps in memory while nobody asks anything of it: sandbox on, packs read, duties running. */
export async function memory(): Promise<BenchRow[]> {
  const ground = await openGround()
  const { SANDBOX: _, DATA_KEYS: __, ...env } = ground.env
  const house = await startHouse(env)
  await sleep(IDLE_MS)
  const status = await readFile(`/proc/${house.pid}/status`, 'utf8')
  await house.stop()
  await ground.clear()
  const resident = megabytes(status, 'VmRSS')
  return [
    rowOf('memory: 200 MB against the idle server', GOAL_MB / resident, 1, {
      'resident MB': resident,
      'at most MB': megabytes(status, 'VmHWM'),
    }),
  ]
}

function megabytes(status: string, name: string): number {
  const [, kilobytes] = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status) ?? []
  if (!kilobytes) throw new Error(`/proc tells no ${name}`)
  return Number(kilobytes) / 1024
}
