import assert from 'node:assert/strict'
import { dingtalkChange, wecomChange } from '../../bot/books.ts'
import { nextNight } from '../../bot/contacts.ts'
import { mobileOf, twinFinder } from '../../server/engines/staff/identity.ts'
import { type Profile, type RoleRule, rolesFor } from '../../server/engines/staff/roles.ts'
import type { StaffAccount } from '../../server/engines/staff/staff.ts'
import { test } from '../suite.ts'

const person: Profile = {
  accounts: [
    { platform: 'wecom', userId: 'LinXiaoyu' },
    { platform: 'dingtalk', userId: 'manager7' },
  ],
  positions: ['一线客服（实习）'],
  departments: [['迎客公司', '客服中心', '一线部', '早班']],
  leads: false,
}

function holds(rule: RoleRule, who = person): boolean {
  return rolesFor(who, { role: [rule] }).length === 1
}

test('a department is named by a part of its own name, or by a path that takes in what lies below', () => {
  assert.ok(holds({ department: ['早班'] }))
  assert.ok(!holds({ department: ['客服'] }), 'without a slash only the own department counts')
  assert.ok(holds({ department: ['客服中心/'] }))
  assert.ok(holds({ department: ['客服中心/一线'] }))
  assert.ok(holds({ department: ['客服/一线/早'] }))
  assert.ok(!holds({ department: ['客服中心/早班'] }), 'a path leaves nothing out')
  assert.ok(!holds({ department: ['一线/客服中心'] }))
  assert.ok(!holds({ department: ['/'] }))
})

test('every key of a rule must fit, a user alone is enough, and whoever is excepted is out', () => {
  assert.ok(holds({ department: ['客服中心/'], position: ['一线'], leader: false }))
  assert.ok(!holds({ department: ['客服中心/'], position: ['主管'] }))
  assert.ok(holds({ position: ['主管'], users: ['linxiaoyu'] }))
  assert.ok(holds({ users: ['dingtalk:Manager7'] }))
  assert.ok(!holds({ users: ['wecom:manager7'] }))
  assert.ok(!holds({}))
  assert.ok(!holds({ department: ['客服中心/'], except: { position: ['实习'] } }))
  assert.ok(!holds({ users: ['linxiaoyu'], except: { users: ['manager7'] } }))
  assert.ok(!holds({ department: ['客服中心/'], except: { department: ['早班'], leader: true } }))
  assert.ok(holds({ department: ['客服中心/'], except: { department: ['晚班'], leader: true } }))
})

test('a mobile number is the same with and without the country', () => {
  for (const text of ['13612345678', '+86 136 1234 5678', '0086-136-1234-5678', '8613612345678', ' 136-1234-5678 '])
    assert.equal(mobileOf(text), '13612345678', text)
  for (const text of ['赵蕾', '1361234567', '136123456789', '+1 361 234 5678 9', '23612345678'])
    assert.equal(mobileOf(text), undefined, text)
})

test('one person is known by the pack, the mobile or the job number, never where several would fit', () => {
  const account = (id: string, staffId: string, more: Partial<StaffAccount> = {}) =>
    ({
      id,
      platform: id.split(':')[0],
      staffId,
      active: true,
      mobileMark: null,
      jobNumber: null,
      ...more,
    }) as StaffAccount
  const all = [
    account('wecom:a', 's1', { mobileMark: 'm1', jobNumber: 'j1' }),
    account('wecom:b', 's2', { jobNumber: 'j2' }),
    account('wecom:c', 's3', { jobNumber: 'j2' }),
    account('wecom:d', 's4', { jobNumber: 'j4', active: false }),
  ]
  const twin = twinFinder(all, [{ wecom: 'C', dingtalk: 'x9' }])
  const asked = (more: Partial<StaffAccount>, id = 'dingtalk:x1') => twin(account(id, '', more))
  assert.deepEqual(asked({ mobileMark: 'm1' }), { staffId: 's1', why: 'mobile' })
  assert.deepEqual(asked({ jobNumber: 'j1' }), { staffId: 's1', why: 'job' })
  assert.equal(asked({ jobNumber: 'j2' }), undefined, 'two people bear it')
  assert.equal(asked({ jobNumber: 'j4' }), undefined, 'who has left is not taken up again')
  assert.deepEqual(asked({ mobileMark: 'm1' }, 'dingtalk:x9'), { staffId: 's3', why: 'people' })
  assert.equal(twin(account('wecom:e', '', { mobileMark: 'm1' })), undefined, 'nobody has two accounts on one platform')
})

test('what an event concerns', () => {
  const wecom = (changeType: string, userid: string, fields = {}) =>
    wecomChange({
      kind: 'change_contact',
      changeType,
      userid,
      fields,
      from: 'sys',
      to: 'ww',
      agentId: '',
      createdAt: 0,
    })
  assert.deepEqual(wecom('create_user', 'a'), { users: [{ userId: 'a' }] })
  assert.deepEqual(wecom('update_user', 'a', { NewUserID: 'b' }), {
    users: [{ userId: 'a' }, { userId: 'b', renamedFrom: 'a' }],
  })
  assert.deepEqual(wecom('delete_party', ''), { users: [], departments: true })
  assert.deepEqual(wecom('update_tag', ''), { users: [] })
  assert.deepEqual(wecom('something_new', ''), { users: [], all: true })
  const ding = (eventType: string, userIds: string[] = []) =>
    dingtalkChange({ kind: 'event', eventId: 'e', eventType, data: {}, userIds, departmentIds: [] })
  assert.deepEqual(ding('user_leave_org', ['a', 'b']), { users: [{ userId: 'a' }, { userId: 'b' }] })
  assert.deepEqual(ding('user_modify_org'), { users: [], all: true })
  assert.deepEqual(ding('org_dept_modify'), { users: [], departments: true })
  assert.equal(ding('bpms_task_change'), undefined)
})

test('the night comes once a day, whatever the hour', () => {
  const at = (text: string) => Date.parse(`${text}+08:00`)
  const rule = { read_at: '03:00', zone: 'Asia/Shanghai' }
  assert.equal(nextNight(at('2026-11-23T10:00:00'), rule), at('2026-11-24T03:00:00'))
  assert.equal(nextNight(at('2026-11-24T02:59:59'), rule), at('2026-11-24T03:00:00'))
  assert.equal(nextNight(at('2026-11-24T03:00:00'), rule), at('2026-11-25T03:00:00'))
})
