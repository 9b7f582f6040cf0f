import assert from 'node:assert/strict'
import { dingtalkBook } from '../../bot/books.ts'
import { readWholeBook } from '../../bot/contacts.ts'
import { staffByAccount } from '../../server/engines/staff/roster.ts'
import type { Staff } from '../../server/engines/staff/staff.ts'
import type { Dingtalk } from '../../server/platforms/dingtalk.ts'
import type { DingtalkPerson } from '../../server/sandbox/dingtalk.ts'
import type { Person } from '../../server/sandbox/people.ts'
import { callback } from '../callback.ts'
import { openStory, type Story, Worker } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
let before: Person[]
beforeEach(async () => {
  story = await openStory({ chat: 'both' })
  before = structuredClone(story.wecom.people)
  await hire()
})
afterEach(async () => {
  // The stand-in's company outlives a story.
  story.wecom.people.splice(0, story.wecom.people.length, ...before)
  await story.close()
})

/** 赵蕾 works in DingTalk; in WeCom she can write to the application, which may not see her in the address book. */
async function hire(more: Partial<DingtalkPerson> = {}): Promise<void> {
  const zhao = { name: '赵蕾', departments: [2], position: '一线客服', mobile: '13612345678' }
  if (!more.userid) story.wecom.people.push({ ...zhao, userid: 'zhaolei', unseen: true })
  const { departments } = story.dingtalk.people[0] as DingtalkPerson
  const ids = { userid: 'dt-zhao', unionid: 'un-zhao', jobNumber: 'YK105', twin: 'zhaolei' }
  story.dingtalk.people.push({ ...zhao, ...ids, departments, ...more })
  const { db, dingtalk, shelf } = story.running.house
  await readWholeBook(db, dingtalkBook(dingtalk as Dingtalk), shelf)
}

function who(userId: string, platform = 'wecom'): Promise<Staff | undefined> {
  return story.db.read((tx) => staffByAccount(tx, platform, userId))
}

/** The newest card of a person in DingTalk that contains these words. */
function ding(userId: string, words: string) {
  const card = story.dingtalk.cards(userId).findLast((one) => JSON.stringify(one.card).includes(words))
  if (!card) throw new Error(`${userId} has no card with "${words}": ${JSON.stringify(story.dingtalk.chat(userId))}`)
  return card
}

async function pressDing(userId: string, words: string, key: string): Promise<void> {
  const result = await story.dingtalk.press(userId, ding(userId, words).taskId, key)
  assert.equal(result.status, 200, JSON.stringify(result))
  await story.settle()
}

const zhao = () => new Worker(story, 'zhaolei')

test('people who are in both address books are one person, and get each card once', async () => {
  assert.equal((await who('linxiaoyu'))?.id, (await who('dt-linxiaoyu', 'dingtalk'))?.id)
  await story.wang.complain('只收一次')
  const both = [...story.wecom.sent, ...story.dingtalk.sent].filter(({ to }) => /linxiaoyu$/.test(to))
  assert.equal(both.filter(({ body }) => JSON.stringify(body).includes('只收一次')).length, 1)
})

test('somebody unknown is asked who they are, is confirmed by themselves elsewhere, and can work', async () => {
  await zhao().says('我的任务')
  assert.match(zhao().lastLine(), /还不认识您/)
  await zhao().says(' 136 1234 5678 ')
  assert.match(zhao().lastLine(), /正在核实/)
  assert.match(JSON.stringify(ding('dt-zhao', '是您本人').card), /企业微信上的这个账号是您本人吗？/)
  await pressDing('dt-zhao', '是您本人', 'yes')
  assert.match(zhao().lastLine(), /已关联您的账号/)
  assert.equal((await who('zhaolei'))?.id, (await who('dt-zhao', 'dingtalk'))?.id)
  // The account stays hers although no address book lists it, until she leaves.
  const { db, dingtalk, shelf } = story.running.house
  await story.later('18 h')
  assert.equal((await who('zhaolei'))?.name, '赵蕾')
  story.dingtalk.people.pop()
  await readWholeBook(db, dingtalkBook(dingtalk as Dingtalk), shelf)
  assert.equal(await who('zhaolei'), undefined)
})

test('somebody unknown who presses a card is offered the same', async () => {
  await story.wang.complain('转发的卡片')
  // Her client was handed the id of a card: of 林小雨's, wherever that was sent.
  const [message] = await story.db.read((tx) => tx.query<{ id: string }>(`SELECT id FROM messages WHERE kind = 'step'`))
  const { status } = await callback(story, 'zhaolei', message?.id ?? '', 'accept')
  assert.equal(status, 200)
  await story.settle()
  assert.match(zhao().lastLine(), /还不认识您/)
})

