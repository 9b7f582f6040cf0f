import assert from 'node:assert/strict'
import { Event } from '../../server/engines/events/event.ts'
import { FollowUp } from '../../server/engines/rules/follow-up.ts'
import { Staff } from '../../server/engines/staff/staff.ts'
import { onEachChat, type Story } from '../harness.ts'
import { deeds, happens, idOf, putRules, runsOf } from '../rules.ts'
import { test } from '../suite.ts'

const RULE = 'dormant_follow_up'
const CARD = '30 天没有联系的客户'

const calls = (story: Story) => story.db.read((tx) => tx.find(FollowUp, 'ORDER BY id'))
const answersIn = async (story: Story) =>
  (await story.db.read((tx) => tx.find(Event, `WHERE name = 'follow_up.answered' ORDER BY id`))).map(({ data }) => data)

/** A customer with whom 林小雨 spoke last, thirty days ago. */
async function dormant(story: Story): Promise<string> {
  const id = await idOf(story, story.wang)
  await story.lin.says('打电话给 王晓梅，想换一款车')
  await story.lin.press('想换一款车', 'yes')
  await story.later('30 d')
  return id
}

onEachChat((open, chat) => {
  test('nothing heard for 30 days: whoever knows the customer calls, and the rule goes on by the answer', async () => {
    const story = await open()
    try {
      const { wang, lin } = story
      await idOf(story, wang)
      await lin.says('打电话给 王晓梅，想换一款车')
      await lin.press('想换一款车', 'yes')
      await story.later('29 d')
      assert.deepEqual(await calls(story), [])
      await story.restart()
      await story.later('1 d')
      const card = JSON.stringify(lin.card(CARD))
      for (const words of [
        '王** 138****1234',
        '林小雨：想换一款车',
        '1. 问候近况',
        '联系上了',
        '没接通',
        '改天',
        '已流失',
      ])
        assert.ok(card.includes(words), `${words}\n${lin.read()}`)
      assert.doesNotMatch(card, /13800001234|工单/)
      assert.deepEqual(story.zhou.cards(), [], 'nobody else is asked')

      await lin.pressMenu(CARD, 'customer')
      assert.match(
        JSON.stringify(lin.card('负责人').card),
        /13800001234.*想换一款车/,
        'whoever has to call reads the number',
      )
      await lin.press(CARD, 'not_reached')
      assert.match(JSON.stringify(lin.card(CARD)), /林小雨 12月23日 10:00 没接通/)
      await story.restart()
      // A working day later, by working hours.
      await story.later('1 d')
      await lin.press('再联系一次', 'reached')
      assert.match(JSON.stringify(lin.card('再联系一次')), /已联系上/)
      assert.deepEqual(
        (await answersIn(story)).map(({ outcome }) => outcome),
        ['not_reached', 'reached'],
      )
      const [run] = await runsOf(story, RULE)
      assert.equal(run?.outcome, 'completed')
      await story.zhou.says('为什么 1234 沉默客户')
      assert.match(
        story.zhou.lastLine(),
        /等到了「跟进结果」：没接通\n· \S+ \S+ 按条件继续（跟进结果：没接通）\n/,
        'what came of the call, and where that led',
      )
      // The talk counts: the next thirty days begin with it.
      await story.later('29 d')
      assert.equal((await calls(story)).length, 2)
      await story.later('2 d')
      assert.equal((await calls(story)).length, 3)
      assert.match(JSON.stringify(lin.card(CARD)), /林小雨：已联系上/, 'nothing was noted, and the title is no note')
    } finally {
      await story.close()
    }
  })

  test('another day, lost with a reason, and a call that is not needed any more', async () => {
    const story = await open()
    try {
      const { lin, zhou, wang } = story
      const id = await dormant(story)
      await lin.press(CARD, 'later', { later: lin.option(CARD, '下周一上午') })
      assert.match(JSON.stringify(lin.card(CARD)), /林小雨 改到 12月28日 09:30/)
      await story.restart()
      await story.later('5 d')
      assert.match(JSON.stringify(lin.card(CARD)), /第 2 次提醒/)
      // Twice pressed, answered once; the reason is asked for and may be given by its number.
      await lin.press(CARD, 'lost')
      if (chat === 'wecom') {
        assert.match(
          lin.lastLine(),
          /【30 天没有联系的客户】王\*\* 138\*{4}1234 为什么流失[\s\S]*1\. 价格\n2\. 选择了别家[\s\S]*4\. \S+\n回复「取消」放弃。$/,
        )
        await lin.says('9')
        assert.match(lin.lastLine(), /请回复 1 到 4 的序号/)
      }
      await lin.says('2')
      assert.match(JSON.stringify(lin.card(CARD)), /记为流失：选择了别家/)
      const answers = await answersIn(story)
      assert.deepEqual(
        answers.map(({ outcome, reason, by }) => [outcome, reason, by]),
        [
          ['later', undefined, '林小雨'],
          ['lost', 'competitor', '林小雨'],
        ],
      )
      assert.equal(answers[0]?.next_at, Date.parse('2026-12-28T09:30:00+08:00'))
      assert.match(
        zhou.lastLine(),
        /【客户流失】林小雨记录：客户已流失（选择了别家），请关注。/,
        'the rule has waited for what came of the other day',
      )

      // The next time the customer comes by themselves while the card lies there.
      await story.later('60 d')
      const before = (await calls(story)).length
      await lin.says('打电话给 王晓梅，又聊了')
      await lin.press('又聊了', 'yes')
      await story.later('31 d')
      assert.equal((await calls(story)).length, before + 1, (await deeds(story, RULE)).join('\n'))
      await wang.complain('我回来了')
      assert.match(JSON.stringify(lin.card(CARD)), /不用再联系/)
      const last = (await calls(story)).at(-1)
      assert.equal(last?.state, 'void')
      assert.equal(last?.customerId, id)
    } finally {
      await story.close()
    }
  })

  test('a lost customer is told to the supervisor; nobody gets more than their share; a leaver’s calls go to a colleague', async () => {
    const story = await open()
    try {
      const { lin, zhou } = story
      await dormant(story)
      await lin.press(CARD, 'lost')
      await lin.says('取消')
      assert.match(lin.lastLine(), /未作记录/)
      await story.later('1 min')
      await lin.press(CARD, 'lost')
      await lin.says('搬到外地了')
      assert.match(zhou.lastLine(), /【客户流失】林小雨记录：客户已流失（其他原因）/)
      assert.match(JSON.stringify(lin.card(CARD)), /记为流失：搬到外地了/)
      const [call] = await calls(story)
      assert.deepEqual([call?.reason, call?.note], ['other', '搬到外地了'])
      assert.doesNotMatch(JSON.stringify(await answersIn(story)), /搬到外地/, 'own words stay sealed')

      // A colleague comes, and the one with the open card leaves: it goes over. One a day each is enough.
      await putRules(story, { ask: ASK })
      story.hire('wuzhen', '吴珍')
      await story.restart()
      const li = await idOf(story, story.li)
      await story.later('1 d')
      await happens(story, await idOf(story, story.wang), 'ride.ended')
      assert.equal((await calls(story)).at(-1)?.title, '问候客户')
      await happens(story, li, 'ride.ended')
      const staff = (await calls(story)).slice(-2).map(({ staffId }) => staffId)
      assert.notEqual(staff[0], staff[1], 'the second goes to the other one')
      story.people.splice(0, 1)
      await story.restart()
      await story.settle()
      const wu = await story.db.read((tx) => tx.first(Staff, 'WHERE name = ?', ['吴珍']))
      assert.deepEqual(
        (await calls(story)).slice(-2).map(({ staffId }) => staffId),
        [wu?.id, wu?.id],
      )
      await happens(story, li, 'ride.ended')
      assert.match((await deeds(story, 'ask')).join(), /refused ride.ended/, 'one at a time')
      await story.later('1 d')
      await happens(story, li, 'ride.ended')
      await happens(story, await idOf(story, story.wang), 'ride.ended')
      assert.match((await deeds(story, 'ask')).join(), /held follow_up$/)
      await story.later('1 d')
      assert.equal((await calls(story)).at(-1)?.createdAt, Date.parse('2026-12-26T09:00:00+08:00'))
    } finally {
      await story.close()
    }
  })
})

const ASK = `
rule: ask
title: 问候
on: { event: ride.ended }
steps:
  - { do: follow_up, to: owner, or: front_line, title: 问候客户, per_day: 1 }
  - wait_for: { first_of: [follow_up.answered], timeout: 1 d }
`
