import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded, within } from '../processes.ts'
import { makeCases } from './crash-cases.ts'
import { readLedger } from './crash-ledger.ts'
import { comeToRest, everythingWrong, NOTHING, openStory } from './crash-story.ts'
import type { Town } from './crash-town.ts'

const CASES = Number(process.env.CRASH_CASES ?? 200)
const KILLS = Number(process.env.CRASH_KILLS ?? 52)
const SEED = Number(process.env.CRASH_SEED ?? 20_261_122)

test(`${KILLS} kills while ${CASES} complaints run: nothing is lost, nothing happens twice`, async (t) => {
  const story = await openStory(t, 1, makeCases(CASES))
  const { town } = story
  const { wecom } = town.sandbox
  const [product] = town.products
  if (!product) throw new Error('no product')
  await product.start()
  await product.ready()

  story.open()
  const random = seeded(SEED)
  for (let kill = 0; kill < KILLS; kill++) {
    // Complaints come in all the time, so that every kill finds cases at every step.
    story.file(Math.ceil((CASES * (kill + 1)) / (KILLS * 0.9)))
    await someMoment(town, random)
    await product.kill()
    wecom.faults.loseAnswers = 0
    await product.start()
  }
  const killed = story.age()
  const db = await comeToRest(t, story)

  const ledger = await readLedger(db)
  const starts = product.starts.toSorted((a, b) => a - b)
  const escalations = ledger.events.filter(({ name }) => name === 'step.escalated').length
  const doubled = ledger.messages.filter(({ channel, attempts }) => channel === 'customer' && attempts > 1).length
  t.diagnostic(
    `kills took ${Math.round(killed / 1000)} s, all ${Math.round(story.age() / 1000)} s; ` +
      `start ${starts[starts.length >> 1]} ms (worst ${starts.at(-1)}); ${ledger.messages.length} messages, ` +
      `${escalations} escalations, ${wecom.suppressed.length} repeats suppressed, ${wecom.updates.length} updates, ` +
      `${doubled} customer messages tried again`,
  )
  assert.deepEqual(product.deaths, [], 'the process ends only when it is killed')
  assert.deepEqual(everythingWrong(ledger, story), NOTHING)
})

/** Waits for the moment of the next kill: when the platform has been called so many times more, or after a while. */
async function someMoment({ sandbox: { wecom } }: Town, random: () => number): Promise<void> {
  const calls = () => [...wecom.calls.values()].reduce((sum, n) => sum + n, 0)
  const target = calls() + 1 + Math.floor(random() * 40)
  const longest = 100 + random() * 1500
  // Now and then the platform acts but its answer gets lost, just before the end.
  if (random() < 0.3) wecom.faults.loseAnswers = 2
  await within(longest, () => calls() >= target, 1)
}
