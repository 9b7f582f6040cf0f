import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Line } from '../line.ts'
import { seeded, within } from '../processes.ts'
import { makeCases } from './crash-cases.ts'
import { readLedger } from './crash-ledger.ts'
import { comeToRest, everythingWrong, NOTHING, openStory } from './crash-story.ts'

const CASES = Number(process.env.CUT_CASES ?? 30)
const CUTS = Number(process.env.CUTS ?? 25)
const SEED = Number(process.env.CRASH_SEED ?? 20_261_129)
const skip = process.env.TEST_DATABASE_URL ? false : 'needs TEST_DATABASE_URL, a MySQL server'

test(`the database goes away ${CUTS} times while ${CASES} complaints run, and each effect happens once`, {
  skip,
}, async (t) => {
  let line: Line | undefined
  const story = await openStory(t, 1, makeCases(CASES), async (url) => {
    line = await Line.to(url)
    return line.url
  })
  const way = line as unknown as Line
  t.after(() => way.close())
  const [product] = story.town.products
  if (!product) throw new Error('no product')
  await product.start()
  await product.ready()

  story.open()
  const random = seeded(SEED)
  for (let cut = 0; cut < CUTS; cut++) {
    // Complaints come in all the time, so that every cut finds cases at every step.
    story.file(Math.ceil((CASES * (cut + 1)) / (CUTS * 0.9)))
    const asked = way.asked + 1 + Math.floor(random() * 300)
    await within(3_000, () => way.asked >= asked, 1)
    way.cut()
    // A server takes a while to come back: some try in vain.
    const refused = way.refused + Math.floor(random() * 4)
    await within(2_000, () => way.refused >= refused, 1)
    way.mend()
  }
  const db = await comeToRest(t, story)

  const ledger = await readLedger(db)
  const { wecom } = story.town.sandbox
  t.diagnostic(
    `${Math.round(story.age() / 1000)} s; ${ledger.messages.length} messages, ${way.refused} refused, ` +
      `${wecom.suppressed.length} repeats suppressed, ${wecom.updates.length} updates`,
  )
  assert.deepEqual(product.deaths, [], 'no process ends by itself')
  assert.deepEqual(everythingWrong(ledger, story), NOTHING)
})