test('whoever says that it is not them is believed, and nothing is linked', async () => {
  await zhao().says('你好')
  await zhao().says('赵蕾')
  await pressDing('dt-zhao', '是您本人', 'no')
  assert.match(zhao().lastLine(), /不是本人/)
  assert.equal(await who('zhaolei'), undefined)
})

test('a name that two people bear, or nobody, goes to the admins; one of them decides', async () => {
  await hire({ userid: 'dt-zhao2', unionid: 'un-zhao2', jobNumber: 'YK106', mobile: '13612345679' })
  await zhao().says('你好')
  await zhao().says('赵蕾')
  assert.deepEqual(story.dingtalk.cards('dt-zhao'), [])
  const card = story.he.card('zhaolei')
  assert.match(JSON.stringify(card.card), /赵蕾/)
  assert.equal(story.zhou.cards().length, 0)
  const chosen = card.selects[0]?.options.find(({ text }) => text === '赵蕾')
  await story.he.press('zhaolei', 'approve')
  assert.match(story.he.lastLine(), /请先在卡片上选择人员/)
  // Pressed again within the second it would be a repeat of the same callback.
  await story.later('1 min')
  await story.he.press('zhaolei', 'approve', { person: chosen?.id ?? '' })
  assert.match(zhao().lastLine(), /已关联您的账号/)
  assert.match(String(story.he.card('zhaolei').replaced), /已关联赵蕾/)
  assert.equal((await who('zhaolei'))?.id, chosen?.id)
})

test('an admin refuses; a request that nobody answers ends by itself', async () => {
  await zhao().says('你好')
  await zhao().says('我是老板')
  await story.he.press('我是老板', 'refuse')
  assert.match(zhao().lastLine(), /未通过/)
  assert.match(String(story.he.card('我是老板').replaced), /何建国已拒绝/)
  assert.doesNotMatch(JSON.stringify(story.he.card('我是老板').card), /前有效/, 'it lasts no longer')
  await zhao().says('再试')
  await zhao().says('还是我')
  assert.ok(story.he.card('还是我'))
  await story.later('25 h')
  assert.match(String(story.he.card('还是我').replaced), /已过期/)
  const late = await story.he.pressCard(story.he.card('还是我').taskId, 'refuse', undefined, true)
  assert.match(String(late.replaced), /已过期/)
  assert.match(story.he.lastLine(), /已经处理过了|已过期/)
})

test('who is unknown cannot flood anybody: few answers, few requests a day', async () => {
  for (let i = 0; i < 12; i++) await zhao().says(`第 ${i} 句`)
  assert.ok(zhao().lines().length <= 5, zhao().read())
  assert.equal(story.he.cards().length, 1)
  const count = async () => (await story.db.read((tx) => tx.query('SELECT id FROM link_requests'))).length
  for (let i = 0; i < 6; i++) {
    const open = story.he.cards().filter(({ buttons }) => buttons.some(({ alive, key }) => alive && key === 'refuse'))
    for (const { taskId } of open) await story.he.pressCard(taskId, 'refuse')
    await zhao().says('你好')
    await zhao().says('又是我')
  }
  assert.equal(await count(), 3)
})

test('who has left is no stranger: nothing is offered, and nobody is asked', async () => {
  const { people } = story.wecom
  people.splice(
    people.findIndex(({ userid }) => userid === 'linxiaoyu'),
    1,
  )
  story.dingtalk.people.shift()
  await story.wecom.changeContact('delete_user', { UserID: 'linxiaoyu' })
  await story.dingtalk.event('user_leave_org', { userId: ['dt-linxiaoyu'] })
  await story.settle()
  assert.equal(await who('linxiaoyu'), undefined)
  await story.lin.says('林小雨')
  assert.deepEqual(story.lin.lines(), [])
  assert.deepEqual(await story.db.read((tx) => tx.query('SELECT id FROM link_requests')), [])
})

test('the same message of somebody unknown, delivered four times, is answered once', async () => {
  story.wecom.faults.duplicateCallbacks = 3
  await zhao().says('你好')
  assert.equal(zhao().lines().length, 1, zhao().read())
})

test('somebody hired this morning is greeted as known as soon as the address book tells', async () => {
  const fresh = new Worker(story, 'qianjin')
  story.wecom.people.push({ userid: 'qianjin', name: '钱进', departments: [2], position: '一线客服' })
  await fresh.says('你好')
  assert.equal((await who('qianjin'))?.name, '钱进')
})
