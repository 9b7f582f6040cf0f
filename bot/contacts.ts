import { DateTime } from 'luxon'
import { SYSTEM } from '../server/engines/events/events.ts'
import { handOverAll } from '../server/engines/flows/leavers.ts'
import { offerUnowned } from '../server/engines/flows/newcomers.ts'
import { emptyRoles } from '../server/engines/packs/empty-roles.ts'
import type { Shelf } from '../server/engines/packs/shelf.ts'
import {
  askForAll,
  type Change,
  type ContactChange,
  changesDue,
  departmentsDue,
  endReading,
  failReading,
  isBeingRead,
  noteChange,
  putOffChange,
  putOffDepartments,
  settleChange,
  settleDepartments,
  takeReading,
} from '../server/engines/staff/book.ts'
import { type ListedDepartment, storeDepartments } from '../server/engines/staff/departments.ts'
import type { Listed } from '../server/engines/staff/roster.ts'
import type { Staff } from '../server/engines/staff/staff.ts'
import { type Reading, syncAgain, syncSome, syncStaff } from '../server/engines/staff/sync.ts'
import type { Database } from '../server/lib/db.ts'
import { earliest } from '../server/lib/due.ts'
import { log } from '../server/lib/log.ts'
import type { Tx } from '../server/lib/tx.ts'

/** The address book of a platform. */
export interface Book {
  /** As its accounts are called. */
  platform: string
  /** Everybody. */
  people(): Promise<Listed[]>
  /** One of them, or undefined when the platform knows nobody of this id. */
  person(userId: string): Promise<Listed | undefined>
  /** All departments, where the platform has any. */
  departments?(): Promise<ListedDepartment[]>
}

/** What the packs say of people. */
export type Rules = Pick<Shelf, 'roles' | 'people' | 'readAt' | 'heads' | 'flows'>

/** As many people at once are asked for singly; with more to read, the whole book is no dearer. */
const FEW = 50

/** An event said that something has changed (C8): noted at once, read soon by `readBook`. */
export function changeContact(db: Database, book: Pick<Book, 'platform'>, change: Change): Promise<void> {
  return db.write((tx) => noteChange(tx, book.platform, change))
}

/** When something of an address book is read. */
export const booksDue = [
  earliest('address_books', 'nextAt'),
  earliest('address_books', 'departmentsAt'),
  earliest('contact_changes', 'nextAt'),
]

/** Reads the whole of a platform's address book now. Throws PlatformError when it cannot be read. */
export async function readWholeBook(db: Database, book: Book, rules: Rules): Promise<void> {
  await db.write((tx) => askForAll(tx, book.platform))
  await readAll(db, book, rules)
}

/**
 * Reads what is due of a platform's address book: everything at night and when asked for, else just the people and
 * departments of which an event has spoken. Returns how much it read; what cannot be read is put off.
 */
export async function readBook(db: Database, book: Book, rules: Rules): Promise<number> {
  try {
    if (await readAll(db, book, rules)) return 1
  } catch (error) {
    log.warn({ platform: book.platform, err: error }, 'the address book could not be read; it will be tried again')
    return 0
  }
  if (await db.read((tx) => isBeingRead(tx, book.platform))) return 0
  return (await readDepartments(db, book, rules)) + (await readSome(db, book, rules))
}

async function readAll(db: Database, book: Book, rules: Rules): Promise<boolean> {
  const { platform } = book
  const lease = await db.write((tx) => takeReading(tx, platform))
  if (lease === undefined) return false
  try {
    const departments = await book.departments?.()
    const people = await book.people()
    await apart(db, async (tx) => {
      if (!(await endReading(tx, platform, lease, nextNight(tx.now, rules.readAt)))) return
      if (departments) await storeDepartments(tx, platform, departments)
      await settleWork(tx, await syncStaff(tx, platform, people, rules.roles, rules.people))
    })
    const empty = await db.read((tx) => emptyRoles(tx, rules))
    if (empty.length > 0)
      log.warn({ roles: empty }, 'nobody holds roles that are needed; see the role rules of the pack')
    return true
  } catch (error) {
    await db.write((tx) => failReading(tx, platform, lease))
    throw error
  }
}

