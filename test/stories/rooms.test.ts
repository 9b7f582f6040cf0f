import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openStory, type Story } from '../harness.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

const URGENT = { urgency: 'urgent' }

async function runId(): Promise<string> {
  const [row] = await story.db.read((tx) => tx.query<{ id: string }>('SELECT id FROM flow_runs ORDER BY id DESC'))
  return row?.id ?? ''
}

const said = (id: string) => JSON.stringify(story.wecom.group(id))

test('an urgent complaint gets a group of everybody concerned, and a summary at its end', async () => {
  story = await openStory()
  const { wang, lin, zhou, chen } = story
  const ticket = await wang.complain('骑行中刹车失灵', URGENT)
  const id = await runId()
  const group = story.wecom.group(id)
  assert.ok(group, 'the group stands')
  assert.match(said(id), /骑行中刹车失灵/)
  assert.doesNotMatch(said(id), /13800001234/)
  await lin.press('骑行中刹车失灵', 'finish', { type: 'quality' })
  await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
  assert.ok(said(id).includes(chen.userid), 'whoever gets a step comes in')
  await wang.does(ticket.id, 'withdraw', { reason: '已自行解决' })
  assert.match(said(id), /小结/)
  assert.match(said(id), /指派负责人：周敏，用时 [^·]*· 制定方案：未完成\\n/)
})

test('the platform is down: the group is made later, once; an ordinary complaint has none', async () => {
  story = await openStory()
  const { wang } = story
  await wang.complain('普通投诉')
  assert.equal(story.wecom.group(await runId()), undefined)
  story.wecom.faults.down = 'reset'
  await wang.complain('停机时的紧急投诉', URGENT)
  const id = await runId()
  await story.later('10 min')
  assert.equal(story.wecom.group(id), undefined)
  story.wecom.faults.down = false
  await story.later('30 min')
  assert.ok(story.wecom.group(id))
  assert.equal(said(id).match(/请在各自的任务卡上办理/g)?.length, 1)
})

test('what climbs is said in the team’s channel by its group robot, without the customer’s data', async () => {
  story = await openStory({ env: { WECOM_GROUP_ROBOT_KEYS: '值班群=robot-key-1' } })
  story.wecom.addRobot('值班群', 'robot-key-1')
  const file = join(story.templates, 'packs/service-desk/pack.yaml')
  const text = await readFile(file, 'utf8')
  await writeFile(
    file,
    text.replace('    acknowledge_for: 30 min', '    announce: 值班群\n    acknowledge_for: 30 min'),
  )
  await story.settle()
  const ticket = await story.wang.complain('无人理会')
  await story.later('25 min')
  const lines = JSON.stringify(story.wecom.robotSaid('robot-key-1'))
  assert.ok(lines.includes(ticket.number) && lines.includes('升级提醒'), lines)
  assert.doesNotMatch(lines, /王|13800/)
})
