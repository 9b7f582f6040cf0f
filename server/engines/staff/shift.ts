import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { Invalid } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { type Actor, record, SYSTEM } from '../events/events.ts'
import { StaffHours } from './hours.ts'
import { Staff } from './staff.ts'

const CLOCK_TIME = /^([01]\d|2[0-3]):[0-5]\d$/
const BATCH = 100

let cameBack: (tx: Tx, staffId: string) => Promise<unknown> = async () => undefined

/** Hands over what shall happen, in the same transaction, when somebody comes back on duty. */
export function onReturn(hear: (tx: Tx, staffId: string) => Promise<unknown>): void {
  cameBack = hear
}

/** A person's hours, or undefined when they never set any. */
export function hoursOf(tx: Tx, staffId: string): Promise<StaffHours | undefined> {
  return tx.memo(`hours:${staffId}`, () => tx.get(StaffHours, staffId))
}

/** Sets a person's own quiet hours; without times the pack's count again. Throws Invalid. */
export async function setQuiet(tx: Tx, staffId: string, from?: string, to?: string): Promise<void> {
  for (const time of [from, to])
    if (time !== undefined && !CLOCK_TIME.test(time)) throw new Invalid('time', 'time_wrong')
  if ((from === undefined) !== (to === undefined) || (from !== undefined && from === to))
    throw new Invalid('time', 'quiet_span_wrong')
  await change(tx, staffId, { quietFrom: from ?? null, quietTo: to ?? null })
  await happened(tx, 'staff.quiet_set', staffId, { from, to })
}

/** A break until an instant: no new tasks, only what is urgent rings; the end of it comes by itself. Throws Invalid. */
export async function takeBreak(tx: Tx, staffId: string, untilAt: number): Promise<void> {
  if (!(untilAt > tx.now)) throw new Invalid('time', 'break_past')
  await leave(tx, staffId, 'break', untilAt)
}

/** Off duty, until an instant or until the person says otherwise. Throws Invalid. */
export async function goOffDuty(tx: Tx, staffId: string, untilAt?: number): Promise<void> {
  if (untilAt !== undefined && !(untilAt > tx.now)) throw new Invalid('time', 'break_past')
  await leave(tx, staffId, 'off', untilAt)
}

/** Back on duty: new tasks come again, and what was held goes out. Being on duty already changes nothing. */
export async function goOnDuty(tx: Tx, staffId: string, by?: Actor): Promise<void> {
  await change(tx, staffId, { away: null, awayUntil: null, backAt: null })
  if (!(await tx.update(Staff, staffId, { onDuty: true, updatedAt: tx.now }, { onDuty: false }))) return
  forgetRead(tx, staffId)
  await happened(tx, 'staff.on_duty', staffId, {}, by)
  await cameBack(tx, staffId)
}

/** Puts those back on duty whose break has ended. Returns how many. */
export async function endBreaks(db: Database): Promise<number> {
  let ended = 0
  for (;;) {
    const due = await db.read((tx) => tx.find(StaffHours, `WHERE backAt <= ? ORDER BY backAt LIMIT ${BATCH}`, [tx.now]))
    for (const { id, backAt } of due) {
      await db.write(async (tx) => {
        // They may have gone on or off duty meanwhile.
        if (await tx.update(StaffHours, id, { backAt: null }, { backAt })) await goOnDuty(tx, id, SYSTEM)
      })
    }
    ended += due.length
    if (due.length < BATCH) return ended
  }
}

/** When the next break ends, or undefined. */
export const nextReturn = earliest('staff_hours', 'backAt')

async function leave(tx: Tx, staffId: string, away: 'break' | 'off', untilAt: number | undefined): Promise<void> {
  await change(tx, staffId, { away, awayUntil: untilAt ?? null, backAt: untilAt ?? null })
  await tx.update(Staff, staffId, { onDuty: false, updatedAt: tx.now })
  forgetRead(tx, staffId)
  await happened(tx, away === 'break' ? 'staff.break_taken' : 'staff.off_duty', staffId, { until: untilAt })
}

async function change(tx: Tx, staffId: string, changes: Partial<StaffHours>): Promise<void> {
  await tx.insertOnce(StaffHours, { id: staffId })
  await tx.update(StaffHours, staffId, changes)
  const hours = await tx.get(StaffHours, staffId)
  tx.remember(`hours:${staffId}`, hours)
}

/** The person was perhaps read before in this transaction. */
function forgetRead(tx: Tx, staffId: string): void {
  tx.remember(`staff:${staffId}`, tx.get(Staff, staffId))
}

async function happened(
  tx: Tx,
  name: string,
  staffId: string,
  data: Record<string, unknown>,
  by: Actor = { type: 'staff', id: staffId },
): Promise<void> {
  await record(tx, name, { by, subject: { type: 'staff', id: staffId }, data })
}
