import { groupBy } from '../../lib/groups.ts'
import type { Tx } from '../../lib/tx.ts'
import { type Departments, readDepartments } from './departments.ts'
import { giveRoles, type RoleRule, rolesFor } from './roles.ts'
import { Staff, StaffAccount, StaffRole } from './staff.ts'

type Facts = Pick<Staff, 'name' | 'position' | 'departments' | 'active' | 'leaderId'>

/**
 * Works out from all accounts what each person is: name, position, departments, leader, roles, and whether they are
 * still here: a person leaves only when none of their accounts is listed any more. Writes what differs and returns
 * those who have left.
 */
export async function settleStaff(
  tx: Tx,
  accounts: StaffAccount[],
  roles: Record<string, RoleRule[]>,
): Promise<Staff[]> {
  const everybody = await tx.find(Staff, 'WHERE mergedInto IS NULL')
  const held = groupBy(await tx.find(StaffRole, ''), ({ staffId }) => staffId)
  const departments = await readDepartments(tx)
  const own = groupBy(
    [...accounts].sort((a, b) => a.since - b.since || a.id.localeCompare(b.id)),
    ({ staffId }) => staffId,
  )
  const here = new Set([...own].flatMap(([staffId, list]) => (list.some(stands) ? [staffId] : [])))
  const find = leaderFinder(accounts, here, departments)

  const left: Staff[] = []
  for (const staff of everybody) {
    const list = own.get(staff.id)
    if (!list) continue
    const active = here.has(staff.id)
    const using = list.filter(inUse)
    const facts: Facts = active
      ? { ...described(using, departments), active, leaderId: find(staff.id, using) }
      : { ...kept(staff), active }
    if (staff.active && !active) left.push(staff)
    const mine = active ? rolesFor(profileOf(using, departments), roles) : []
    const moved = await giveRoles(tx, staff.id, mine, held.get(staff.id)?.map(({ role }) => role) ?? [])
    if (!moved && same(staff, facts)) continue
    await tx.update(Staff, staff.id, { ...facts, updatedAt: tx.now })
    Object.assign(staff, facts, { updatedAt: tx.now })
    tx.remember(`staff:${staff.id}`, staff)
  }
  return left
}

/** An account that says that its person is here. */
function stands({ active, listed }: StaffAccount): boolean {
  return active && listed
}

function inUse({ active }: StaffAccount): boolean {
  return active
}

/** What the oldest account says counts; departments are taken together. */
function described(list: StaffAccount[], departments: Departments): Pick<Facts, 'name' | 'position' | 'departments'> {
  const names = list.flatMap((account) => pathsOf(account, departments).flatMap((path) => path.at(-1) ?? []))
  return {
    name: list.find(({ name }) => name)?.name ?? '',
    position: list.find(({ position }) => position)?.position ?? '',
    departments: [...new Set(names)],
  }
}

/** A leaver stays as they were: their leader is the first heir of their work. */
function kept({ name, position, departments, leaderId }: Staff): Omit<Facts, 'active'> {
  return { name, position, departments, leaderId }
}

function profileOf(list: StaffAccount[], departments: Departments) {
  return {
    accounts: list,
    positions: list.flatMap(({ position }) => position ?? []),
    departments: list.flatMap((account) => pathsOf(account, departments)),
    leads: list.some(({ leads }) => leads),
  }
}

/** The paths of an account's departments; bare names where the platform's departments are not known. */
function pathsOf({ platform, departmentIds, departments: names }: StaffAccount, known: Departments): string[][] {
  const paths = (departmentIds ?? []).map((id) => known.path(platform, id)).filter((path) => path.length > 0)
  return paths.length > 0 ? paths : (names ?? []).map((name) => [name])
}

/** A person's leader: the direct superior, else the nearest leader of a department on the way up. */
function leaderFinder(accounts: StaffAccount[], here: Set<string>, departments: Departments) {
  const staffOf = new Map(accounts.map(({ id, staffId }) => [id, staffId]))
  return (staffId: string, list: StaffAccount[]): string | null => {
    for (const { platform, leaders, departmentIds } of list) {
      const above = (departmentIds ?? []).flatMap((id) => departments.upwards(platform, id))
      for (const userId of [...(leaders ?? []), ...above.flatMap((department) => department.leaders)]) {
        const leader = staffOf.get(StaffAccount.key(platform, userId))
        if (leader && leader !== staffId && here.has(leader)) return leader
      }
    }
    return null
  }
}

function same(staff: Staff, facts: Facts): boolean {
  return (Object.keys(facts) as (keyof Facts)[]).every(
    (name) => JSON.stringify(staff[name]) === JSON.stringify(facts[name]),
  )
}
