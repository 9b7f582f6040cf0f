import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { Staff, StaffAccount, StaffRole } from './staff.ts'

/** A person of an address book, in no platform's terms. */
export interface Listed {
  userId: string
  name: string
  position: string
  departments: string[]
  leaderUserId?: string
  leads: boolean
  active: boolean
}

/** Who holds a role: any of the rules fits. Rules compare without case; `position` and `department` are parts of the name. */
export interface RoleRule {
  position?: string[]
  department?: string[]
  leader?: boolean
  users?: string[]
}

/** The member of staff behind a chat account, or undefined for a stranger. */
export async function staffByAccount(tx: Tx, platform: string, userId: string): Promise<Staff | undefined> {
  const staff = await tx.first(Staff, 'WHERE id = (SELECT staffId FROM staff_accounts WHERE id = ?) AND active = 1', [
    StaffAccount.key(platform, userId),
  ])
  if (staff) tx.remember(`staff:${staff.id}`, staff)
  return staff
}

/** A member of staff by id, or undefined. */
export function staffById(tx: Tx, id: string): Promise<Staff | undefined> {
  return tx.memo(`staff:${id}`, () => tx.get(Staff, id))
}

/** The chat accounts of a member of staff. */
export function accountsOf(tx: Tx, staffId: string): Promise<StaffAccount[]> {
  return tx.find(StaffAccount, 'WHERE staffId = ?', [staffId])
}

/** The active members of a role, those on duty first. */
export function membersOf(tx: Tx, role: string): Promise<Staff[]> {
  return tx.memo(`members:${role}`, () =>
    tx.find(
      Staff,
      'WHERE active = 1 AND id IN (SELECT staffId FROM staff_roles WHERE role = ?) ORDER BY onDuty DESC, id',
      [role],
    ),
  )
}

/** Whether a member of staff holds a role. */
export async function holdsRole(tx: Tx, staffId: string, role: string): Promise<boolean> {
  const rows = await tx.query('SELECT 1 FROM staff_roles WHERE id = ?', [`${staffId}:${role}`])
  return rows.length > 0
}

/** Brings staff, accounts and roles in line with an address book; who is no longer listed becomes inactive. */
export async function syncStaff(
  tx: Tx,
  platform: string,
  people: Listed[],
  roles: Record<string, RoleRule[]>,
): Promise<void> {
  const accounts = await tx.find(StaffAccount, 'WHERE platform = ?', [platform])
  const idOf = new Map(accounts.map((account) => [account.userId, account.staffId]))
  for (const person of people) {
    if (idOf.has(person.userId)) continue
    const staffId = newId(tx.now)
    idOf.set(person.userId, staffId)
    await tx.insert(Staff, { ...facts(person), id: staffId, onDuty: true, updatedAt: tx.now })
    await tx.insert(StaffAccount, {
      id: StaffAccount.key(platform, person.userId),
      platform,
      userId: person.userId,
      staffId,
    })
  }
  const listed = new Set<string>()
  for (const person of people) {
    const staffId = idOf.get(person.userId) as string
    listed.add(staffId)
    const leaderId = (person.leaderUserId && idOf.get(person.leaderUserId)) || null
    await tx.update(Staff, staffId, { ...facts(person), leaderId, updatedAt: tx.now })
    await giveRoles(tx, staffId, rolesFor(person, roles))
  }
  for (const { staffId } of accounts) {
    if (!listed.has(staffId)) await tx.update(Staff, staffId, { active: false, updatedAt: tx.now })
  }
}

function facts(person: Listed): Pick<Staff, 'name' | 'position' | 'departments' | 'active'> {
  return { name: person.name, position: person.position, departments: person.departments, active: person.active }
}

function rolesFor(person: Listed, roles: Record<string, RoleRule[]>): string[] {
  return Object.keys(roles).filter((role) => roles[role]?.some((rule) => fits(rule, person)))
}

function fits(rule: RoleRule, person: Listed): boolean {
  const contains = (parts: string[], text: string) =>
    parts.some((part) => text.toLowerCase().includes(part.toLowerCase()))
  if (rule.users?.includes(person.userId)) return true
  if (!rule.position && !rule.department && rule.leader === undefined) return false
  return (
    (!rule.position || contains(rule.position, person.position)) &&
    (!rule.department || person.departments.some((name) => contains(rule.department ?? [], name))) &&
    (rule.leader === undefined || rule.leader === person.leads)
  )
}

async function giveRoles(tx: Tx, staffId: string, roles: string[]): Promise<void> {
  const held = (await tx.find(StaffRole, 'WHERE staffId = ?', [staffId])).map(({ role }) => role)
  for (const role of roles.filter((name) => !held.includes(name))) {
    await tx.insert(StaffRole, { id: `${staffId}:${role}`, staffId, role })
  }
  for (const role of held.filter((name) => !roles.includes(name))) {
    await tx.run('DELETE FROM staff_roles WHERE id = ?', [`${staffId}:${role}`])
  }
}
