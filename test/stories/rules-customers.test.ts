import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RuleDate } from '../../server/engines/rules/clock.ts'
import type { Story } from '../harness.ts'
import { happens, idOf, openRuleStory, putRules, runsOf } from '../rules.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

const rule = (name: string, on: string) => `rule: ${name}\ntitle: 规则${name}\non: ${on}\nsteps: [end]\n`
const whose = async (name: string) => (await runsOf(story, name)).map(({ runKey }) => runKey)

test('whoever belongs to a segment because it is new sets nothing going; who comes into it does', async () => {
  story = await openRuleStory({})
  const wang = await idOf(story, story.wang)
  const segment = 'segment: with_region\ntitle: 有地区\nwhen: { region: { $exists: true } }\n'
  await happens(story, wang, 'customer.profiled', { region: '上海' })
  await writeFile(join(story.templates, 'packs/service-desk/segments/with_region.yaml'), segment)
  await putRules(story, { came: rule('came', '{ segment: with_region }') })
  await story.later('1 h')
  const members = await story.db.read((tx) =>
    tx.query<{ customerId: string }>(`SELECT customerId FROM segment_members WHERE segment = 'with_region'`),
  )
  assert.deepEqual(
    members.map(({ customerId }) => customerId),
    [wang],
  )
  assert.deepEqual(await whose('came'), [], 'it is the definition that is new, not the customer')
  const li = await idOf(story, story.li)
  await happens(story, li, 'customer.profiled', { region: '杭州' })
  assert.deepEqual(await whose('came'), [li])
})

test('dates of customers who were there before the rule: facts of every kind, and what changes them moves the date', async () => {
  story = await openRuleStory({})
  const wang = await idOf(story, story.wang)
  const li = await idOf(story, story.li)
  await happens(story, wang, 'customer.profiled', { birthday: '1990-11-25' })
  await happens(story, li, 'customer.profiled', { birthday: '12-24' })
  await story.later('1 h')
  await putRules(story, {
    birthday: rule('birthday', "{ date: customer.birthday, yearly: true, offset: -1 d, at: '09:00' }"),
    silent: rule('silent', "{ date: customer.last_interaction_at, offset: 3 d, at: '08:00' }"),
    year: rule('year', "{ date: customer.registered_at, yearly: true, at: '08:00' }"),
  })
  await story.later('5 min')
  const dates = await story.db.read((tx) => tx.find(RuleDate, 'ORDER BY id'))
  assert.deepEqual([...new Set(dates.map(({ clockId }) => clockId))].sort(), ['birthday#0', 'silent#0', 'year#0'])
  assert.equal(dates.length, 6)
  await story.later('1 d')
  assert.deepEqual(await whose('birthday'), [wang])
  // Something that a customer does by themselves counts as an interaction: the date moves with it.
  const silent = () => story.db.read((tx) => tx.get(RuleDate, `silent#0:${li}`))
  const before = await silent()
  await happens(story, li, 'page.viewed')
  assert.ok(((await silent())?.wakeAt ?? 0) > (before?.wakeAt ?? 0), 'moved at once')
  await story.restart()
  await story.later('2 d')
  assert.deepEqual(await whose('silent'), [wang])
  await story.later('1 d')
  assert.deepEqual((await whose('silent')).sort(), [wang, li].sort())
  const year = dates.find(({ clockId, subjectId }) => clockId === 'year#0' && subjectId === wang)
  assert.equal(new Date(year?.wakeAt ?? 0).toISOString(), '2027-11-23T00:00:00.000Z')
})
