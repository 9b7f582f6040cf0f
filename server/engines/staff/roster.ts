import type { Tx } from '../../lib/tx.ts'
import { LinkRequest } from './link-request.ts'
import { Staff, StaffAccount, StaffRole } from './staff.ts'

/** A person of an address book, in no platform's terms. */
export interface Listed {
  userId: string
  name: string
  position: string
  /** Names; they count only where the platform's departments are not kept as rows. */
  departments: string[]
  departmentIds?: string[]
  leaderUserId?: string
  /** The direct superiors, nearest first, if the platform tells; without any, the leader of the nearest department counts. */
  leaderUserIds?: string[]
  leads: boolean
  active: boolean
  /** Mobile and job number tell who is the same person on another platform. */
  mobile?: string
  jobNumber?: string
  unionId?: string
}

/** Who stands behind a chat account that is in use. */
const BEHIND = 'SELECT staffId FROM staff_accounts WHERE id = ? AND active = 1'

/** The rows of those who hold a role. */
const HOLDS = 'JOIN staff_roles b ON b.staffId = a.id WHERE b.role = ? AND a.active = 1'

/** The names of the roles of the member of staff who is called by this letter, in one value; see `knowRoles`. */
export const rolesNamed = (letter: string): string =>
  `(SELECT GROUP_CONCAT(r.role) FROM staff_roles r WHERE r.staffId = ${letter}.id)`

/** MySQL cuts what it puts together after so many bytes. */
const WHOLE = 1000

/** Keeps what `rolesNamed` brought, for whoever asks in this transaction. */
export function knowRoles(tx: Tx, staffId: string, named: unknown): void {
  const names = String(named ?? '')
  if (names.length < WHOLE) tx.remember(`roles:${staffId}`, names ? names.split(',') : [])
}

/** The roles of a member of staff, in no order. */
export function rolesOf(tx: Tx, staffId: string): Promise<string[]> {
  return tx.memo(`roles:${staffId}`, async () => {
    const roles = await tx.find(StaffRole, 'WHERE staffId = ?', [staffId])
    return roles.map(({ role }) => role)
  })
}

/** The member of staff behind a chat account, or undefined for a stranger. */
export async function staffByAccount(tx: Tx, platform: string, userId: string): Promise<Staff | undefined> {
  const staff = await tx.first(Staff, `WHERE id = (${BEHIND}) AND active = 1`, [StaffAccount.key(platform, userId)])
  if (staff) tx.remember(`staff:${staff.id}`, staff)
  return staff
}

/** A condition for joined rows: `letter` is the member of staff behind the chat account whose key is its one value. */
export function standsBehind(letter: string): string {
  return `${letter}.id = (${BEHIND}) AND ${letter}.active = 1`
}

/** A member of staff by id, or undefined; the id of a merged one stands for the person they turned out to be. */
export function staffById(tx: Tx, id: string): Promise<Staff | undefined> {
  return tx.memo(`staff:${id}`, async () => {
    const staff = await tx.get(Staff, id)
    return staff?.mergedInto ? staffById(tx, staff.mergedInto) : staff
  })
}

/** Where a receiver of messages can be reached: the accounts of a member of staff, or the one that asks to be linked. */
export async function accountsOf(tx: Tx, receiverId: string): Promise<StaffAccount[]> {
  const accounts = await tx.find(StaffAccount, 'WHERE staffId = ? AND active = 1 ORDER BY since, id', [receiverId])
  if (accounts.length > 0) return accounts
  const request = await tx.get(LinkRequest, receiverId)
  if (!request) return []
  const { accountId, platform, userId } = request
  return [Object.assign(new StaffAccount(), { id: accountId, platform, userId, staffId: '', active: true })]
}

/** The active members of a role, those on duty first. */
export function membersOf(tx: Tx, role: string): Promise<Staff[]> {
  return tx.memo(`members:${role}`, async () => {
    // MariaDB builds a table in between for a subquery and sorts it: 300 µs where the join takes 50.
    const rows = await tx.joined<[Staff]>([Staff], HOLDS, [role])
    const members = rows.flatMap(([member]) => member ?? [])
    return members.sort((a, b) => Number(b.onDuty) - Number(a.onDuty) || (a.id < b.id ? -1 : 1))
  })
}

/** Whether anybody else than the member of staff who is called by this letter holds a role; `role` is a column. */
export const othersHold = (letter: string, role: string): string =>
  `EXISTS (SELECT 1 FROM staff_roles r JOIN staff o ON o.id = r.staffId AND o.active = 1
    WHERE r.role = ${role} AND r.staffId <> ${letter}.id)`

/** Keeps what `othersHold` told, for whoever asks in this transaction. */
export function knowOthers(tx: Tx, staffId: string, role: string, told: unknown): void {
  tx.remember(othersKey(staffId, role), Number(told) === 1)
}

const othersKey = (staffId: string, role: string) => `others:${role}:${staffId}`

/** Whether a role has other active members than this one. */
export function hasOthers(tx: Tx, staffId: string, role: string): Promise<boolean> {
  return tx.memo(othersKey(staffId, role), async () => (await membersOf(tx, role)).some(({ id }) => id !== staffId))
}

/** Whether a member of staff holds a role. */
export async function holdsRole(tx: Tx, staffId: string, role: string): Promise<boolean> {
  return (await rolesOf(tx, staffId)).includes(role)
}
