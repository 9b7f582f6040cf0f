import { type Listed, type RoleRule, syncStaff } from '../server/engines/staff/roster.ts'
import type { Database } from '../server/lib/db.ts'
import type { Wecom } from '../server/platforms/wecom.ts'

/** Brings staff in line with WeCom's address book (C8). Throws PlatformError when it cannot be read. */
export async function syncContacts(db: Database, wecom: Wecom, roles: Record<string, RoleRule[]>): Promise<void> {
  const departments = new Map((await wecom.departments()).map((department) => [department.id, department]))
  const people: Listed[] = (await wecom.users()).map((user) => {
    const own = user.departments.flatMap((id) => departments.get(id) ?? [])
    const [first] = own
    return {
      userId: user.userid,
      name: user.name,
      position: user.position ?? '',
      departments: own.map(({ name }) => name),
      leads: user.leads.length > 0,
      leaderUserId: user.leaders[0] ?? first?.leaders.find((leader) => leader !== user.userid),
      active: user.status === 1 || user.status === 4,
    }
  })
  await db.alone('contacts', () => db.write((tx) => syncStaff(tx, 'wecom', people, roles)))
}
