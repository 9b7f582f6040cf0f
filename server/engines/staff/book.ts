import { Column, Entity, PrimaryColumn } from 'typeorm'
import { MINUTE } from '../../lib/clock.ts'
import type { Tx } from '../../lib/tx.ts'
import { StaffAccount } from './staff.ts'

/** How long a whole reading may take before another process begins it again. */
const READING_MS = 5 * MINUTE
const RETRY_MS = MINUTE
const LONGEST_RETRY_MS = 30 * MINUTE
const MOST_ATTEMPTS = 12

/** When a platform's address book is read next, and when it was. */
@Entity('address_books')
export class AddressBook {
  /** The platform. */
  @PrimaryColumn({ type: 'varchar', length: 20 }) id: string
  /** When the whole of it is read next, or the end of a lost reader's lease. */
  @Column({ type: 'bigint' }) nextAt: number
  @Column({ type: 'bigint', nullable: true }) readingSince: number | null
  @Column({ type: 'bigint', nullable: true }) readAt: number | null
  /** Set when departments have changed: they alone are read again. */
  @Column({ type: 'bigint', nullable: true }) departmentsAt: number | null
  /** Since when so many people are missing that the answer is not believed. */
  @Column({ type: 'bigint', nullable: true }) doubtedAt: number | null
}

/**
 * A person who shall be read again. What the event said is not kept, only whom it concerned: the platform is asked how
 * things stand, so events may come twice, late or in any order.
 */
@Entity('contact_changes')
export class ContactChange {
  /** The account's key. */
  @PrimaryColumn({ type: 'varchar', length: 100 }) id: string
  @Column({ type: 'varchar', length: 20 }) platform: string
  @Column({ type: 'varchar', length: 64 }) userId: string
  @Column({ type: 'varchar', length: 64, nullable: true }) renamedFrom: string | null
  /** Grows with each event: what came while the person was being read is read once more. */
  @Column({ type: 'int' }) seq: number
  @Column({ type: 'bigint' }) nextAt: number
  @Column({ type: 'int' }) attempts: number
}

/** What an event of an address book concerns. */
export interface Change {
  users: { userId: string; renamedFrom?: string }[]
  /** Departments have changed. */
  departments?: boolean
  /** It does not say enough: everything is read. */
  all?: boolean
}

/** Notes what an event of an address book concerns; it is read soon. */
export async function noteChange(tx: Tx, platform: string, { users, departments, all }: Change): Promise<void> {
  for (const { userId, renamedFrom } of users) {
    const id = StaffAccount.key(platform, userId)
    const row = { id, platform, userId, renamedFrom: renamedFrom ?? null, seq: 1, nextAt: tx.now, attempts: 0 }
    const rename = renamedFrom ? ', renamedFrom = ?' : ''
    const again = await tx.run(
      `UPDATE contact_changes SET seq = seq + 1, nextAt = ?, attempts = 0${rename} WHERE id = ?`,
      [tx.now, ...(renamedFrom ? [renamedFrom] : []), id],
    )
    if (again === 0) await tx.insert(ContactChange, row)
  }
  if (departments) {
    await ensure(tx, platform)
    await tx.update(AddressBook, platform, { departmentsAt: tx.now })
  }
  if (all) await askForAll(tx, platform)
}

/** Asks for the whole of an address book to be read at once. */
export async function askForAll(tx: Tx, platform: string): Promise<void> {
  await ensure(tx, platform)
  await tx.update(AddressBook, platform, { nextAt: tx.now, readingSince: null })
}

/** Takes the turn to read the whole of an address book, if its time has come; returns the lease. */
export async function takeReading(tx: Tx, platform: string): Promise<number | undefined> {
  await ensure(tx, platform)
  const book = await tx.get(AddressBook, platform)
  if (!book || book.nextAt > tx.now) return undefined
  const lease = tx.now + READING_MS
  const mine = { nextAt: lease, readingSince: tx.now }
  return (await tx.update(AddressBook, platform, mine, { nextAt: book.nextAt })) ? lease : undefined
}

/**
 * The whole was read: single changes that were noted before it began are settled. False says that the turn was lost:
 * somebody has begun anew meanwhile, and what was read is old.
 */
export async function endReading(tx: Tx, platform: string, lease: number, nextAt: number): Promise<boolean> {
  const began = lease - READING_MS
  const ended = { nextAt, readingSince: null, readAt: tx.now }
  if (!(await tx.update(AddressBook, platform, ended, { nextAt: lease }))) return false
  await tx.run('DELETE FROM contact_changes WHERE platform = ? AND nextAt < ?', [platform, began])
  await tx.run('UPDATE address_books SET departmentsAt = NULL WHERE id = ? AND departmentsAt < ?', [platform, began])
  return true
}

/** The whole could not be read: soon again. */
export async function failReading(tx: Tx, platform: string, lease: number): Promise<void> {
  await tx.update(AddressBook, platform, { nextAt: tx.now + RETRY_MS, readingSince: null }, { nextAt: lease })
}

/** Whether the whole is being read just now: what is read singly meanwhile could be overwritten by older news. */
export async function isBeingRead(tx: Tx, platform: string): Promise<boolean> {
  const book = await tx.get(AddressBook, platform)
  return Boolean(book?.readingSince && book.nextAt > tx.now)
}

/** The people to read again now, at most `most`. */
export function changesDue(tx: Tx, platform: string, most: number): Promise<ContactChange[]> {
  return tx.find(ContactChange, `WHERE platform = ? AND nextAt <= ? ORDER BY nextAt, id LIMIT ${most}`, [
    platform,
    tx.now,
  ])
}

/** A person was read. False says that another event came meanwhile, or somebody else was faster: what was read is old. */
export async function settleChange(tx: Tx, { id, seq }: ContactChange): Promise<boolean> {
  return (await tx.run('DELETE FROM contact_changes WHERE id = ? AND seq = ?', [id, seq])) === 1
}

/** A person could not be read: later again, and in the end with everybody else at night. */
export async function putOffChange(tx: Tx, change: ContactChange): Promise<void> {
  const { id, seq, attempts } = change
  if (attempts >= MOST_ATTEMPTS) {
    await settleChange(tx, change)
    return
  }
  const wait = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** Math.min(attempts, 10))
  await tx.update(ContactChange, id, { attempts: attempts + 1, nextAt: tx.now + wait }, { seq })
}

/** When the departments of a platform were reported changed, if they are still to be read. */
export async function departmentsDue(tx: Tx, platform: string): Promise<number | undefined> {
  const book = await tx.get(AddressBook, platform)
  return book?.departmentsAt != null && book.departmentsAt <= tx.now ? book.departmentsAt : undefined
}

/** The departments were read as of this report; false says that there was another one meanwhile. */
export function settleDepartments(tx: Tx, platform: string, departmentsAt: number): Promise<boolean> {
  return tx.update(AddressBook, platform, { departmentsAt: null }, { departmentsAt })
}

/** The departments could not be read: soon again. */
export async function putOffDepartments(tx: Tx, platform: string, departmentsAt: number): Promise<void> {
  await tx.update(AddressBook, platform, { departmentsAt: tx.now + RETRY_MS }, { departmentsAt })
}

async function ensure(tx: Tx, platform: string): Promise<void> {
  if (await tx.get(AddressBook, platform)) return
  await tx.insertOnce(AddressBook, { id: platform, nextAt: tx.now })
}
