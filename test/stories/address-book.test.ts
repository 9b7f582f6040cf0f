import assert from 'node:assert/strict'
import { SYSTEM } from '../../server/engines/events/events.ts'
import { handOverAll } from '../../server/engines/flows/leavers.ts'
import { emptyRoles } from '../../server/engines/packs/empty-roles.ts'
import { openLink } from '../../server/engines/staff/link.ts'
import { type Listed, staffByAccount } from '../../server/engines/staff/roster.ts'
import type { Staff } from '../../server/engines/staff/staff.ts'
import { syncStaff } from '../../server/engines/staff/sync.ts'
import type { Department, Person } from '../../server/sandbox/people.ts'
import { openStory, type Story, Worker } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
let before: { people: Person[]; departments: Department[] }
beforeEach(async () => {
  story = await openStory()
  const { people, departments } = story.wecom
  before = structuredClone({ people, departments })
})
afterEach(async () => {
  // The stand-in's company outlives a story.
  const { people, departments } = story.wecom
  people.splice(0, people.length, ...before.people)
  departments.splice(0, departments.length, ...before.departments)
  await story.close()
})

/** 孙丽, a second colleague on the front line. */
function hire(more: Partial<Person> = {}): Worker {
  const person = { userid: 'sunli', name: '孙丽', departments: [2], position: '一线客服', ...more }
  story.wecom.people.push(person)
  return new Worker(story, person.userid)
}

function fire(userid: string): void {
  const { people } = story.wecom
  people.splice(
    people.findIndex((one) => one.userid === userid),
    1,
  )
}

async function told(changeType: string, fields: Record<string, string>): Promise<void> {
  const { status } = await story.wecom.changeContact(changeType, fields)
  assert.equal(status, 200)
  await story.settle()
  // The event itself sets the reading going, beside the duties: what it writes may come after they have come to rest.
  while (await isReading()) await story.settle()
  await story.settle()
}

async function isReading(): Promise<boolean> {
  const due = await rows('SELECT id FROM contact_changes WHERE nextAt <= ?', [story.clock.now()])
  return due.length > 0
}

function who(userId: string, platform = 'wecom'): Promise<Staff | undefined> {
  return story.db.read((tx) => staffByAccount(tx, platform, userId))
}

async function rows<T>(sql: string, values: unknown[] = []): Promise<T[]> {
  return story.db.read((tx) => tx.query<T>(sql, values))
}

async function rolesOf(userId: string): Promise<string[]> {
  const staff = await who(userId)
  const held = await rows<{ role: string }>('SELECT role FROM staff_roles WHERE staffId = ? ORDER BY role', [staff?.id])
  return held.map(({ role }) => role)
}

/** Everybody of the stand-in's company, as another platform would list them. */
function listed(person: Person, more: Partial<Listed> = {}): Listed {
  const { name, position } = person
  return {
    userId: `d-${person.userid}`,
    name,
    position,
    departments: ['客服部'],
    leads: Boolean(person.leads),
    active: true,
    ...more,
  }
}

/** Reads a second platform's address book; leavers hand over as from any other. */
async function second(people: Listed[], sameAs: Record<string, string>[] = []): Promise<void> {
  const { roles } = story.running.house.shelf
  await story.db.write(async (tx) => {
    for (const left of await syncStaff(tx, 'other', people, roles, sameAs)) {
      await handOverAll(tx, left, undefined, SYSTEM, 'leaver')
    }
  })
}

const calls = (path: string) => story.wecom.calls.get(path) ?? 0

test('a new colleague is known as soon as WeCom tells, and nobody else is read again', async () => {
  const sun = hire()
  const asked = calls('/cgi-bin/user/get')
  await told('create_user', { UserID: 'sunli' })
  assert.equal((await who('sunli'))?.name, '孙丽')
  assert.deepEqual(await rolesOf('sunli'), ['front_line'])
  assert.equal(calls('/cgi-bin/user/get') - asked, 1)
  await story.wang.complain('新同事也收到')
  assert.ok(sun.card('新同事也收到'))
})

