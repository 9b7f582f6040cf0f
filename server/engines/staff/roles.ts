import type { Tx } from '../../lib/tx.ts'
import { StaffRole } from './staff.ts'

/** What a person must be like; rules compare without case. */
export interface RoleCriteria {
  /** Parts of the position. */
  position?: string[]
  /**
   * Parts of the name of one's own department; with a slash a path from above, which also takes in what lies below:
   * `客服中心/一线` is 一线 below 客服中心, `客服中心/` is 客服中心 and everything below it.
   */
  department?: string[]
  leader?: boolean
  /** User ids, of any platform or of one (`dingtalk:manager1`). */
  users?: string[]
}

/** Who holds a role: any of the rules fits; within a rule every key must, and none of `except`. `users` fits alone. */
export interface RoleRule extends RoleCriteria {
  except?: RoleCriteria
}

/** A person as the rules see them, all their accounts taken together. */
export interface Profile {
  accounts: { platform: string; userId: string }[]
  positions: string[]
  /** The path of each department, the root first. */
  departments: string[][]
  leads: boolean
}

/** The roles that a person holds. */
export function rolesFor(person: Profile, roles: Record<string, RoleRule[]>): string[] {
  return Object.keys(roles).filter((role) => roles[role]?.some((rule) => fits(rule, person)))
}

/** Gives and takes roles until a person holds just these; says whether anything changed. */
export async function giveRoles(tx: Tx, staffId: string, roles: string[], held: string[]): Promise<boolean> {
  const more = roles.filter((role) => !held.includes(role))
  const less = held.filter((role) => !roles.includes(role))
  for (const role of more) await tx.insert(StaffRole, { id: `${staffId}:${role}`, staffId, role })
  for (const role of less) await tx.run('DELETE FROM staff_roles WHERE id = ?', [`${staffId}:${role}`])
  return more.length + less.length > 0
}

function fits({ except, ...rule }: RoleRule, person: Profile): boolean {
  if (except && criteriaOf(except, person).some((met) => met)) return false
  if (rule.users && named(rule.users, person)) return true
  const { users: _, ...rest } = rule
  const criteria = criteriaOf(rest, person)
  return criteria.length > 0 && criteria.every((met) => met)
}

/** Which of the criteria that are given a person meets. */
function criteriaOf({ position, department, leader, users }: RoleCriteria, person: Profile): boolean[] {
  return [
    ...(position ? [person.positions.some((text) => contains(position, text))] : []),
    ...(department ? [person.departments.some((path) => department.some((part) => within(part, path)))] : []),
    ...(leader === undefined ? [] : [leader === person.leads]),
    ...(users ? [named(users, person)] : []),
  ]
}

function named(users: string[], { accounts }: Profile): boolean {
  const wanted = new Set(users.map((user) => user.toLowerCase()))
  return accounts.some(
    ({ platform, userId }) => wanted.has(userId.toLowerCase()) || wanted.has(`${platform}:${userId}`.toLowerCase()),
  )
}

function within(wanted: string, path: string[]): boolean {
  if (!wanted.includes('/')) return contains([wanted], path.at(-1) ?? '')
  const parts = wanted.split('/').filter((part) => part !== '')
  return path.some((_, from) => parts.length > 0 && parts.every((part, i) => contains([part], path[from + i] ?? '')))
}

function contains(parts: string[], text: string): boolean {
  return parts.some((part) => text.toLowerCase().includes(part.toLowerCase()))
}
