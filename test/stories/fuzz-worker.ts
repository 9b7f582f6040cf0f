/** The fuzz in a process of its own: the test runner's hooks would make each request cost several times as much. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { System } from '../api.ts'
import { Dice } from '../dice.ts'
import { openStory } from '../harness.ts'
import { malformed } from '../malformed.ts'
import { Wire } from '../wire.ts'

const COUNT = Number(process.argv[2])
const AT_ONCE = 24
/** So many are large or nested beyond all measure: each costs as much as hundreds of others. */
const BIG_EVERY = 2_500
const PATIENCE_MS = 20_000
const TABLES = [
  ...['events', 'customers', 'customer_identities', 'customer_keys', 'customer_tags', 'orders', 'order_moves'],
  ...['order_papers', 'imports', 'import_errors', 'api_requests', 'messages'],
]

/** What came of it, for the test to judge. */
export interface FuzzReport {
  statuses: Record<string, number>
  /** Requests that failed, were taken, or got no answer. */
  failures: string[]
  stored: Record<string, [before: number, after: number]>
  files: number
  /** The longest that somebody else waited meanwhile. */
  slowestMs: number
  /** What a right request was answered afterwards. */
  afterwards: { status: number; accepted: number }
  ms: number
}

const story = await openStory()
const { url } = story.running
const system = await System.of(story, '模糊测试', ['events:write', 'customers:write', 'orders:write'], 1_000_000)
const before = await rowsIn()
const dice = new Dice(20261123)
const statuses: Record<string, number> = {}
const failures: string[] = []
let sent = 0
let done = false
const began = performance.now()
const slowest = watch()
await Promise.all(Array.from({ length: AT_ONCE }, worker))
done = true
const ms = Math.round(performance.now() - began)
const stored = await rowsIn()
const files = join(story.folder, 'files')
const right = { id: '1', name: 'page.viewed', customer: { member: 'F-1' } }
const last = await system.post<{ accepted: number }>('/events', right)
const report: FuzzReport = {
  statuses,
  failures: failures.slice(0, 5),
  stored: Object.fromEntries(TABLES.map((table) => [table, [before[table] ?? -1, stored[table] ?? -1]])),
  files: existsSync(files) ? readdirSync(files).length : 0,
  slowestMs: await slowest,
  afterwards: { status: last.status, accepted: last.body.accepted },
  ms,
}
await story.close()
process.send?.(report, () => process.exit(0))

async function worker(): Promise<void> {
  const wire = new Wire(Number(new URL(url).port), PATIENCE_MS)
  while (sent < COUNT) {
    const n = sent++
    const { path, headers, body } = malformed(dice, n % BIG_EVERY === BIG_EVERY - 1)
    const answer = await wire.post(`/api/v1${path}`, { authorization: `Bearer ${system.secret}`, ...headers }, body)
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
    if (answer.status >= 500 || (answer.status < 300 && !isAllRefused(answer.body)))
      failures.push(
        [n, path, JSON.stringify(headers), answer.status, answer.body.slice(0, 200), body.subarray(0, 300)].join(' '),
      )
  }
  wire.close()
}

async function rowsIn(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const table of TABLES) {
    const [row] = await story.db.read((tx) => tx.query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`))
    counts[table] = Number(row?.n)
  }
  return counts
}

/** How long others waited at most, who only ask how the house is. */
async function watch(): Promise<number> {
  let most = 0
  while (!done) {
    const asked = performance.now()
    const response = await fetch(`${url}/healthz`)
    await response.text()
    most = Math.max(most, performance.now() - asked)
    // A look now and then, not a load of its own.
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return Math.round(most)
}

function isAllRefused(body: string): boolean {
  const { accepted, duplicate } = JSON.parse(body) as { accepted?: number; duplicate?: number }
  return accepted === 0 && duplicate === 0
}