test('what an event says does not count, only how things stand: repeated and out of order they converge', async () => {
  hire()
  await told('create_user', { UserID: 'sunli' })
  // Late news of an earlier departure, then twice the same.
  await told('delete_user', { UserID: 'sunli' })
  await told('create_user', { UserID: 'sunli' })
  await told('create_user', { UserID: 'sunli' })
  assert.equal((await who('sunli'))?.active, true)
  fire('sunli')
  await told('update_user', { UserID: 'sunli', Position: '客服主管' })
  assert.equal(await who('sunli'), undefined)
})

test('an event that comes while the platform cannot be asked is not lost', async () => {
  hire()
  story.wecom.faults.down = '503'
  await told('create_user', { UserID: 'sunli' })
  assert.equal(await who('sunli'), undefined)
  story.wecom.faults.down = false
  await story.later('5 min')
  assert.equal((await who('sunli'))?.name, '孙丽')
})

test('without any event the night brings everything in line', async () => {
  hire()
  fire('chenzhiyuan')
  await story.later('1 h')
  assert.equal(await who('sunli'), undefined)
  await story.later('17 h')
  assert.equal((await who('sunli'))?.name, '孙丽')
  assert.equal(await who('chenzhiyuan'), undefined)
})

test('a user id that is changed stays the same person', async () => {
  const staff = await who('linxiaoyu')
  const lin = story.wecom.people.find(({ userid }) => userid === 'linxiaoyu') as Person
  lin.userid = 'lin.xiaoyu'
  await told('update_user', { UserID: 'linxiaoyu', NewUserID: 'lin.xiaoyu' })
  assert.equal((await who('lin.xiaoyu'))?.id, staff?.id)
  assert.equal(await who('linxiaoyu'), undefined)
})

test('a leader is the direct superior, else whoever leads the nearest department upwards', async () => {
  story.wecom.departments.push({ id: 4, name: '一线组', parentid: 2 })
  hire({ departments: [4] })
  await told('create_party', { Id: '4', Name: '一线组', ParentId: '2' })
  await told('create_user', { UserID: 'sunli' })
  const [zhou, he] = [await who('zhoumin'), await who('hejianguo')]
  assert.equal((await who('sunli'))?.leaderId, zhou?.id)
  assert.equal((await who('linxiaoyu'))?.leaderId, zhou?.id)
  // 周敏 gives the department up; nobody else leads it.
  const asked = calls('/cgi-bin/user/get')
  Object.assign(story.wecom.people.find(({ userid }) => userid === 'zhoumin') as Person, { leads: [] })
  await told('update_party', { Id: '2' })
  assert.equal((await who('sunli'))?.leaderId, he?.id)
  assert.equal((await who('linxiaoyu'))?.leaderId, zhou?.id)
  assert.equal(calls('/cgi-bin/user/get'), asked)
})

test('whoever leaves hands over along the chain, and each heir is told from whom and why', async () => {
  const { wang, lin, zhou } = story
  const sun = hire({ directLeaders: ['zhoumin'] })
  await told('create_user', { UserID: 'sunli' })
  const ticket = await wang.complain('电池没电')
  await lin.press('电池没电', 'accept')
  // Something was being asked and a page was open: both end.
  const staff = (await who('linxiaoyu')) as Staff
  await lin.press('电池没电', 'ask')
  const [step] = await rows<{ id: string }>('SELECT id FROM flow_steps')
  await story.db.write((tx) => openLink(tx, staff.id, step?.id ?? ''))

  fire('linxiaoyu')
  await told('delete_user', { UserID: 'linxiaoyu' })
  assert.match(sun.read(), /林小雨已离职。/)
  assert.deepEqual(await rows('SELECT id FROM conversations WHERE id = ?', [staff.id]), [])
  assert.deepEqual(await rows('SELECT id FROM staff_links WHERE expiresAt > ?', [story.clock.now()]), [])
  const [event] = await rows<{ actorType: string; data: string }>(
    `SELECT actorType, data FROM events WHERE name = 'step.transferred'`,
  )
  assert.equal(event?.actorType, 'system')
  assert.match(event?.data ?? '', /"reason":"leaver"/)
  await sun.pressMenu('电池没电', 'history')
  assert.match(sun.lastLine(), /林小雨的「登记核实」转给孙丽/)

  // The last of the role goes too: the leader is next.
  fire('sunli')
  await told('delete_user', { UserID: 'sunli' })
  assert.match(zhou.read(), /孙丽已离职。/)
  await zhou.press('电池没电', 'finish', { type: 'quality' })
  assert.equal((await wang.ticket(ticket.id)).steps.filter(({ state }) => state === 'done').length, 1)
})

