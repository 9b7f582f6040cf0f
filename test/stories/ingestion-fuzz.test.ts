import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { System } from '../api.ts'
import { Dice } from '../dice.ts'
import { openStory } from '../harness.ts'
import { type Malformed, malformed } from '../malformed.ts'

const COUNT = Number(process.env.FUZZ_BODIES ?? 100_000)
const AT_ONCE = 32
/** So many are large or nested beyond all measure: each costs as much as hundreds of others. */
const BIG_EVERY = 2_500
const SLOWEST_MS = 2_000
const TABLES = [
  ...['events', 'customers', 'customer_identities', 'customer_keys', 'customer_tags', 'orders', 'order_moves'],
  ...['order_papers', 'imports', 'import_errors', 'api_requests', 'messages'],
]

test(`${COUNT} malformed bodies: no failure, nothing stored, others are served meanwhile`, async () => {
  const story = await openStory()
  const { url } = story.running
  const scopes = ['events:write', 'customers:write', 'orders:write'] as const
  const system = await System.of(story, '模糊测试', [...scopes], 1_000_000)
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const before = await rowsIn()
  const dice = new Dice(20261123)
  const statuses = new Map<number, number>()
  const failures: string[] = []
  let sent = 0
  let done = false
  const slowest = watch()

  async function worker(): Promise<void> {
    while (sent < COUNT) {
      const n = sent++
      const one = malformed(dice, n % BIG_EVERY === BIG_EVERY - 1)
      const { status, body } = await post(one)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      const taken = status < 300 && !isAllRefused(body)
      if (status >= 500 || taken)
        failures.push(`${n}: ${one.path} ${status} ${body.slice(0, 200)}\n${one.body.toString('latin1').slice(0, 300)}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  done = true
  assert.ok((await slowest) < SLOWEST_MS, `others waited ${await slowest} ms`)
  assert.deepEqual(failures.slice(0, 5), [])
  assert.deepEqual(await rowsIn(), before)
  assert.ok(!existsSync(join(story.folder, 'files')) || readdirSync(join(story.folder, 'files')).length === 0)
  // Every kind of refusal was met: by content, by what it is called, by size, by path.
  for (const status of [200, 413, 422]) assert.ok(statuses.has(status), JSON.stringify([...statuses]))
  const right = { id: '1', name: 'page.viewed', customer: { member: 'F-1' } }
  const after = await system.post<{ accepted: number }>('/events', right)
  assert.deepEqual([after.status, after.body.accepted], [200, 1])
  assert.equal(({} as { admin?: boolean }).admin, undefined)
  agent.destroy()
  await story.close()

  async function rowsIn(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const table of TABLES) {
      const [row] = await story.db.read((tx) => tx.query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`))
      counts[table] = Number(row?.n)
    }
    return counts
  }

  function post({ path, headers, body }: Malformed): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const options = {
        agent,
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${system.secret}`, 'content-length': body.length },
      }
      const sending = request(`${url}/api/v1${path}`, options, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }))
        response.on('error', reject)
      })
      sending.on('error', (error: NodeJS.ErrnoException) => {
        // What is too large is refused before it has arrived.
        if (error.code === 'EPIPE' || error.code === 'ECONNRESET') resolve({ status: 413, body: '' })
        else reject(error)
      })
      sending.end(body)
    })
  }

  /** How long others waited at most, who only ask how the house is. */
  async function watch(): Promise<number> {
    let most = 0
    while (!done) {
      const began = performance.now()
      const response = await fetch(`${url}/healthz`)
      await response.text()
      most = Math.max(most, performance.now() - began)
      assert.equal(response.status, 200)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    return most
  }
})

function isAllRefused(body: string): boolean {
  const { accepted, duplicate } = JSON.parse(body) as { accepted?: number; duplicate?: number }
  return accepted === 0 && duplicate === 0
}
