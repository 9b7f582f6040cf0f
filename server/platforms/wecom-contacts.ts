import { z } from 'zod'
import { PlatformError } from '../lib/errors.ts'
import type { WxApi } from './wx-api.ts'

/** A member as an application may see one; applications made after June 2022 get no mail and no picture either. */
export interface WecomUser {
  userid: string
  name: string
  departments: number[]
  mainDepartment?: number
  /** The departments of `departments` that this person leads. */
  leads: number[]
  /** User ids of the direct superiors. */
  leaders: string[]
  position?: string
  /** Only applications made before June 2022 get it. */
  mobile?: string
  /** From the extension attribute of one of these names, if the company keeps one. */
  jobNumber?: string
  /** 1 active, 2 disabled, 4 not activated, 5 left. */
  status: number
}

export interface WecomDepartment {
  id: number
  name: string
  parentId: number
  leaders: string[]
}

const JOB_NUMBER = /^(工号|员工编号|职工编号|员工号|job ?number|employee ?(id|number))$/i

const attributesShape = z
  .object({
    attrs: z
      .array(
        z.object({
          name: z.string().default(''),
          value: z.string().nullish(),
          text: z.object({ value: z.string().nullish() }).nullish(),
        }),
      )
      .default([]),
  })
  .optional()
  .transform((extattr) => {
    const found = extattr?.attrs.find(({ name }) => JOB_NUMBER.test(name.trim()))
    return found?.text?.value || found?.value || undefined
  })

const userShape = z
  .object({
    userid: z.string(),
    name: z.string().default(''),
    department: z.array(z.number()).default([]),
    main_department: z.number().optional(),
    is_leader_in_dept: z.array(z.number()).default([]),
    direct_leader: z.array(z.string()).default([]),
    position: z.string().optional(),
    mobile: z.string().optional(),
    extattr: attributesShape,
    status: z.number().default(1),
  })
  .transform(
    (user): WecomUser => ({
      userid: user.userid,
      name: user.name || user.userid,
      departments: user.department,
      ...(user.main_department !== undefined && { mainDepartment: user.main_department }),
      leads: user.department.filter((_, place) => user.is_leader_in_dept[place] === 1),
      leaders: user.direct_leader,
      ...(user.position && { position: user.position }),
      ...(user.mobile && { mobile: user.mobile }),
      ...(user.extattr && { jobNumber: user.extattr }),
      status: user.status,
    }),
  )

const departmentsShape = z.object({
  department: z.array(
    z.object({
      id: z.number(),
      name: z.string().default(''),
      parentid: z.number().default(0),
      department_leader: z.array(z.string()).default([]),
    }),
  ),
})

const membersShape = z.object({ userlist: z.array(z.object({ userid: z.string() })) })

/** One member; PlatformError 60111 when there is none. */
export function fetchUser(api: WxApi, userid: string): Promise<WecomUser> {
  return api.json(userShape, { path: '/cgi-bin/user/get', query: { userid } })
}

/** `root` (everything visible, if none is given) and all departments below it. */
export async function fetchDepartments(api: WxApi, root?: number): Promise<WecomDepartment[]> {
  const { department } = await api.json(departmentsShape, { path: '/cgi-bin/department/list', query: { id: root } })
  return department.map(({ id, name, parentid, department_leader }) => ({
    id,
    name,
    parentId: parentid,
    leaders: department_leader,
  }))
}

/**
 * The members of `root` and below, each once. By user/simplelist and user/get, since user/list_id is for the
 * address-book secret only. Who leaves between the two calls is left out.
 */
export async function fetchUsers(api: WxApi, root?: number): Promise<WecomUser[]> {
  const departments = await fetchDepartments(api, root)
  const lists = await Promise.all(departments.map(({ id }) => memberIds(api, id)))
  const users = await Promise.all([...new Set(lists.flat())].map((userid) => userOrNothing(api, userid)))
  return users.filter((user) => user !== undefined)
}

async function memberIds(api: WxApi, departmentId: number): Promise<string[]> {
  const { userlist } = await api.json(membersShape, {
    path: '/cgi-bin/user/simplelist',
    query: { department_id: departmentId },
  })
  return userlist.map(({ userid }) => userid)
}

const GONE = new Set<number | string>([40003, 60111])

async function userOrNothing(api: WxApi, userid: string): Promise<WecomUser | undefined> {
  try {
    return await fetchUser(api, userid)
  } catch (error) {
    if (error instanceof PlatformError && GONE.has(error.code)) return undefined
    throw error
  }
}