test('a pool from which the last receiver leaves goes to an heir; while somebody has the card, nothing moves', async () => {
  const { wang, he } = story
  // Her own leader comes before the chain's supervisor.
  hire({ directLeaders: ['hejianguo'] })
  await told('create_user', { UserID: 'sunli' })
  await wang.complain('没人受理')
  const owner = async () =>
    (await rows<{ assigneeId: string | null }>('SELECT assigneeId FROM flow_steps'))[0]?.assigneeId
  fire('linxiaoyu')
  await told('delete_user', { UserID: 'linxiaoyu' })
  assert.equal(await owner(), null)
  fire('sunli')
  await told('delete_user', { UserID: 'sunli' })
  assert.equal(await owner(), (await who('hejianguo'))?.id)
  assert.match(he.read(), /孙丽已离职。/)
  const missing = await story.db.read((tx) => emptyRoles(tx, story.running.house.shelf))
  assert.deepEqual(missing, [{ role: 'front_line', title: '一线客服', flows: ['complaint'] }])
})

test('a whole line that leaves on one day leaves no step without an owner', async () => {
  const { wang, lin, he } = story
  await wang.complain('一起离职')
  await lin.press('一起离职', 'accept')
  fire('linxiaoyu')
  fire('zhoumin')
  await story.restart()
  await story.settle()
  assert.match(he.read(), /林小雨已离职。/)
})

test('somebody who is asked to hand over everything to one person does', async () => {
  const { wang, li, lin, zhou } = story
  await wang.complain('任务甲')
  await li.complain('任务乙')
  const [from, to] = [(await who('linxiaoyu')) as Staff, (await who('zhoumin')) as Staff]
  const count = await story.db.write((tx) => handOverAll(tx, from, to, { type: 'staff', id: from.id }, 'asked'))
  await story.settle()
  assert.equal(count, 2)
  assert.match(zhou.card('任务甲').card.source?.desc ?? '', /林小雨转给您/)
  assert.ok(zhou.card('任务乙'))
  assert.match(String(lin.card('任务甲').replaced), /已转给 周敏/)
})

test('what came in while nobody was there goes to those who come, with its clock', async () => {
  const people = story.wecom.people.map(({ userid }) => userid)
  for (const userid of people) fire(userid)
  await story.db.write((tx) => tx.run(`UPDATE staff SET active = 0`))
  await story.db.write((tx) => tx.run(`DELETE FROM staff_roles`))
  await story.wang.complain('读不出流程的一单')
  await story.db.write((tx) => tx.run(`UPDATE flow_runs SET definitionId = 'gone'`))
  await story.later('1 min')
  await story.wang.complain('开业第一单')
  const clocks = () => rows<{ dueAt: number }>('SELECT dueAt FROM flow_steps ORDER BY id DESC')
  const [before] = await clocks()
  assert.deepEqual(await rows(`SELECT id FROM messages WHERE channel = 'staff'`), [])

  await story.later('2 min')
  const sun = hire({})
  await told('create_user', { UserID: 'sunli' })
  assert.ok(sun.card('开业第一单').alive, sun.read())
  const [after] = await clocks()
  assert.equal(after?.dueAt, before?.dueAt)
  await told('update_user', { UserID: 'sunli' })
  assert.equal(sun.cards().length, 1, 'told once')
  await sun.press('开业第一单', 'finish', { type: 'quality' })
})

