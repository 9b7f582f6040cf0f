import type Router from 'koa-router'
import { jsonBody, Refusal } from './listener.ts'
import type { Person } from './people.ts'
import type { WecomWorld } from './wecom-world.ts'

const OK = { errcode: 0, errmsg: 'ok' }

/** The address book: members and departments. Source: WeCom docs 90196, 90200, 96067, 90208. */
export function addressBook(world: WecomWorld, routes: Router): void {
  const members = (departmentId: unknown, withChildren: boolean) => {
    const id = Number(departmentId)
    if (!world.departments.some((one) => one.id === id)) throw new Refusal(60003, 'department not found')
    const wanted = new Set(withChildren ? [id, ...below(world, id)] : [id])
    return world.people.filter((person) => !person.unseen && person.departments.some((one) => wanted.has(one)))
  }
  routes.get('/cgi-bin/user/get', (ctx) => {
    const person = world.people.find((one) => one.userid.toLowerCase() === String(ctx.query.userid).toLowerCase())
    if (!person) throw new Refusal(60111, 'userid not found')
    if (person.unseen) throw new Refusal(60011, 'no privilege to access/modify contact/party/agent')
    ctx.body = { ...OK, ...wirePerson(person) }
  })
  routes.get('/cgi-bin/user/simplelist', (ctx) => {
    const userlist = members(ctx.query.department_id, ctx.query.fetch_child === '1').map((person) => ({
      userid: person.userid,
      name: person.name,
      department: person.departments,
      open_userid: '',
    }))
    ctx.body = { ...OK, userlist }
  })
  routes.post('/cgi-bin/user/list_id', async (ctx) => {
    const { cursor, limit } = await jsonBody(ctx)
    const all = world.people.flatMap(({ userid, departments }) =>
      departments.map((department) => ({ userid, department })),
    )
    const from = typeof cursor === 'string' && cursor !== '' ? Number(cursor) : 0
    const to = from + Math.min(typeof limit === 'number' ? limit : 10_000, 10_000)
    ctx.body = { ...OK, next_cursor: to < all.length ? String(to) : '', dept_user: all.slice(from, to) }
  })
  routes.get('/cgi-bin/department/list', (ctx) => {
    const id = ctx.query.id === undefined ? 1 : Number(ctx.query.id)
    if (!world.departments.some((one) => one.id === id)) throw new Refusal(60003, 'department not found')
    const wanted = new Set([id, ...below(world, id)])
    ctx.body = {
      ...OK,
      department: world.departments
        .filter((one) => wanted.has(one.id))
        .map((one, index) => ({
          ...one,
          name_en: '',
          department_leader: world.people
            .filter((person) => person.leads?.includes(one.id))
            .map(({ userid }) => userid),
          order: 1000 - index,
        })),
    }
  })
}

function below(world: WecomWorld, id: number): number[] {
  return world.departments.filter((one) => one.parentid === id).flatMap((one) => [one.id, ...below(world, one.id)])
}

/** An extension attribute of a member. Source: WeCom docs 92230. */
function attribute(name: string, value: string): Record<string, unknown> {
  return { type: 0, name, value, text: { value } }
}

/** Applications made after June 2022 get no mobile, e-mail, gender and avatar here. Source: WeCom docs 90196. */
function wirePerson(person: Person): Record<string, unknown> {
  return {
    userid: person.userid,
    name: person.name,
    department: person.departments,
    order: person.departments.map(() => 0),
    position: person.position,
    is_leader_in_dept: person.departments.map((id) => (person.leads?.includes(id) ? 1 : 0)),
    direct_leader: person.directLeaders ?? [],
    telephone: '',
    alias: '',
    extattr: { attrs: person.jobNumber ? [attribute('工号', person.jobNumber)] : [] },
    status: person.status ?? 1,
    main_department: person.departments[0],
    open_userid: '',
  }
}
