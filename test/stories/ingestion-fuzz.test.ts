import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { test } from '../suite.ts'
import type { FuzzReport } from './fuzz-worker.ts'

const COUNT = Number(process.env.FUZZ_BODIES ?? 100_000)
const SLOWEST_MS = 3_000

test(`${COUNT} malformed bodies: no failure, nothing stored, others are served meanwhile`, async (context) => {
  const child = fork(new URL('./fuzz-worker.js', import.meta.url), [String(COUNT)], {
    env: { ...process.env, LOG_LEVEL: 'silent' },
  })
  let report: FuzzReport | undefined
  child.on('message', (message) => {
    report = message as FuzzReport
  })
  const [code] = await once(child, 'exit')
  assert.ok(report, `the worker ended with ${code}`)
  const { statuses, failures, stored, files, slowestMs, afterwards, ms } = report
  context.diagnostic(`${ms} ms, others waited ${slowestMs} ms at most, ${JSON.stringify(statuses)}`)
  assert.deepEqual(failures, [])
  for (const [table, [before, after]] of Object.entries(stored)) assert.equal(after, before, table)
  assert.equal(files, 0)
  // Every kind of refusal was met: in a batch, by size, by content.
  for (const status of ['200', '413', '422']) assert.ok((statuses[status] ?? 0) > 0, JSON.stringify(statuses))
  assert.deepEqual(afterwards, { status: 200, accepted: 1 })
  assert.ok(slowestMs < SLOWEST_MS, `others waited ${slowestMs} ms`)
})
