import { type Actor, record } from '../../engines/events/events.ts'
import { enqueue } from '../../engines/messages/outbox.ts'
import { Conflict, Invalid, NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { readableNumber } from '../../lib/numbers.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { type Agenda, agendaOf, agendaWith, type Service } from './agenda.ts'
import { Appointment, type State } from './appointment.ts'
import { giveSeat, isOnGrid, type Seat, seatsAt, takeSeat } from './slots.ts'

export interface Wish {
  service: string
  at: number
  /** With this one and nobody else. */
  resource?: string
  note?: string
}

/** What customers are told; their words stand under these names in templates/messages/customer.yaml. */
export type Telling =
  | 'appointment_booked'
  | 'appointment_moved'
  | 'appointment_cancelled'
  | 'appointment_soon'
  | 'appointment_missed'

/** Makes an appointment for a customer. The same key again is the same one; throws Conflict when nobody has the time. */
export async function makeAppointment(tx: Tx, customerId: string, wish: Wish, key: string): Promise<Appointment> {
  const claimKey = `${customerId}:${key}`
  const known = await tx.first(Appointment, 'WHERE claimKey = ?', [claimKey])
  if (known) return known
  const { id: agendaId, body: agenda } = agendaWith(wish.service)
  const service = serviceOf(agenda, wish.service)
  checkTime(agenda, wish.at, tx.now)
  await checkShare(tx, agenda, customerId)
  const id = newId(tx.now)
  const seat = await takeAny(tx, agenda, service, wish, id)
  const row = {
    ...{ id, number: readableNumber('A', tx.now, agenda.zone), customerId, claimKey, service: wish.service, ...seat },
    ...{ fromAt: wish.at, untilAt: wish.at + service.length, state: 'booked' as const, note: wish.note ?? null },
    ...{ agendaId, moves: 0, runId: null, wakeAt: nextWake(agenda, wish.at, tx.now), createdAt: tx.now, version: 0 },
  }
  // The same wish twice at once: one of them is made, the other runs again and finds it.
  if (!(await tx.insertOnce(Appointment, row))) throw new LostRace()
  const appointment = Object.assign(new Appointment(), row)
  await tellEvent(tx, agenda, appointment, 'booked', { type: 'customer', id: customerId })
  await tellCustomer(tx, agenda, appointment, 'appointment_booked', '')
  return appointment
}

/** Gives an appointment another time, and whoever has it then; throws Conflict when it is too late or nobody has. */
export async function moveAppointment(
  tx: Tx,
  appointment: Appointment,
  { at, resource }: { at: number; resource?: string },
  by: Actor,
): Promise<void> {
  const agenda = await agendaOf(tx, appointment)
  const service = serviceOf(agenda, appointment.service)
  checkChange(agenda, appointment, by, tx.now)
  checkTime(agenda, at, tx.now)
  await giveSeat(tx, appointment.id)
  const seat = await takeAny(tx, agenda, service, { at, resource }, appointment.id)
  const was = appointment.fromAt
  await change(tx, appointment, {
    ...{ ...seat, fromAt: at, untilAt: at + service.length, moves: appointment.moves + 1 },
    wakeAt: nextWake(agenda, at, tx.now),
  })
  await tellEvent(tx, agenda, appointment, 'moved', by, { was })
  await tellCustomer(tx, agenda, appointment, 'appointment_moved', String(appointment.moves))
}

/** Calls an appointment off; throws Conflict when it is too late for the customer to do so. */
export async function cancelAppointment(tx: Tx, appointment: Appointment, by: Actor): Promise<void> {
  const agenda = await agendaOf(tx, appointment)
  checkChange(agenda, appointment, by, tx.now)
  await passTo(tx, agenda, appointment, 'cancelled', by)
  await giveSeat(tx, appointment.id)
  await tellCustomer(tx, agenda, appointment, 'appointment_cancelled', '')
}

/** The customer is there. */
export async function arriveAppointment(tx: Tx, appointment: Appointment, by: Actor): Promise<void> {
  const agenda = await agendaOf(tx, appointment)
  if (by.type === 'customer' && tx.now < appointment.fromAt - agenda.change_before)
    throw new Conflict('appointment_early')
  await passTo(tx, agenda, appointment, 'arrived', by)
}

/** The service is done. */
export async function finishAppointment(tx: Tx, appointment: Appointment, by: Actor): Promise<void> {
  await passTo(tx, await agendaOf(tx, appointment), appointment, 'done', by)
  await giveSeat(tx, appointment.id)
}

/** Nobody has come. */
export async function missAppointment(tx: Tx, appointment: Appointment, by: Actor): Promise<void> {
  const agenda = await agendaOf(tx, appointment)
  await passTo(tx, agenda, appointment, 'no_show', by)
  await giveSeat(tx, appointment.id)
  await tellCustomer(tx, agenda, appointment, 'appointment_missed', '')
}

/** An appointment by its id; throws NotFound. */
export async function appointmentById(tx: Tx, id: string): Promise<Appointment> {
  const appointment = await tx.get(Appointment, id)
  if (!appointment) throw new NotFound('appointment')
  return appointment
}

/** A service of an agenda; throws NotFound. */
export function serviceOf({ services }: Agenda, name: string): Service {
  const service = Object.hasOwn(services, name) ? services[name] : undefined
  if (!service) throw new NotFound('service')
  return service
}

/** When an appointment has to be looked at next: to remind, to receive the customer, or to note that nobody has come. */
export function nextWake({ remind, flow, no_show_after }: Agenda, at: number, now: number): number {
  const times = remind.map((before) => at - before).sort((a, b) => a - b)
  return times.find((time) => time > now) ?? (flow ? at : at + no_show_after)
}

/** Writes a change of an appointment if it is still as it was read; otherwise the transaction runs again. */
export async function change(tx: Tx, appointment: Appointment, changes: Partial<Appointment>): Promise<void> {
  const next = { ...changes, version: appointment.version + 1 }
  if (!(await tx.update(Appointment, appointment.id, next, { version: appointment.version }))) throw new LostRace()
  Object.assign(appointment, next)
}

/** Tells a customer something about their appointment, once for its key. */
export function tellCustomer(
  tx: Tx,
  agenda: Agenda,
  appointment: Appointment,
  kind: Telling,
  key: string,
): Promise<void> {
  return enqueue(tx, {
    key: `${kind}:${appointment.id}:${key}`,
    channel: 'customer',
    to: appointment.customerId,
    kind,
    subjectId: appointment.id,
    data: { ...factsOf(agenda, appointment), at: tx.now },
  })
}

async function passTo(tx: Tx, agenda: Agenda, appointment: Appointment, state: State, by: Actor): Promise<void> {
  if (!appointment.may(state)) throw new Conflict('appointment_state')
  await change(tx, appointment, { state, wakeAt: null })
  await tellEvent(tx, agenda, appointment, state, by)
}

/** Takes any seat that is free, not everybody the same one. */
async function takeAny(
  tx: Tx,
  agenda: Agenda,
  service: Service,
  { at, resource }: Omit<Wish, 'service'>,
  id: string,
): Promise<Seat> {
  const free = await seatsAt(tx, agenda, service, at, resource)
  const seat = free[Math.floor(Math.random() * free.length)]
  if (!seat) throw new Conflict('appointment_taken')
  await takeSeat(tx, agenda, seat, service, at, id)
  return seat
}

function checkTime(agenda: Agenda, at: number, now: number): void {
  if (at < now + agenda.lead) throw new Invalid('at', 'rental_lead', { hours: agenda.lead / 3_600_000 })
  if (at > now + agenda.horizon) throw new Invalid('at', 'rental_horizon', { days: agenda.horizon / 86_400_000 })
  if (!isOnGrid(agenda, at)) throw new Invalid('at', 'appointment_grid')
}

/** The customer may change it up to some time before; our own people always may. */
function checkChange(agenda: Agenda, { state, fromAt }: Appointment, by: Actor, now: number): void {
  if (state !== 'booked') throw new Conflict('appointment_state')
  if (by.type === 'customer' && now > fromAt - agenda.change_before)
    throw new Conflict('appointment_late', { hours: agenda.change_before / 3_600_000 })
}

async function checkShare(tx: Tx, { per_customer: most }: Agenda, customerId: string): Promise<void> {
  const [row] = await tx.query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM appointments WHERE customerId = ? AND state = 'booked'`,
    [customerId],
  )
  if (Number(row?.n ?? 0) >= most) throw new Conflict('appointment_share', { most })
}

function tellEvent(
  tx: Tx,
  agenda: Agenda,
  appointment: Appointment,
  what: string,
  by: Actor,
  data = {},
): Promise<void> {
  const { id, customerId } = appointment
  const subject = { type: 'appointment', id }
  return record(tx, `appointment.${what}`, {
    by,
    subject,
    customerId,
    data: { ...factsOf(agenda, appointment), ...data },
  })
}

/** What is told of an appointment wherever it is told of. */
function factsOf(agenda: Agenda, { number, service, resource, fromAt, untilAt }: Appointment): Record<string, unknown> {
  const titles = { service_title: agenda.services[service]?.title, resource_title: agenda.resources[resource]?.title }
  return {
    number,
    agenda: agenda.appointments,
    service,
    resource,
    ...titles,
    place: agenda.address ?? agenda.title,
    from: fromAt,
    until: untilAt,
  }
}
