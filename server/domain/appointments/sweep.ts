import type { Found } from '../../engines/audit/findings.ts'
import { SYSTEM } from '../../engines/events/events.ts'
import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import { agendaOf } from './agenda.ts'
import { Appointment } from './appointment.ts'
import { change, missAppointment, nextWake, tellCustomer } from './appointments.ts'
import type { OpenReception } from './words.ts'

const BATCH = 100
const PUT_OFF_MS = 10 * MINUTE

/** Reminds of appointments that are near, has customers received, and notes who has not come. Returns how many it looked at. */
export async function sweepAppointments(db: Database, receive: OpenReception): Promise<number> {
  const due = await db.read((tx) =>
    tx.query<{ id: string }>(`SELECT id FROM appointments WHERE wakeAt <= ? ORDER BY wakeAt, id LIMIT ${BATCH}`, [
      tx.now,
    ]),
  )
  for (const { id } of due) {
    try {
      await db.write((tx) => wake(tx, id, receive))
    } catch (error) {
      // One that cannot be looked at must not stop the others.
      log.error({ appointment: id, err: error }, 'an appointment cannot be looked at')
      await db.write((tx) => tx.run('UPDATE appointments SET wakeAt = ? WHERE id = ?', [tx.now + PUT_OFF_MS, id]))
    }
  }
  return due.length
}

/** When an appointment has to be looked at next, or undefined. */
export const nextAppointment = earliest('appointments', 'wakeAt')

/** Appointments that have no time, and time that is taken for nobody: the auditor reads them by statements of its own. */
export async function auditAppointments(db: Database): Promise<Found[]> {
  const rows = await db.read((tx) =>
    tx.query<{ id: string; number: string }>(
      `SELECT a.id AS id, a.number AS number FROM appointments a
       LEFT JOIN appointment_cells c ON c.appointmentId = a.id AND c.at = a.fromAt AND c.seat = a.seat
       WHERE (a.state = 'booked' AND c.id IS NULL) OR (a.state IN ('cancelled', 'no_show') AND c.id IS NOT NULL)
       LIMIT 100`,
    ),
  )
  return rows.map(({ id, number }) => ({ kind: 'appointment_timeless', subjectId: id, about: number }))
}

async function wake(tx: Tx, id: string, receive: OpenReception): Promise<void> {
  const appointment = await tx.get(Appointment, id)
  if (!appointment || appointment.wakeAt === null || appointment.wakeAt > tx.now) return
  const agenda = await agendaOf(tx, appointment)
  const { fromAt, wakeAt } = appointment
  if (agenda.flow !== undefined && tx.now >= fromAt) {
    // Whoever receives the customer says whether they have come.
    const runId = (await receive(tx, agenda, appointment)) ?? null
    return change(tx, appointment, { runId, wakeAt: runId ? null : fromAt + agenda.no_show_after })
  }
  if (tx.now >= fromAt + agenda.no_show_after) return missAppointment(tx, appointment, SYSTEM)
  if (tx.now < fromAt) await tellCustomer(tx, agenda, appointment, 'appointment_soon', String(wakeAt))
  await change(tx, appointment, { wakeAt: nextWake(agenda, fromAt, tx.now) })
}
