import type { Holding } from '../../engines/privacy/holding.ts'
import { blankRows, tellRows } from '../../engines/privacy/rows.ts'
import { Appointment } from './appointment.ts'

/** Appointments: that there was one stays for the figures; whose it was, and what they said, goes. */
export const appointmentHolding: Holding = {
  name: 'appointments',
  tell: (tx, customerId, after) =>
    tellRows(tx, Appointment, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ number, service, resource, fromAt, untilAt, state, note, createdAt }) => {
        return { number, service, resource, fromAt, untilAt, state, note, createdAt }
      },
    }),
  async open(tx, customerId) {
    const rows = await tx.find(Appointment, `WHERE customerId = ? AND state = 'booked' ORDER BY id`, [customerId])
    return rows.map(({ number }) => ({ why: 'appointment', data: { number } }))
  },
  erase: (tx, { customerId, alias }) =>
    blankRows(tx, Appointment, 'customerId = ?', [customerId], ({ id, version }) => {
      return { customerId: alias, claimKey: id, note: null, version: version + 1 }
    }),
}
