import { z } from 'zod'
import { PlatformError } from '../lib/errors.ts'
import type { DingtalkApi } from './dingtalk-api.ts'

export interface DingtalkDepartment {
  id: number
  name: string
  /** 0 for the root. */
  parentId: number
  /** User ids of those who lead it. */
  managers: string[]
}

/** A person of the company. `mobile` needs a permission of its own. */
export interface DingtalkPerson {
  userId: string
  unionId: string
  name: string
  title?: string
  mobile?: string
  jobNumber?: string
  /** Has joined the company's DingTalk. */
  active: boolean
  departments: number[]
  /** The departments of `departments` that this person leads. */
  leads: number[]
  /** The direct superior; only user/get tells. */
  managerUserId?: string
}

const ROOT = 1
const PAGE = 100

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '')
const numbers = z
  .array(z.number())
  .nullish()
  .transform((list) => list ?? [])

const userShape = z.object({
  userid: z.string(),
  unionid: text,
  name: text,
  title: text,
  mobile: text,
  job_number: text,
  active: z.boolean().default(true),
  dept_id_list: numbers,
  /** user/list: of the department that was asked for. */
  leader: z.boolean().nullish(),
  /** user/get: of every department. */
  leader_in_dept: z.array(z.object({ dept_id: z.number(), leader: z.boolean() })).nullish(),
  manager_userid: text,
})

const oneUser = z.object({ result: userShape })
const userPage = z.object({
  result: z.object({
    has_more: z.boolean().default(false),
    next_cursor: z.number().default(0),
    list: z.array(userShape).default([]),
  }),
})
const children = z.object({ result: z.array(z.object({ dept_id: z.number() })).default([]) })
const oneDepartment = z.object({
  result: z
    .object({
      dept_id: z.number(),
      name: z.string().default(''),
      parent_id: z.number().nullish(),
      dept_manager_userid_list: z.array(z.string()).nullish(),
    })
    .transform(
      (department): DingtalkDepartment => ({
        id: department.dept_id,
        name: department.name,
        parentId: department.parent_id ?? 0,
        managers: department.dept_manager_userid_list ?? [],
      }),
    ),
})

/** The whole tree, the root first. Who goes while it is read is left out. */
export async function fetchDepartments(api: DingtalkApi): Promise<DingtalkDepartment[]> {
  const ids = await departmentIds(api)
  const departments = await Promise.all(
    ids.map((dept_id) => unlessGone(api.old(oneDepartment, { path: '/topapi/v2/department/get', json: { dept_id } }))),
  )
  return departments.filter((found) => found !== undefined).map(({ result }) => result)
}

/** One person; undefined when there is none. */
export async function fetchPerson(api: DingtalkApi, userid: string): Promise<DingtalkPerson | undefined> {
  const found = await unlessGone(api.old(oneUser, { path: '/topapi/v2/user/get', json: { userid } }))
  return found && person(found.result)
}

/**
 * Everybody, once each, from the lists of the departments: a call for every hundred people and not for every one, since
 * small companies have a monthly quota. The direct superiors cost a call a person and come only `withManagers`.
 */
export async function fetchPeople(api: DingtalkApi, withManagers: boolean): Promise<DingtalkPerson[]> {
  const ids = await departmentIds(api)
  const lists = await Promise.all(ids.map((id) => members(api, id)))
  const people = new Map<string, DingtalkPerson>()
  for (const one of lists.flat()) {
    const known = people.get(one.userId)
    people.set(one.userId, known ? { ...known, leads: [...new Set([...known.leads, ...one.leads])] } : one)
  }
  if (!withManagers) return [...people.values()]
  const whole = await Promise.all([...people.keys()].map((userId) => fetchPerson(api, userId)))
  return whole.filter((found) => found !== undefined)
}

async function departmentIds(api: DingtalkApi, dept_id = ROOT): Promise<number[]> {
  const asked = api.old(children, { path: '/topapi/v2/department/listsub', json: { dept_id } })
  // The root is never gone: a tree that came out empty would make leavers of everybody.
  const below = dept_id === ROOT ? await asked : await unlessGone(asked)
  if (!below) return []
  const deeper = await Promise.all(below.result.map((child) => departmentIds(api, child.dept_id)))
  return [dept_id, ...deeper.flat()]
}

async function members(api: DingtalkApi, dept_id: number): Promise<DingtalkPerson[]> {
  const people: DingtalkPerson[] = []
  let cursor = 0
  for (;;) {
    const request = { path: '/topapi/v2/user/list', json: { dept_id, cursor, size: PAGE } }
    const page = await unlessGone(api.old(userPage, request))
    people.push(...(page?.result.list ?? []).map((user) => person(user, dept_id)))
    if (!page?.result.has_more) return people
    // Half a list would make leavers of the other half, and a cursor that stands still would have us turn for ever.
    if (page.result.next_cursor <= cursor)
      throw new PlatformError('dingtalk', 'bad_answer', true, 'cursor stands still')
    cursor = page.result.next_cursor
  }
}

function person(user: z.infer<typeof userShape>, listedIn?: number): DingtalkPerson {
  const here = user.leader && listedIn !== undefined ? [listedIn] : []
  const told = user.leader_in_dept?.filter(({ leader }) => leader).map(({ dept_id }) => dept_id)
  return {
    userId: user.userid,
    unionId: user.unionid,
    name: user.name || user.userid,
    ...(user.title && { title: user.title }),
    ...(user.mobile && { mobile: user.mobile }),
    ...(user.job_number && { jobNumber: user.job_number }),
    active: user.active,
    departments: user.dept_id_list,
    leads: told ?? here,
    ...(user.manager_userid && { managerUserId: user.manager_userid }),
  }
}

/** 33012 and 60121: no such person; 60003: no such department. */
const GONE = new Set<number | string>([33012, 60121, 60003])

async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof PlatformError && GONE.has(error.code)) return undefined
    throw error
  }
}
