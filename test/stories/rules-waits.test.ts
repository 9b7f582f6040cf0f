import assert from 'node:assert/strict'
import { Event } from '../../server/engines/events/event.ts'
import { eventRow, record, SYSTEM } from '../../server/engines/events/events.ts'
import { RuleTrace } from '../../server/engines/rules/run.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { Story } from '../harness.ts'
import { deeds, happens, idOf, openRuleStory, putRules, runsOf } from '../rules.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

const note = (title: string, text = '请看') =>
  `{ do: notify_staff, to: { role: front_line }, or: front_line, title: ${title}, text: '${text}' }`

/** The titles of what the front line was told, with the time of each. */
async function told(): Promise<string[]> {
  const rows = await story.db.read((tx) =>
    tx.query<{ createdAt: number; data: string }>(
      `SELECT createdAt, data FROM messages WHERE kind = 'rule_note' ORDER BY id`,
    ),
  )
  return rows.map(({ createdAt, data }) => `${local(Number(createdAt))} ${JSON.parse(data).title}`)
}

const local = (at: number) => new Date(at + 8 * 3_600_000).toISOString().slice(5, 16).replace('T', ' ')

/** Lets time pass, with a restart in the middle. */
async function laterOver(before: string, after: string): Promise<void> {
  await story.later(before)
  await story.restart()
  await story.later(after)
}

test('waits of every kind end at their minute, with a restart in the middle of each', async () => {
  story = await openRuleStory({
    waits: `
rule: waits
title: 各种等待
on: { event: order.placed }
key: order
calendar: service
steps:
  - wait: 40 d
  - ${note('四十天')}
  - wait: { until: '09:00' }
  - ${note('早上')}
  - wait: { until: '10:00', on: workdays }
  - ${note('工作日')}
  - wait: { until: '10:00', on: [sun] }
  - ${note('周日')}
  - wait: { date: event.pick_up_at, offset: -24 h }
  - ${note('取车前一天')}
  - wait: 2 workday
  - ${note('两个工作日')}
`,
  })
  const wang = await idOf(story, story.wang)
  const pickUp = Date.parse('2027-01-22T15:00:00+08:00')
  await happens(story, wang, 'order.placed', { order: 'A1', pick_up_at: pickUp })
  // Longer than any timer of the machine can be.
  await laterOver('20 d', '20 d')
  assert.deepEqual(await told(), ['01-02 10:00 四十天'], 'a Saturday')
  await laterOver('12 h', '11 h')
  assert.deepEqual((await told()).at(-1), '01-03 09:00 早上', 'a Sunday')
  await laterOver('12 h', '13 h')
  assert.deepEqual((await told()).at(-1), '01-04 10:00 工作日')
  await laterOver('3 d', '3 d')
  assert.deepEqual((await told()).at(-1), '01-10 10:00 周日')
  // Something happens to the order while it waits for a date that stays: it waits as before, and does not say so again.
  await happens(story, wang, 'order.placed', { order: 'A1', pick_up_at: pickUp })
  await laterOver('5 d', '7 d')
  assert.deepEqual((await told()).at(-1), '01-21 15:00 取车前一天')
  await laterOver('2 d', '3 d')
  // Thursday 15:00: 3 h are left, then Friday 7.5 h, then Monday 4.5 h from 9:00 on.
  assert.deepEqual((await told()).at(-1), '01-25 15:00 两个工作日')
  assert.equal((await runsOf(story, 'waits'))[0]?.outcome, 'completed')
  assert.equal((await deeds(story, 'waits')).filter((deed) => deed.startsWith('waits')).length, 6)
})

test('a date that comes nearer while a run waits for it ends the wait sooner', async () => {
  story = await openRuleStory(
    {
      lapses: `
rule: lapses
title: 快到期
on: { event: visit.planned }
stop_when: [{ event: document.added, where: { event.kind: passport } }]
steps:
  - wait: { date: customer.licence_expires_at, offset: -3 d }
  - ${note('快到期')}
`,
    },
    { env: { PACKS: 'service-desk,car-rental' } },
  )
  const wang = await idOf(story, story.wang)
  const expires = (days: number) =>
    happens(story, wang, 'document.added', {
      kind: 'driving_licence',
      expires_at: story.clock.now() + days * 86_400_000,
    })
  await expires(25)
  await happens(story, wang, 'visit.planned')
  await laterOver('1 d', '1 d')
  assert.deepEqual(await told(), [])
  await expires(10)
  await laterOver('6 d', '23 h')
  assert.deepEqual(await told(), [])
  await story.later('1 h')
  assert.deepEqual(await told(), ['12-02 10:00 快到期'])
  assert.equal((await deeds(story, 'lapses')).filter((deed) => deed.startsWith('waits')).length, 2)
})

