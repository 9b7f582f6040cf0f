import assert from 'node:assert/strict'
import { Message } from '../../server/engines/messages/message.ts'
import { messageRow } from '../../server/engines/messages/outbox.ts'
import { HOUR } from '../../server/lib/clock.ts'
import { type HouseOptions, openStory, type Story } from '../harness.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

async function open(options: HouseOptions = {}): Promise<void> {
  story = await openStory({ chat: 'dingtalk', ...options })
  await story.wang.signIn()
  story.dingtalk.app.cardTemplateId = 'taken-down.schema'
}

const noticesTo = (userid: string) => story.dingtalk.chat(userid).filter(({ via }) => via === 'notice')

async function linId(): Promise<string> {
  const [row] = await story.db.read((tx) => tx.query<{ id: string }>(`SELECT id FROM staff WHERE name = '林小雨'`))
  return row?.id ?? ''
}

/** Work notifications that 林小雨 has had within the hour. */
async function hadBefore(count: number): Promise<void> {
  const to = await linId()
  await story.db.write(async (tx) => {
    const rows = Array.from({ length: count }, (_, place) => ({
      ...messageRow(tx, { key: `before:${place}`, channel: 'staff', to, kind: 'say', subjectId: to }),
      via: 'dingtalk_notice',
      state: 'sent' as const,
      nextAt: null,
      triedAt: tx.now - HOUR,
      sentAt: tx.now - HOUR,
    }))
    await tx.insert(Message, rows)
  })
}

test('a card that goes as a work notification is counted among these', async () => {
  await open()
  await story.wang.complain('卡片送不到')
  assert.equal(noticesTo('dt-linxiaoyu').length, 1)
  const rows = await story.db.read((tx) =>
    tx.query<{ n: number }>(`SELECT COUNT(*) AS n FROM messages WHERE via = 'dingtalk_notice' AND state = 'sent'`),
  )
  assert.equal(Number(rows[0]?.n), story.dingtalk.sent.filter(({ msgid }) => msgid.startsWith('task')).length)
})

test('a long complaint has room in a work notification, and one that reads the same is no repetition', async () => {
  await open()
  await story.wang.complain('很长的话'.repeat(125))
  await story.wang.complain('很长的话'.repeat(125))
  assert.equal(noticesTo('dt-linxiaoyu').length, 2)
  assert.equal(story.dingtalk.dropped.length, 0)
  assert.match(JSON.stringify(noticesTo('dt-linxiaoyu')), /T261123-[\s\S]*回复「我的任务」办理/)
})

test('whoever had the day’s work notifications waits for a place, and DingTalk drops nothing', async () => {
  await open()
  story.dingtalk.limits.noticesPerDay = 0
  await hadBefore(490)
  await story.wang.complain('额度用完')
  assert.equal(noticesTo('dt-linxiaoyu').length, 0)
  assert.equal(story.dingtalk.dropped.length, 0)
  story.dingtalk.limits.noticesPerDay = 500
  await story.later('24 h')
  assert.ok(JSON.stringify(noticesTo('dt-linxiaoyu')).includes('登记核实'))
})

test('a card does not wait for the places of work notifications', async () => {
  story = await openStory({ chat: 'dingtalk' })
  await hadBefore(490)
  await story.wang.complain('卡片照常')
  assert.ok(story.lin.card('卡片照常'))
})

test('with both work chats, a work notification that failed comes again on DingTalk, not on WeCom', async () => {
  await open({ chat: 'both' })
  await story.db.write((tx) => tx.run(`UPDATE staff SET chat = 'dingtalk' WHERE name = '林小雨'`))
  const [refused, busy] = ['param.templateUnpublished', 90_002]
  story.dingtalk.faults.errcodes = [refused, busy]
  await story.wang.complain('通知失败一次')
  assert.deepEqual([story.dingtalk.faults.errcodes, noticesTo('dt-linxiaoyu')], [[], []])
  await story.later('1 min')
  assert.equal(noticesTo('dt-linxiaoyu').length, 1)
  assert.equal(story.lin.cards().length, 0, story.lin.read())
})
