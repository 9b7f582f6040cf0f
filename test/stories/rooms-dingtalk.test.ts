import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { enqueueAll } from '../../server/engines/messages/outbox.ts'
import { type HouseOptions, openStory, type Story } from '../harness.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

const URGENT = { urgency: 'urgent' }
const GROUP = 'cidSandboxServiceDesk0001=='
const ROOM = { DINGTALK_ROOM_GROUP: GROUP }
const ROBOT = { DINGTALK_GROUP_ROBOTS: '值班群=sandbox-webhook-token:SECsandbox0webhook0secret' }

async function open(options: HouseOptions = {}): Promise<void> {
  story = await openStory({ chat: 'dingtalk', ...options })
}

const said = () => JSON.stringify(story.dingtalk.chat(GROUP))

async function runId(): Promise<string> {
  const [row] = await story.db.read((tx) => tx.query<{ id: string }>('SELECT id FROM flow_runs ORDER BY id DESC'))
  return row?.id ?? ''
}

async function announceBy(robot: string): Promise<void> {
  const file = join(story.templates, 'packs/service-desk/pack.yaml')
  const text = (await readFile(file, 'utf8')).replace(/ {4}announce: .*\n/, '')
  await writeFile(
    file,
    text.replace('    acknowledge_for: 30 min', `    announce: ${robot}\n    acknowledge_for: 30 min`),
  )
  await story.settle()
}

test('a company with DingTalk only: its standing group hears of an urgent complaint and gets the summary', async () => {
  await open({ env: ROOM })
  const { wang, lin } = story
  await wang.complain('普通投诉')
  assert.equal(said(), '[]')
  const ticket = await wang.complain('骑行中刹车失灵', URGENT)
  assert.match(said(), /骑行中刹车失灵/)
  assert.doesNotMatch(said(), /13800001234/)
  await lin.press('骑行中刹车失灵', 'finish', { type: 'quality' })
  await wang.does(ticket.id, 'withdraw', { reason: '已自行解决' })
  assert.match(said(), /小结/)
  assert.doesNotMatch(said(), /解散/, 'a group that stands for all cases is not to be dissolved')
  assert.equal(story.dingtalk.chat(GROUP).length, 2)
})

test('DingTalk is down: the group hears of the case later, once', async () => {
  await open({ env: ROOM })
  await story.wang.signIn()
  story.dingtalk.faults.down = 'reset'
  await story.wang.complain('停机时的紧急投诉', URGENT)
  await story.later('10 min')
  assert.equal(said(), '[]')
  story.dingtalk.faults.down = false
  await story.later('30 min')
  assert.equal(said().match(/请在各自的任务卡上办理/g)?.length, 1)
})

test('with both work chats the room is where most of its people are, and who is not there is told', async () => {
  await open({ chat: 'both', env: ROOM })
  await story.db.write(async (tx) => {
    await tx.run(`UPDATE staff_accounts SET active = 0 WHERE platform = 'wecom' AND userId <> 'zhoumin'`)
    await tx.run(`UPDATE staff_accounts SET active = 0 WHERE userId = 'dt-zhoumin'`)
  })
  const ticket = await story.wang.complain('两个平台的紧急投诉', URGENT)
  const id = await runId()
  assert.match(said(), /两个平台的紧急投诉/)
  assert.equal(story.wecom.group(id), undefined)
  const told = story.zhou.lines().filter((line) => line.includes('讨论群在钉钉'))
  assert.equal(told.length, 1, story.zhou.read())
  assert.doesNotMatch(JSON.stringify(story.dingtalk.chat('dt-hejianguo')), /讨论群在/)
  await story.wang.does(ticket.id, 'withdraw', { reason: '已自行解决' })
  assert.match(said(), /小结/)
})

test('where as many are on each, the room is in WeCom; who comes in later and is not there is told as well', async () => {
  await open({ chat: 'both', env: ROOM })
  await story.db.write((tx) => tx.run(`UPDATE staff_accounts SET active = 0 WHERE userId = 'chenzhiyuan'`))
  const { lin, zhou } = story
  await story.wang.complain('负责人只有钉钉', URGENT)
  assert.ok(story.wecom.group(await runId()))
  assert.equal(said(), '[]')
  await lin.press('负责人只有钉钉', 'finish', { type: 'quality' })
  await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
  assert.match(JSON.stringify(story.dingtalk.chat('dt-chenzhiyuan')), /讨论群在企业微信/)
})

test('without a group for it DingTalk has no room, and the case goes its way', async () => {
  await open()
  const ticket = await story.wang.complain('没有群也照办', URGENT)
  const states = await story.db.read((tx) => tx.query<{ state: string }>('SELECT state FROM rooms'))
  assert.deepEqual(
    states.map(({ state }) => state),
    ['failed'],
  )
  assert.ok(story.lin.card('没有群也照办'))
  await story.wang.does(ticket.id, 'withdraw', { reason: '已自行解决' })
  assert.equal(said(), '[]')
})

test('what climbs is said by a signed DingTalk robot, without the customer’s data and never too fast', async () => {
  await open({ env: ROBOT })
  await announceBy('值班群')
  const ticket = await story.wang.complain('无人理会')
  await story.later('25 min')
  assert.ok(said().includes(ticket.number) && said().includes('升级提醒'), said())
  assert.doesNotMatch(said(), /王|13800/)
  const before = story.dingtalk.chat(GROUP).length
  await story.db.write(async (tx) => {
    const [step] = await tx.query<{ id: string }>('SELECT id FROM flow_steps ORDER BY id DESC')
    const subjectId = step?.id ?? ''
    const about = { channel: 'group' as const, to: '值班群', kind: 'announce', subjectId }
    await enqueueAll(
      tx,
      Array.from({ length: 40 }, (_, level) => ({ ...about, key: `many:${level}`, data: { level } })),
    )
  })
  await story.later('4 min')
  assert.equal(story.dingtalk.chat(GROUP).length - before, 40)
  assert.equal(story.dingtalk.calls.get('/robot/send'), story.dingtalk.chat(GROUP).length, 'none was refused')
})

test('a robot that wants a keyword gets it', async () => {
  await open({ env: { DINGTALK_GROUP_ROBOTS: '值班群=keyword-token:值班提醒' } })
  story.dingtalk.webhooks.push({ token: 'keyword-token', name: '群机器人', group: GROUP, keywords: ['值班提醒'] })
  await announceBy('值班群')
  await story.wang.complain('要带关键词')
  await story.later('25 min')
  assert.match(said(), /值班提醒.*升级提醒/)
})

test('a pack that names a robot which is not configured: the operator is told, until it is mended', async () => {
  await open({ env: ROBOT })
  const metrics = async () => (await fetch(`${story.running.url}/metrics`)).text()
  assert.doesNotMatch(await metrics(), /yingke_unknown_group_robots\{/)
  await announceBy('没有这个群')
  assert.match(await metrics(), /yingke_unknown_group_robots\{robot="没有这个群"\} 1/)
  const [missing] = story.running.house.shelf.missingRobots
  assert.equal(missing?.file, 'service-desk/pack.yaml')
  await story.restart()
  assert.match(await metrics(), /yingke_unknown_group_robots\{robot="没有这个群"\} 1/)
  await announceBy('值班群')
  assert.doesNotMatch(await metrics(), /yingke_unknown_group_robots\{/)
})
