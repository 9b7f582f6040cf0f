import { z } from 'zod'
import { SYSTEM } from '../../engines/events/events.ts'
import { startFlow } from '../../engines/flows/flows.ts'
import type { FlowSubject, FlowWord } from '../../engines/flows/hooks.ts'
import type { Shelf } from '../../engines/packs/shelf.ts'
import { opened } from '../../lib/crypto.ts'
import { maskName, maskPhone } from '../../lib/format.ts'
import type { Tx } from '../../lib/tx.ts'
import { customerById } from '../customers/customers.ts'
import type { Agenda } from './agenda.ts'
import { Appointment } from './appointment.ts'
import { finishAppointment, missAppointment } from './appointments.ts'

/** Opens the work of whoever receives a customer; undefined where the pack has no flow for it. */
export type OpenReception = (tx: Tx, agenda: Agenda, appointment: Appointment) => Promise<string | undefined>

const receive: FlowWord<{ from: string }> = {
  name: 'receive_appointment',
  /** The field of the step's form in which it was said whether the customer has come: `no_show` if not. */
  args: z.strictObject({ from: z.string() }),
  async run(tx, { run, step }, { from }) {
    if (run.subjectType !== 'appointment') return
    const appointment = await tx.get(Appointment, run.subjectId)
    const came = opened(step.answers?.[from]) !== 'no_show'
    // It may have been called off, or the customer has said themselves that they are there.
    if (!appointment?.may(came ? 'done' : 'no_show')) return
    const by = step.finishedBy ? { type: 'staff' as const, id: step.finishedBy } : SYSTEM
    await (came ? finishAppointment : missAppointment)(tx, appointment, by)
  },
}

/** The words that appointments lend to the flows. */
export const appointmentWords = [receive] as FlowWord[]

/** Who receives a customer tells the customer nothing: they are there. */
export const appointmentSubject: FlowSubject = {
  async stepOpened() {},
  async stepFinished() {},
  async questionAsked() {},
  async runEnded() {},
}

/** Opens the flow that an agenda names for the reception. */
export function reception(shelf: Pick<Shelf, 'flows'>): OpenReception {
  return async (tx, agenda, { id, number, customerId, service, resource, fromAt, note }) => {
    const flow = agenda.flow === undefined ? undefined : shelf.flows.get(agenda.flow)
    if (!flow) return undefined
    const customer = await customerById(tx, customerId)
    const facts = {
      ...{ number, title: agenda.services[service]?.title ?? service, text: note ?? '', rows: [] },
      ...{ customer: maskName(customer.nickname ?? ''), phone: maskPhone(customer.phone ?? '') },
      ...{ safety: 'pass' as const, photos: [] },
      told: [{ word: 'appointment', data: { at: fromAt, resource: agenda.resources[resource]?.title ?? resource } }],
    }
    const subject = { type: 'appointment', id }
    return (await startFlow(tx, { definitionId: flow.id, subject, customerId, facts, answers: {} })).id
  }
}
