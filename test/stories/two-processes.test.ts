import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bareDatabase } from '../database.ts'
import { makeCases } from './crash-cases.ts'
import { readLedger } from './crash-ledger.ts'
import { comeToRest, everythingWrong, NOTHING, openStory } from './crash-story.ts'

const CASES = 60
const skip = process.env.TEST_DATABASE_URL ? false : 'needs TEST_DATABASE_URL, a MySQL server'

test('two processes on one database sweep and deliver, and each effect happens once', { skip }, async (t) => {
  const story = await openStory(t, 2, makeCases(CASES), bareDatabase)
  const { town } = story
  // Both open an empty database at the same time, as after a roll-out.
  await Promise.all(town.products.map((product) => product.start()))
  await Promise.all(town.products.map((product) => product.ready()))
  // Every callback is delivered twice at once, to one process each.
  town.sandbox.wecom.faults.duplicateCallbacks = 1
  town.sandbox.wechat.faults.duplicatePushes = 1

  story.open()
  story.file(CASES)
  const db = await comeToRest(t, story)

  const ledger = await readLedger(db)
  const { wecom } = town.sandbox
  t.diagnostic(
    `${Math.round(story.age() / 1000)} s; ${ledger.messages.length} messages, ` +
      `${wecom.suppressed.length} repeats suppressed, ${wecom.updates.length} updates`,
  )
  for (const { deaths } of town.products) assert.deepEqual(deaths, [], 'no process ends by itself')
  assert.deepEqual(wecom.suppressed, [], 'without a crash nothing is sent a second time')
  assert.deepEqual(everythingWrong(ledger, story), NOTHING)
})
