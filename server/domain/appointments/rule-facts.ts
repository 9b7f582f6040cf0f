import type { RuleFacts } from '../../engines/rules/hooks.ts'
import { Appointment } from './appointment.ts'

/** What conditions of rules may ask of the appointment that an event is about. */
export const appointmentRuleFacts: RuleFacts = {
  changedBy: ['appointment.'],
  async at(tx, id) {
    const appointment = await tx.get(Appointment, id)
    if (!appointment) return undefined
    const { number, state, service, resource, fromAt, untilAt, moves } = appointment
    return { id, number, state, service, resource, from: fromAt, until: untilAt, moves }
  },
}
