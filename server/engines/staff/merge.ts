import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'
import { newId } from '../../lib/ids.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import { type Actor, record } from '../events/events.ts'
import { Staff } from './staff.ts'

/** What says that two rows are one person. */
export type Evidence = 'people' | 'mobile' | 'job' | 'person' | 'admin'

/** One journal entry for each time that two rows of staff turned out to be one person. */
@Entity('staff_merges')
export class StaffMerge {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) intoId: string
  @Column({ type: 'varchar', length: 26 }) fromId: string
  @Column({ type: 'varchar', length: 12 }) why: Evidence
  @Column({ type: 'varchar', length: 20 }) actorType: Actor['type']
  @Column({ type: 'varchar', length: 26, nullable: true }) actorId: string | null
  /** How many rows went over, by table and column. */
  @Column({ type: 'text', transformer: jsonText }) moved: Record<string, number>
  @Column({ type: 'bigint' }) at: number
}

/**
 * Every column that names a member of staff, by hand; `versioned` rows are compared before they are changed. Events
 * stay as they were written: `staffById` knows who an old id is.
 */
const POINTERS: { table: string; column: string; versioned?: boolean }[] = [
  { table: 'staff', column: 'leaderId' },
  { table: 'staff', column: 'mergedInto' },
  { table: 'staff_accounts', column: 'staffId' },
  { table: 'staff_links', column: 'staffId' },
  { table: 'link_requests', column: 'staffId' },
  { table: 'flow_steps', column: 'assigneeId', versioned: true },
  { table: 'flow_steps', column: 'ackBy', versioned: true },
  { table: 'flow_steps', column: 'finishedBy', versioned: true },
  { table: 'step_acks', column: 'staffId' },
  { table: 'card_reminders', column: 'staffId' },
  { table: 'memos', column: 'staffId' },
  { table: 'dispatch_offers', column: 'staffId' },
  { table: 'messages', column: 'recipientId' },
  { table: 'access_reads', column: 'readerId' },
  { table: 'follow_ups', column: 'staffId', versioned: true },
  { table: 'follow_ups', column: 'answeredBy', versioned: true },
]

/** Tables with one row for each member of staff, under their id: whoever has one keeps it. */
const ONE_EACH = ['conversations', 'staff_hours', 'workers']

/**
 * Makes one member of staff of two, in one transaction: everything that is `from`'s becomes `into`'s, and the journal
 * says who found it out and how. Roles are left to the address book, which knows both accounts.
 */
export async function mergeStaff(tx: Tx, into: Staff, from: Staff, why: Evidence, by: Actor): Promise<void> {
  if (into.id === from.id) return
  const moved: Record<string, number> = {}
  for (const table of ONE_EACH) await takeOver(tx, table, into.id, from.id)
  for (const { table, column, versioned } of POINTERS) {
    const next = versioned ? `${column} = ?, version = version + 1` : `${column} = ?`
    const count = await tx.run(`UPDATE ${table} SET ${next} WHERE ${column} = ?`, [into.id, from.id])
    if (count > 0) moved[`${table}.${column}`] = count
  }
  // Both had a card of the same open matter, perhaps: the older ones point to the newest now.
  await tx.run(
    `UPDATE messages SET refreshAt = ? WHERE recipientId = ? AND shown IS NOT NULL AND EXISTS
     (SELECT 1 FROM flow_steps s WHERE s.id = messages.subjectId AND s.state IN ('open', 'waiting'))`,
    [tx.now, into.id],
  )
  await tx.run('DELETE FROM staff_roles WHERE staffId = ?', [from.id])
  await tx.update(Staff, into.id, { chat: into.chat ?? from.chat, language: into.language ?? from.language })
  const gone = { active: false, mergedInto: into.id, leaderId: null, updatedAt: tx.now }
  await tx.update(Staff, from.id, gone)
  Object.assign(from, gone)
  tx.remember(`staff:${from.id}`, into)
  await tx.insert(StaffMerge, {
    id: newId(tx.now),
    intoId: into.id,
    fromId: from.id,
    why,
    actorType: by.type,
    actorId: by.id ?? null,
    moved,
    at: tx.now,
  })
  await record(tx, 'staff.merged', { by, subject: { type: 'staff', id: into.id }, data: { from: from.id, why } })
  log.info({ into: into.id, from: from.id, why }, 'two rows of staff are one person')
}

async function takeOver(tx: Tx, table: string, intoId: string, fromId: string): Promise<void> {
  const own = await tx.query(`SELECT id FROM ${table} WHERE id = ?`, [intoId])
  if (own.length > 0) await tx.run(`DELETE FROM ${table} WHERE id = ?`, [fromId])
  else await tx.run(`UPDATE ${table} SET id = ? WHERE id = ?`, [intoId, fromId])
}
