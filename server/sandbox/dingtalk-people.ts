import type Router from 'koa-router'
import type { DingtalkPerson } from './dingtalk.ts'
import { oldBody } from './dingtalk-listener.ts'
import type { DingtalkWorld } from './dingtalk-world.ts'
import { Refusal } from './listener.ts'
import type { Department, Person } from './people.ts'

const OK = { errcode: 0, errmsg: 'ok' }
const ROOT = 1
/** Ids of departments differ from WeCom's, as they would. */
const FIRST_DEPARTMENT = 905_410_000
const MAX_PAGE = 100

/** The same company as DingTalk knows it. */
export function dingtalkPeople(people: Person[]): DingtalkPerson[] {
  return people.map((person, index) => ({
    ...person,
    userid: dingtalkId(person.userid),
    unionid: `un${person.userid}iEiE`,
    jobNumber: person.jobNumber ?? `YK${String(index + 1).padStart(3, '0')}`,
    departments: person.departments.map(departmentId),
    leads: person.leads?.map(departmentId),
    directLeaders: person.directLeaders?.map(dingtalkId),
    twin: person.userid,
  }))
}

export function dingtalkDepartments(departments: Department[]): Department[] {
  return departments.map((one) => ({ ...one, id: departmentId(one.id), parentid: departmentId(one.parentid) }))
}

function dingtalkId(userid: string): string {
  return `dt-${userid}`
}

function departmentId(id: number): number {
  return id <= ROOT ? id : FIRST_DEPARTMENT + id
}

/** Departments and people of the old API. Source: DingTalk docs, contacts v2. */
export function contactsApi(world: DingtalkWorld, routes: Router): void {
  const call = (path: string, answer: (body: Record<string, unknown>) => unknown) =>
    routes.post(path, async (ctx) => {
      const result = answer(await oldBody(ctx))
      ctx.body = { ...OK, result, request_id: 'sandbox' }
    })
  call('/topapi/v2/department/listsub', ({ dept_id }) => {
    const parent = department(world, dept_id ?? ROOT)
    return world.departments
      .filter((one) => one.parentid === parent.id)
      .map(({ id, name, parentid }) => ({
        dept_id: id,
        name,
        parent_id: parentid,
        auto_add_user: true,
        create_dept_group: true,
      }))
  })
  call('/topapi/v2/department/listsubid', ({ dept_id }) => {
    const parent = department(world, dept_id ?? ROOT)
    return { dept_id_list: world.departments.filter((one) => one.parentid === parent.id).map(({ id }) => id) }
  })
  call('/topapi/v2/department/get', ({ dept_id }) => {
    const { id, name, parentid } = department(world, dept_id)
    const leaders = world.people.filter((one) => one.leads?.includes(id)).map(({ userid }) => userid)
    return { dept_id: id, name, parent_id: id === ROOT ? undefined : parentid, dept_manager_userid_list: leaders }
  })
  call('/topapi/v2/user/list', (body) => {
    const { id } = department(world, body.dept_id)
    const [cursor, size] = [Number(body.cursor), Number(body.size)]
    if (!Number.isInteger(cursor) || !Number.isInteger(size) || size < 1 || size > MAX_PAGE)
      throw new Refusal(40035, '不合法的参数')
    const all = world.people.filter((one) => one.departments.includes(id) && (one.status ?? 1) !== 5)
    const end = cursor + size
    const more = end < all.length
    return {
      has_more: more,
      ...(more && { next_cursor: end }),
      list: all.slice(cursor, end).map((person) => listed(person, id)),
    }
  })
  call('/topapi/user/listid', (body) => {
    const { id } = department(world, body.dept_id)
    const all = world.people.filter((one) => one.departments.includes(id) && (one.status ?? 1) !== 5)
    return { userid_list: all.map(({ userid }) => userid) }
  })
  call('/topapi/v2/user/get', ({ userid }) => {
    if (typeof userid !== 'string' || userid === '') throw new Refusal(33012, '无效的USERID')
    return wholePerson(known(world, (one) => one.userid === userid))
  })
  call('/topapi/v2/user/getbymobile', ({ mobile }) => ({
    userid: known(world, (one) => one.mobile !== undefined && one.mobile === mobile).userid,
  }))
  call('/topapi/user/getbyunionid', ({ unionid }) => ({
    contact_type: 0,
    userid: known(world, (one) => one.unionid === unionid).userid,
  }))
  call('/topapi/v2/user/getuserinfo', ({ code }) => {
    const kept = typeof code === 'string' ? world.state.oauth[code] : undefined
    if (!kept || kept.expiresAt <= world.clock.now()) throw new Refusal(40078, '不存在的临时授权码')
    delete world.state.oauth[code as string]
    const { userid, unionid, name } = known(world, (one) => one.userid === kept.userid)
    return { userid, unionid, name, device_id: 'sandbox', sys: false, sys_level: 0 }
  })
}

function department(world: DingtalkWorld, id: unknown): Department {
  const found = world.departments.find((one) => one.id === Number(id))
  if (!found) throw new Refusal(60003, '部门不存在')
  return found
}

function known(world: DingtalkWorld, match: (person: DingtalkPerson) => boolean): DingtalkPerson {
  const person = world.people.find((one) => match(one) && (one.status ?? 1) !== 5)
  if (!person) throw new Refusal(60121, '找不到该用户')
  return person
}

/** user/list tells whether they lead the department that was asked for, and nothing of their superior. */
function listed(person: DingtalkPerson, department: number): Record<string, unknown> {
  return { ...wirePerson(person), leader: person.leads?.includes(department) ?? false }
}

/** user/get tells it for each department. */
function wholePerson(person: DingtalkPerson): Record<string, unknown> {
  const leads = (id: number) => person.leads?.includes(id) ?? false
  return {
    ...wirePerson(person),
    leader_in_dept: person.departments.map((id) => ({ dept_id: id, leader: leads(id) })),
    manager_userid: person.directLeaders?.[0] ?? '',
  }
}

function wirePerson(person: DingtalkPerson): Record<string, unknown> {
  return {
    userid: person.userid,
    unionid: person.unionid,
    name: person.name,
    title: person.position,
    mobile: person.mobile,
    state_code: '86',
    job_number: person.jobNumber,
    active: (person.status ?? 1) === 1,
    admin: false,
    boss: false,
    hide_mobile: false,
    avatar: '',
    dept_id_list: person.departments,
  }
}
