import { newId } from '../../lib/ids.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { Staff, StaffRole } from '../staff/staff.ts'

/** So many people hold each role while a flow is tried. */
const EACH = 2

/** Fills a company that has nobody: for each role a few people who are on duty. */
export async function hirePeople(tx: Tx, roles: Record<string, string>, words: Words): Promise<void> {
  for (const [role, title] of Object.entries(roles)) {
    for (let place = 0; place < EACH; place++) {
      const id = newId(tx.now)
      await tx.insert(Staff, {
        id,
        name: words.text(`messages/pack-try.person.${place}`, { title }),
        position: title,
        departments: [],
        leaderId: null,
        active: true,
        onDuty: true,
        chat: null,
        language: null,
        updatedAt: tx.now,
        mergedInto: null,
      })
      await tx.insert(StaffRole, { id: `${id}:${role}`, staffId: id, role })
    }
  }
}
