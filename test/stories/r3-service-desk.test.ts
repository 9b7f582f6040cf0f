import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onEachChat, openStory, type Story } from '../harness.ts'
import { deeds, runsOf } from '../rules.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

const on = (platform: 'wecom' | 'dingtalk', name: string, words: string) =>
  story[platform]
    .chat(platform === 'wecom' ? name : `dt-${name}`)
    .filter((item) => JSON.stringify(item).includes(words)).length

test('a ticket that becomes urgent rings the director in both chats at once, and again when nobody takes it', async () => {
  story = await openStory({ chat: 'both' })
  const { number, id } = await story.wang.complain('锁坏了')
  assert.equal(on('wecom', 'hejianguo', '【紧急工单】'), 0)
  await story.zhou.says(`优先级 ${number.slice(-5)} 紧急`)
  for (const platform of ['wecom', 'dingtalk'] as const) {
    assert.equal(on(platform, 'hejianguo', '【紧急工单】'), 1, platform)
    assert.equal(on(platform, 'hejianguo', number), 1, platform)
  }
  await story.later('10 min')
  await story.restart()
  await story.later('21 min')
  for (const platform of ['wecom', 'dingtalk'] as const)
    assert.equal(on(platform, 'hejianguo', '【紧急工单还没有人受理】'), 1, platform)
  assert.deepEqual(
    (await runsOf(story, 'urgent_ticket')).map(({ outcome, runKey }) => [outcome, runKey]),
    [['completed', id]],
  )
})

const ROBOT = {
  wecom: { WECOM_GROUP_ROBOT_KEYS: 'duty=11111111-aaaa-bbbb-cccc-000000000001' },
  dingtalk: { DINGTALK_GROUP_ROBOTS: 'duty=token-of-the-duty-group' },
}

onEachChat((open, chat) => {
  test('taken in time, the director is not rung again; a group hears of it without the customer', async () => {
    story = await open({
      env: ROBOT[chat],
      async prepare(opening) {
        const path = join(opening.templates, 'packs/service-desk/rules/urgent_ticket.yaml')
        const text = await readFile(path, 'utf8')
        await writeFile(path, text.replace('everywhere: true,', 'everywhere: true, robot: duty,'))
      },
    })
    const { number } = await story.wang.complain('锁坏了')
    await story.zhou.says(`优先级 ${number.slice(-5)} 紧急`)
    assert.match(story.he.lastLine(), new RegExp(`【紧急工单】${number}`))
    await story.lin.press('锁坏了', 'accept')
    await story.restart()
    await story.later('40 min')
    assert.doesNotMatch(story.he.read(), /还没有人受理/)
    assert.match((await deeds(story, 'urgent_ticket')).join(), /happened step.accepted/)
    const [row] = await story.db.read((tx) =>
      tx.query<{ state: string; data: string }>(
        `SELECT state, data FROM messages WHERE channel = 'group' AND recipientId = 'duty' AND kind = 'rule_note'`,
      ),
    )
    assert.ok(row, 'the group is told')
    assert.doesNotMatch(row.data, /王|13800/)
  })
})
