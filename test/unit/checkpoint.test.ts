import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, test } from '../suite.ts'
import { writeMuch } from './checkpoint-writer.ts'

const PATIENCE_MS = 20_000

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yingke-checkpoint-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('what was committed is brought into the database file beside the work', async () => {
  const file = join(folder, 'db.sqlite')
  const db = await writeMuch(`sqlite:${file}`)
  const until = Date.now() + PATIENCE_MS
  const size = async () => (await stat(file)).size
  // Until then all there is lies in the log: the file has not even its tables.
  while ((await size()) < 100_000 && Date.now() < until) await setTimeout(20)
  assert.ok((await size()) >= 100_000, `still ${await size()} bytes`)
  await db.close()
})

test('a process that has nothing left to do but to close the database closes it, and ends well', () => {
  const writer = new URL('./checkpoint-writer.js', import.meta.url)
  const script = `
    const { writeMuch } = await import(${JSON.stringify(writer)})
    const db = await writeMuch(${JSON.stringify(`sqlite:${join(folder, 'db.sqlite')}`)})
    await db.close()
    process.stdout.write('closed')`
  const args = ['--input-type=module', '-e', script]
  const child = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: PATIENCE_MS })
  assert.equal(child.status, 0, child.stderr)
  assert.equal(child.stdout, 'closed')
})
