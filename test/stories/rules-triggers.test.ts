import assert from 'node:assert/strict'
import { record, SYSTEM } from '../../server/engines/events/events.ts'
import { lookAgain } from '../../server/engines/rules/hear.ts'
import { ruleFacts } from '../../server/engines/rules/hooks.ts'
import type { Story } from '../harness.ts'
import { crowd, deeds, happens, idOf, openRuleStory, putRules, runsOf } from '../rules.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

const local = (at: number) => new Date(at + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ')
const starts = async (rule: string) => (await runsOf(story, rule)).map(({ startedAt }) => local(startedAt))
const act = '{ do: notify_staff, to: { role: front_line }, or: front_line, title: 提醒, text: 请看 }'

const tell = '{ do: notify_customer, kind: care, class: service }'

const rule = (name: string, on: string, more = '', does = act) => `
rule: ${name}
title: ${name}
on: ${on}
${more}
steps: [${does}]
`

test('events by name and content, from doors and from outside, once each; changes of fields; segments', async () => {
  story = await openRuleStory({
    opened: rule(
      'opened',
      '{ event: ticket.opened, where: { event.kind: complaint } }',
      'key: ticket\nif: { ticket.priority: urgent }',
    ),
    several: rule(
      'several',
      '[{ event: [order.placed, order.paid] }, { event: refund.made, where: { event.amount: { $gte: 100 } } }]',
    ),
    field: rule('field', '{ field: ticket.priority, from: normal, to: urgent }', 'key: ticket'),
    moved: rule('moved', '{ field: customer.tier, from: silver, to: gold }'),
    phone: rule('phone', '{ field: customer.has_phone, to: true }'),
    came: rule('came', '{ segment: high_value, is: entered }'),
    went: rule('went', '{ segment: high_value, is: left }'),
    late: rule('late', '{ event: ride.ended }', 'late: 2 h'),
  })
  const { wang, zhou } = story
  const id = await idOf(story, wang)
  assert.equal((await runsOf(story, 'phone')).length, 1, 'who is new had no number before')
  await wang.complain('普通', { urgency: 'normal' })
  await wang.complain('紧急', { urgency: 'urgent' })
  assert.equal((await runsOf(story, 'opened')).length, 1)
  assert.match((await deeds(story, 'opened')).join(), /refused ticket.opened/)

  await happens(story, id, 'order.placed')
  await happens(story, id, 'order.paid')
  await happens(story, id, 'refund.made', { amount: 99 })
  await happens(story, id, 'refund.made', { amount: 100 })
  assert.equal((await runsOf(story, 'several')).length, 3)

  await story.db.write((tx) => tx.run(`UPDATE customers SET tier = 'silver' WHERE id = ?`, [id]))
  await story.db.write((tx) => lookAgain(tx, 'customer', [id]))
  await story.settle()
  assert.deepEqual(await runsOf(story, 'moved'), [])
  await story.db.write((tx) => tx.run(`UPDATE customers SET tier = 'gold' WHERE id = ?`, [id]))
  await story.restart()
  await story.db.write((tx) => lookAgain(tx, 'customer', [id]))
  await story.settle()
  await story.db.write((tx) => lookAgain(tx, 'customer', [id]))
  await story.settle()
  const [moved, ...more] = await runsOf(story, 'moved')
  assert.deepEqual([moved?.occasion.from, moved?.occasion.to, more.length], ['silver', 'gold', 0])

  const normal = (await wang.complain('又一件')).number
  await zhou.says(`优先级 ${normal} 紧急`)
  const [field, ...others] = await runsOf(story, 'field')
  assert.deepEqual([field?.occasion.from, field?.occasion.to, others.length], ['normal', 'urgent', 0])
  assert.equal(field?.customerId, id)

  await happens(story, id, 'segment.entered', { segment: 'dormant' })
  await happens(story, id, 'segment.entered', { segment: 'high_value' })
  await happens(story, id, 'segment.left', { segment: 'high_value' })
  assert.deepEqual([(await runsOf(story, 'came')).length, (await runsOf(story, 'went')).length], [1, 1])

  await happens(story, id, 'ride.ended', {}, { at: story.clock.now() - 3_600_000 })
  await happens(story, id, 'ride.ended', {}, { at: story.clock.now() - 3 * 3_600_000 })
  assert.equal((await runsOf(story, 'late')).length, 1)
  assert.match((await deeds(story, 'late')).join(), /refused/)
})

test('dates with an offset, yearly ones with a 29th of February, moved ones, and those that become known late', async () => {
  const dates: Record<string, Record<string, unknown>> = {}
  story = await openRuleStory({}, { at: '2027-12-01T10:00:00+08:00' })
  const own = { at: async (_tx: unknown, id: string) => dates[id], list: async () => [] }
  ruleFacts('contract', { ...own, changedBy: ['contract.'] })
  const licence = rule('licence', `{ date: contract.licence, offset: -30 d, at: '09:00', grace: 7 d }`, 'key: contract')
  const birthday = rule('birthday', `{ date: contract.birthday, yearly: true, at: '08:00' }`, 'key: contract')
  const jubilee = rule('jubilee', `{ date: contract.since, yearly: true, at: '10:00' }`, 'key: contract')
  await putRules(story, { licence, birthday, jubilee })
  const known = async (id: string, facts: Record<string, unknown>) => {
    dates[id] = { ...dates[id], ...facts }
    await story.db.write((tx) => lookAgain(tx, 'contract', [id]))
    await story.settle()
  }
  await known('C1', { licence: '2028-03-01', birthday: 229, since: Date.parse('2024-02-10T12:00:00+08:00') })
  await known('C2', { licence: 20271228, birthday: '02-28' })
  await known('C3', { licence: '2027-12-20', since: '2027-12-01' })
  await known('C4', { licence: '2028-01-05' })
  // C2: the day was three days ago, within the grace: at once. C3: eleven days ago, too late for a reminder.
  assert.deepEqual(await starts('licence'), ['2027-12-01 10:00'])
  // Moved, and nobody has told: when its old time comes it is asked for once more.
  dates.C4 = { licence: '2031-01-05' }
  await at('2027-12-06T09:00:00+08:00')
  assert.equal((await runsOf(story, 'licence')).length, 1)
  await at('2027-12-31T10:00:00+08:00')
  await known('C1', { licence: '2028-04-01' })
  await story.restart()
  await at('2028-01-31T09:00:00+08:00')
  assert.equal((await runsOf(story, 'licence')).length, 1, 'the date has been moved')
  await at('2028-02-10T10:00:00+08:00')
  await at('2028-02-28T08:00:00+08:00')
  await at('2028-02-29T08:00:00+08:00')
  assert.deepEqual(await starts('birthday'), ['2028-02-28 08:00', '2028-02-29 08:00'])
  assert.deepEqual(await starts('jubilee'), ['2028-02-10 10:00'])
  assert.equal((await runsOf(story, 'jubilee'))[0]?.occasion.years, 4)
  await at('2028-03-02T09:00:00+08:00')
  assert.deepEqual(await starts('licence'), ['2027-12-01 10:00', '2028-03-02 09:00'], 'the moved date counts')
  await known('C1', { birthday: null })
  await at('2028-12-01T10:00:00+08:00')
  await at('2029-02-28T08:00:00+08:00')
  assert.deepEqual(
    (await starts('birthday')).slice(2),
    ['2029-02-28 08:00'],
    'C2 only: the other is not known any more',
  )
  assert.deepEqual((await starts('jubilee')).slice(1), ['2028-12-01 10:00'])
  // A year without a 29th of February; and nothing for what the house slept through beyond its grace.
  await known('C1', { birthday: 229 })
  await at('2030-02-28T08:00:00+08:00')
  assert.deepEqual((await starts('birthday')).slice(3), ['2029-02-28 08:00', '2030-02-28 08:00', '2030-02-28 08:00'])
  assert.deepEqual((await starts('jubilee')).slice(2), [])
  assert.match((await deeds(story, 'jubilee')).join(), /missed/)
})

/** Moves the clock there at once, as if the house had slept. */
async function at(time: string): Promise<void> {
  story.clock.set(Date.parse(time))
  await story.settle()
}

test('schedules: every day, on working days, by weekday, month and year; for all customers of a list', async () => {
  story = await openRuleStory(
    {
      daily: rule('daily', `{ every: day, at: '09:00' }`),
      work: rule('work', `{ every: workday, at: '09:00' }`, 'calendar: service'),
      weekly: rule('weekly', `{ every: week, on: [tue, sat], at: '12:00' }`),
      monthly: rule('monthly', `{ every: month, on: 31, at: '23:30' }`),
      yearly: rule('yearly', `{ every: year, on: '10-01', at: '00:05' }`),
    },
    { at: '2026-09-24T10:00:00+08:00' },
  )
  await story.later('9 d')
  const days = (from: number, to: number, month: string) =>
    Array.from({ length: to - from + 1 }, (_, i) => `2026-${month}-${String(from + i).padStart(2, '0')} 09:00`)
  assert.deepEqual(await starts('daily'), [...days(25, 30, '09'), ...days(1, 3, '10')])
  // The 25th is Mid-Autumn with the weekend behind it, the 1st National Day.
  assert.deepEqual(await starts('work'), days(28, 30, '09'))
  assert.deepEqual(await starts('weekly'), ['2026-09-26 12:00', '2026-09-29 12:00'])
  assert.deepEqual(await starts('monthly'), ['2026-09-30 23:30'])
  assert.deepEqual(await starts('yearly'), ['2026-10-01 00:05'])

  const many = await crowd(story, 250)
  await putRules(story, {
    each: rule(
      'each',
      `{ every: month, on: 4, at: '08:00', each: customer }`,
      'if: { customer.has_phone: false }',
      'end',
    ),
  })
  await story.later('2 d')
  const runs = await runsOf(story, 'each')
  assert.equal(runs.length, many.length)
  assert.deepEqual([...new Set(runs.map(({ occasion }) => occasion.name))], ['schedule.fired'])
  await story.later('2 d')
  assert.equal((await runsOf(story, 'each')).length, many.length, 'once')
})

test('after an outage only the last missed firing counts, within its grace, and a crowd is spread', async () => {
  story = await openRuleStory(
    {
      hourly: rule('hourly', `{ every: day, at: '09:00', grace: 3 h }`),
      strict: rule('strict', `{ every: day, at: '09:00', grace: 30 min }`),
      all: rule('all', `{ every: day, at: '09:30', each: customer, grace: 3 h }`, '', tell),
      waits: `
rule: waits
title: waits
on: { event: campaign.started }
steps: [{ wait: 1 h }, ${tell}]
`,
    },
    { at: '2026-11-23T08:00:00+08:00' },
  )
  const many = await crowd(story, 60)
  await story.db.write(async (tx) => {
    for (const id of many)
      await record(tx, 'campaign.started', { by: SYSTEM, subject: { type: 'customer', id }, customerId: id })
  })
  await story.settle()
  await story.running.close()
  story.clock.advance(2 * 24 * 3_600_000 + 3_600_000 * 2.5)
  await story.open()
  await story.settle()
  // Wednesday 10:30; two firings of each were missed.
  assert.deepEqual(await starts('hourly'), ['2026-11-25 10:30'])
  assert.deepEqual(await starts('strict'), [])
  assert.match((await deeds(story, 'strict')).join(), /missed/)
  assert.equal((await runsOf(story, 'all')).length, 60, 'each once, for the last of the missed')
  const done = async (name: string) => (await deeds(story, name)).filter((deed) => deed.startsWith('done')).length
  assert.equal(await done('all'), 0, 'a late crowd is spread over minutes')
  assert.equal(await done('waits'), 20, 'those that wait longest go at once, the others get times of their own')
  await story.later('4 min')
  const some = (await done('all')) + (await done('waits'))
  assert.ok(some > 20 && some < 120, String(some))
  await story.later('7 min')
  assert.deepEqual([await done('all'), await done('waits')], [60, 60])
  await story.later('1 d')
  assert.deepEqual(await starts('hourly'), ['2026-11-25 10:30', '2026-11-26 09:00'])
})
