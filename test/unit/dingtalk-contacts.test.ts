import assert from 'node:assert/strict'
import { SECOND } from '../../server/lib/clock.ts'
import { afterEach, test } from '../suite.ts'
import { closeCompanies, company, fails } from './dingtalk-company.ts'
import type { Received, Reply } from './platform-server.ts'

afterEach(closeCompanies)

const tree: Record<number, { name: string; parent?: number; managers?: string[] }> = {
  1: { name: '迎客' },
  2: { name: '客服', parent: 1, managers: ['zhao'] },
  3: { name: '售后', parent: 2 },
}

interface Body {
  dept_id?: number
  cursor?: number
  userid?: string
}

/** An address book: `page` people a page. */
function book(members: Record<number, string[]>, page = 2): (request: Received) => Reply {
  const user = (userid: string) => ({ userid, unionid: `un-${userid}`, name: `${userid}某`, active: true })
  return (request) => {
    const { dept_id = 0, cursor = 0, userid = '' } = request.json<Body>()
    const department = tree[dept_id]
    switch (request.path) {
      case '/topapi/v2/department/listsub': {
        const below = Object.entries(tree).filter(([, { parent }]) => parent === dept_id)
        return { json: { errcode: 0, result: below.map(([id, { name }]) => ({ dept_id: Number(id), name })) } }
      }
      case '/topapi/v2/department/get': {
        if (!department) return { json: { errcode: 60003, errmsg: 'no such department' } }
        const { name, parent: parent_id, managers: dept_manager_userid_list } = department
        return { json: { errcode: 0, result: { dept_id, name, parent_id, dept_manager_userid_list } } }
      }
      case '/topapi/v2/user/list': {
        const ids = members[dept_id] ?? []
        const list = ids.slice(cursor, cursor + page).map((id) => ({
          ...user(id),
          title: id === 'zhao' ? '主管' : '',
          dept_id_list: Object.keys(members).map(Number),
          leader: id === 'zhao' && dept_id === 2,
        }))
        const has_more = cursor + page < ids.length
        return { json: { errcode: 0, result: { has_more, ...(has_more && { next_cursor: cursor + page }), list } } }
      }
      default: {
        if (userid === 'gone') return { json: { errcode: 60121, errmsg: 'no such user' } }
        const leader_in_dept = [
          { dept_id: 2, leader: userid === 'zhao' },
          { dept_id: 3, leader: false },
        ]
        const seen = { leader_in_dept, manager_userid: 'boss', mobile: '13800000000', job_number: '07', title: null }
        return { json: { errcode: 0, result: { ...user(userid), ...seen, dept_id_list: [2, 3] } } }
      }
    }
  }
}

test('the whole tree and everybody in it come once each', async () => {
  const { client, server } = await company(book({ 1: [], 2: ['zhao', 'qian', 'sun', 'li', 'gone'], 3: ['li', 'zhao'] }))
  assert.deepEqual(await client.departments(), [
    { id: 1, name: '迎客', parentId: 0, managers: [] },
    { id: 2, name: '客服', parentId: 1, managers: ['zhao'] },
    { id: 3, name: '售后', parentId: 2, managers: [] },
  ])
  const people = await client.people()
  assert.deepEqual(
    people.map(({ userId }) => userId),
    ['zhao', 'qian', 'sun', 'li', 'gone'],
  )
  assert.deepEqual(people[0], {
    userId: 'zhao',
    unionId: 'un-zhao',
    name: 'zhao某',
    title: '主管',
    active: true,
    departments: [1, 2, 3],
    leads: [2],
  })
  assert.equal(server.to('/topapi/v2/user/get').length, 0)
  const pages = server.to('/topapi/v2/user/list').map((request) => request.json<object>())
  assert.deepEqual(pages[1], { dept_id: 2, cursor: 0, size: 100 })
  const whole = await client.people({ withManagers: true })
  assert.deepEqual(
    whole.map(({ userId, managerUserId }) => [userId, managerUserId]),
    [
      ['zhao', 'boss'],
      ['qian', 'boss'],
      ['sun', 'boss'],
      ['li', 'boss'],
    ],
  )
})

test('one person is found, or is not there', async () => {
  const { client } = await company(book({}))
  assert.deepEqual(await client.person('zhao'), {
    userId: 'zhao',
    unionId: 'un-zhao',
    name: 'zhao某',
    mobile: '13800000000',
    jobNumber: '07',
    active: true,
    departments: [2, 3],
    leads: [2],
    managerUserId: 'boss',
  })
  assert.equal(await client.person('gone'), undefined)
})

test('an address book that is told only in part is not taken for the whole', async () => {
  const rootless = await company(() => ({ json: { errcode: 60003, errmsg: 'no such department' } }))
  await assert.rejects(rootless.client.people(), fails(60003, false))
  await assert.rejects(rootless.client.departments(), fails(60003, false))
  const members = book({ 1: ['a'] })
  const stuck = await company((request) =>
    request.path === '/topapi/v2/user/list'
      ? { json: { errcode: 0, result: { has_more: true, next_cursor: 0, list: [] } } }
      : members(request),
  )
  await assert.rejects(stuck.client.people(), fails('bad_answer', true))
  const torn = await company((request) =>
    request.path === '/topapi/v2/user/list' ? { json: { errcode: -1, errmsg: 'busy' } } : members(request),
  )
  await assert.rejects(torn.client.people(), fails(-1, true, SECOND))
})