test('of several things that may happen the first decides; nothing is missed, not even what nobody heard of', async () => {
  story = await openRuleStory({
    quote: `
rule: quote
title: 报价跟进
on: { event: quote.sent }
key: quote
steps:
  - wait_for:
      as: reply
      first_of:
        - { event: quote.refused, if: { event.hard: true }, then: [${note('硬拒绝')}, end] }
        - event: [contract.signed, order.placed]
          then:
            - branch:
                - if: { run.answers.reply.amount: { $gte: 10000 } }
                  then: [${note('大单', '{{money run.answers.reply.amount}}')}]
                - then: [${note('小单')}]
      timeout: 2 d
      on_timeout:
        - ${note('没有回音')}
        - wait_for: { since: start, first_of: [{ event: quote.opened, then: [${note('其实看过')}] }], timeout: 1 d, on_timeout: [${note('没看')}] }
  - ${note('到底了')}
`,
  })
  const wang = await idOf(story, story.wang)
  const sent = (quote: string) => happens(story, wang, 'quote.sent', { quote })
  for (const quote of ['Q1', 'Q2', 'Q3', 'Q4', 'Q5']) await sent(quote)
  await story.restart()
  await happens(story, wang, 'quote.refused', { quote: 'Q1', hard: false })
  assert.deepEqual(await told(), [], 'that is no answer')
  await happens(story, wang, 'quote.refused', { quote: 'Q1', hard: true })
  assert.match((await told()).join(), /硬拒绝$/)
  await happens(story, wang, 'contract.signed', { quote: 'Q2', amount: 20000 })
  assert.match(story.lin.lines().join(), /【大单】￥200/)
  await happens(story, wang, 'order.placed', { quote: 'Q3', amount: 100 })
  await happens(story, wang, 'quote.opened', { quote: 'Q4' })
  await story.later('1 d')
  // Nobody heard of this one, whatever the reason: the log has it, and at the end of the wait the log decides.
  await story.db.write((tx) => {
    const by = { type: 'system' as const }
    const subject = { type: 'customer', id: wang }
    return tx.insert(Event, eventRow(tx, 'order.placed', { by, subject, customerId: wang, data: { quote: 'Q5' } }))
  })
  await story.restart()
  await story.later('1 d')
  await story.later('1 d')
  const lines = (await told()).map((line) => line.slice(12))
  assert.deepEqual(
    lines.filter((line) => line !== '到底了').sort(),
    ['其实看过', '大单', '小单', '小单', '没有回音', '硬拒绝'].sort(),
  )
  assert.equal(lines.filter((line) => line === '到底了').length, 4)
  const runs = await runsOf(story, 'quote')
  assert.deepEqual(
    runs.map(({ outcome }) => outcome),
    ['ended', 'completed', 'completed', 'completed', 'completed'],
  )
})

test('a split is decided by a hash: always the same for one, by its shares for all; a hold-out gets nothing', async () => {
  const split = (name: string) => `
rule: ${name}
title: 分组
on: { event: campaign.started }
steps:
  - split:
      - { name: hold_out, share: 20 %, then: [end] }
      - { name: coupon, share: 30 %, then: [${note('发券')}] }
      - { name: care, share: 50 %, then: [${note('关怀')}] }
`
  story = await openRuleStory({ split: split('split'), again: split('other') })
  const ids = Array.from({ length: 200 }, (_, i) => `01SPLIT${String(i).padStart(19, '0')}`)
  for (const id of ids) await story.db.write((tx) => recordStart(tx, id))
  await story.settle()
  const partsOf = async (rule: string) => {
    const rows = await story.db.read((tx) =>
      tx.find(RuleTrace, `WHERE rule = ? AND kind = 'split' ORDER BY customerId, id`, [rule]),
    )
    return rows.map(({ data }) => String(data.part))
  }
  const first = await partsOf('split')
  const count = (part: string) => first.filter((one) => one === part).length
  assert.ok(Math.abs(count('hold_out') - 40) < 20 && Math.abs(count('coupon') - 60) < 22, first.join())
  assert.equal(
    (await told()).length,
    (count('coupon') + count('care')) * 1 + (await partsOf('other')).filter((part) => part !== 'hold_out').length,
  )
  for (const id of ids) await story.db.write((tx) => recordStart(tx, id))
  await story.settle()
  const again = await partsOf('split')
  assert.deepEqual(
    again.filter((_, i) => i % 2 === 1),
    again.filter((_, i) => i % 2 === 0),
    'the same customer falls into the same part',
  )
  assert.notDeepEqual(await partsOf('other'), again, 'another rule deals anew')
})

test('the version with which a run began goes with it, over an edit, a restart and the rule’s end', async () => {
  const rule = (text: string, event: string) => `
rule: changing
title: 会变的规则
on: { event: order.placed }
key: order
steps:
  - wait_for: { first_of: [{ event: ${event}, then: [${note(`等到${text}`)}] }], timeout: 5 d }
  - wait: 1 h
  - ${note(text)}
`
  story = await openRuleStory({ changing: rule('旧版', 'order.shipped') })
  const wang = await idOf(story, story.wang)
  await happens(story, wang, 'order.placed', { order: 'A1' })
  await putRules(story, { changing: rule('新版', 'order.paid') })
  await happens(story, wang, 'order.placed', { order: 'A2' })
  await happens(story, wang, 'order.paid', { order: 'A1' })
  await happens(story, wang, 'order.paid', { order: 'A2' })
  assert.deepEqual(
    (await told()).map((line) => line.slice(12)),
    ['等到新版'],
  )
  await story.restart()
  // Only a version that is not in force any more listens to this.
  await happens(story, wang, 'order.shipped', { order: 'A1' })
  await putRules(story, { changing: rule('又一版', 'order.paid').replace('rule: changing', 'rule: another') })
  await story.restart()
  await story.later('1 h')
  assert.deepEqual(
    (await told()).map((line) => line.slice(12)),
    ['等到新版', '等到旧版', '新版', '旧版'],
  )
  await happens(story, wang, 'order.placed', { order: 'A3' })
  assert.equal((await runsOf(story, 'changing')).length, 2, 'the rule is gone from the pack: nobody comes in')
  assert.match((await deeds(story, 'another')).join(), /entered/)
})

function recordStart(tx: Tx, customerId: string): Promise<void> {
  return record(tx, 'campaign.started', { by: SYSTEM, subject: { type: 'customer', id: customerId }, customerId })
}