async function readDepartments(db: Database, book: Book, rules: Rules): Promise<number> {
  const { platform } = book
  const due = await db.read((tx) => departmentsDue(tx, platform))
  if (due === undefined) return 0
  if (!book.departments) {
    await db.write((tx) => settleDepartments(tx, platform, due))
    await db.write((tx) => askForAll(tx, platform))
    return 1
  }
  try {
    const departments = await book.departments()
    await apart(db, async (tx) => {
      if (!(await settleDepartments(tx, platform, due))) return
      await storeDepartments(tx, platform, departments)
      await settleWork(tx, await syncAgain(tx, rules))
    })
    return 1
  } catch (error) {
    log.warn({ platform, err: error }, 'the departments could not be read; they will be tried again')
    await db.write((tx) => putOffDepartments(tx, platform, due))
    return 0
  }
}

async function readSome(db: Database, book: Book, rules: Rules): Promise<number> {
  const { platform } = book
  const due = await db.read((tx) => changesDue(tx, platform, FEW))
  if (due.length === 0) return 0
  const read: { change: ContactChange; reading: Reading }[] = []
  for (const change of due) {
    const reading = await readOne(book, change)
    if (reading) read.push({ change, reading })
    else await db.write((tx) => putOffChange(tx, change))
  }
  await apart(db, async (tx) => {
    const readings: Reading[] = []
    for (const { change, reading } of read) if (await settleChange(tx, change)) readings.push(reading)
    await settleWork(tx, await syncSome(tx, platform, readings, rules))
    // Somebody in a department of which no event has told us.
    if (await hasNewDepartment(tx, book, readings)) await noteChange(tx, platform, { users: [], departments: true })
  })
  return read.length
}

async function readOne(book: Book, { userId, renamedFrom }: ContactChange): Promise<Reading | undefined> {
  try {
    return { userId, ...(renamedFrom && { renamedFrom }), person: await book.person(userId) }
  } catch (error) {
    log.warn({ platform: book.platform, userId, err: error }, 'a person could not be read; it will be tried again')
    return undefined
  }
}

async function hasNewDepartment(tx: Tx, { platform, departments }: Book, readings: Reading[]): Promise<boolean> {
  const ids = new Set(readings.flatMap(({ person }) => person?.departmentIds ?? []))
  if (!departments || ids.size === 0) return false
  const [row] = await tx.query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM departments WHERE platform = ? AND departmentId IN (${[...ids].map(() => '?').join(',')})`,
    [platform, ...ids],
  )
  return Number(row?.n) < ids.size
}

/**
 * Who has left hands over in the same transaction: no step is without an owner for a moment. What had none because there
 * was nobody goes to whoever has come.
 */
async function settleWork(tx: Tx, left: Staff[]): Promise<void> {
  for (const staff of left) {
    const steps = await handOverAll(tx, staff, undefined, SYSTEM, 'leaver')
    log.info({ staff: staff.id, steps }, 'somebody has left; their open steps are in other hands')
  }
  const given = await offerUnowned(tx)
  if (given > 0) log.info({ steps: given }, 'steps that nobody was there for have found their people')
}

/** Accounts of all platforms are compared: two books are never written at the same time. */
function apart<T>(db: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.alone('contacts', () => db.write(work))
}

/** The next instant at which it is this time of day. */
export function nextNight(now: number, { read_at, zone }: Rules['readAt']): number {
  const [hour = 0, minute = 0] = read_at.split(':').map(Number)
  const today = DateTime.fromMillis(now, { zone }).set({ hour, minute, second: 0, millisecond: 0 })
  return (today.toMillis() > now ? today : today.plus({ days: 1 })).toMillis()
}