test('one person with two accounts is one member of staff, and leaves with the last of them', async () => {
  const { people } = story.wecom
  const [lin, zhou, chen] = people as [Person, Person, Person]
  await second(
    [
      listed(lin, { jobNumber: 'YK001' }),
      listed(zhou, { name: '周小敏' }),
      // The name alone says nothing.
      listed(chen, { departments: ['技术部'] }),
    ],
    [{ wecom: 'zhoumin', other: 'd-zhoumin' }],
  )
  assert.equal((await who('d-linxiaoyu', 'other'))?.id, (await who('linxiaoyu'))?.id)
  assert.equal((await who('d-zhoumin', 'other'))?.id, (await who('zhoumin'))?.id)
  assert.equal((await who('zhoumin'))?.name, '周敏')
  assert.notEqual((await who('d-chenzhiyuan', 'other'))?.id, (await who('chenzhiyuan'))?.id)

  await story.wang.complain('两边都在')
  await story.lin.press('两边都在', 'accept')
  fire('linxiaoyu')
  await told('delete_user', { UserID: 'linxiaoyu' })
  const left = await who('d-linxiaoyu', 'other')
  assert.equal(left?.active, true)
  assert.equal((await rows<{ assigneeId: string }>('SELECT assigneeId FROM flow_steps'))[0]?.assigneeId, left?.id)
  await second([listed(zhou), listed(chen, { departments: ['技术部'] })])
  await story.settle()
  assert.notEqual((await rows<{ assigneeId: string }>('SELECT assigneeId FROM flow_steps'))[0]?.assigneeId, left?.id)
  assert.match(story.zhou.read(), /林小雨已离职。/)
})

test('two rows that turn out to be one person become one, with their work, cards and history', async () => {
  const lin = story.wecom.people[0] as Person
  await second([listed(lin)])
  const [first, other] = [(await who('linxiaoyu')) as Staff, (await who('d-linxiaoyu', 'other')) as Staff]
  assert.notEqual(first.id, other.id)
  await story.wang.complain('合并之前')
  const [step] = await rows<{ id: string }>('SELECT id FROM flow_steps')
  await story.db.write((tx) => tx.run('UPDATE flow_steps SET assigneeId = ? WHERE id = ?', [other.id, step?.id]))
  await story.db.write((tx) => tx.run('UPDATE messages SET recipientId = ? WHERE subjectId = ?', [other.id, step?.id]))

  await second([listed(lin, { jobNumber: 'YK001' })])
  assert.equal((await who('d-linxiaoyu', 'other'))?.id, first.id)
  const [merged] = await rows<{ intoId: string; fromId: string; why: string }>('SELECT * FROM staff_merges')
  assert.deepEqual([merged?.intoId, merged?.fromId, merged?.why], [first.id, other.id, 'job'])
  assert.deepEqual(await rolesOf('linxiaoyu'), ['front_line'])
  await story.lin.press('合并之前', 'finish', { type: 'quality' })
  assert.equal((await rows('SELECT id FROM flow_steps WHERE finishedBy = ?', [first.id])).length, 1)
  // Once more, nothing to do.
  await second([listed(lin, { jobNumber: 'YK001' })])
  assert.equal((await rows('SELECT id FROM staff_merges')).length, 1)
})

test('an address book without half of the company is not believed for a day', async () => {
  const crew = Array.from({ length: 20 }, (_, i) =>
    listed(story.wecom.people[0] as Person, { userId: `p${i}`, name: `员工${i}`, mobile: `139000000${10 + i}` }),
  )
  const present = async () =>
    (await rows(`SELECT id FROM staff_accounts WHERE platform = 'other' AND active = 1`)).length
  await story.db.write((tx) => tx.run(`INSERT INTO address_books (id, nextAt) VALUES ('other', ?)`, [tx.now]))
  await second(crew)
  await second(crew.slice(0, 8))
  assert.equal(await present(), 20)
  await second(crew.slice(0, 18))
  assert.equal(await present(), 18)
  await second(crew.slice(0, 8))
  story.clock.advance(25 * 3_600_000)
  await second(crew.slice(0, 8))
  assert.equal(await present(), 8)
})

test('mobile numbers are sealed at rest', async () => {
  await second([listed(story.wecom.people[0] as Person, { mobile: '+86 139-0000-1111' })])
  const [row] = await rows<{ mobile: string; mobileMark: string }>(
    `SELECT mobile, mobileMark FROM staff_accounts WHERE platform = 'other'`,
  )
  assert.ok(row?.mobile && row.mobileMark)
  assert.doesNotMatch(JSON.stringify(row), /13900001111/)
})
