import { act, queryOf, readOpen, readOwn } from './doors.ts'

export interface Service {
  service: string
  title: string
  text?: string
  /** In ms. */
  length: number
  /** In fen, paid there. */
  price?: number
  place: string
  resources: { resource: string; title: string }[]
}

export interface Slot {
  at: number
  left: number
}

export interface Appointment {
  id: string
  number: string
  service: string
  title: string
  from: number
  until: number
  state: 'booked' | 'arrived' | 'done' | 'cancelled' | 'no_show'
  stateText: string
  note: string | null
  resource: { resource: string; title?: string }
  place: string
  changeable: boolean
}

/** Where and with whom somebody wants to come. */
export interface Seat {
  at: number
  resource?: string
}

export const readServices = async () => (await readOpen<{ services: Service[] }>('/api/appointments/services')).services
export const readAppointments = async () =>
  (await readOwn<{ appointments: Appointment[] }>('/api/appointments')).appointments
export const readAppointment = async (id: string) => (await readOwn<Answer>(pathOf(id))).appointment

/** The times of a day (YYYY-MM-DD) that are free, with anybody or with this one. */
export async function readSlots(service: string, day: string, resource?: string): Promise<Slot[]> {
  const path = `/api/appointments/slots${queryOf({ service, day, resource })}`
  return (await readOpen<{ slots: Slot[] }>(path)).slots
}

/** Books a time. The key makes a repeated send one appointment. */
export async function makeAppointment(
  wish: Seat & { service: string; note?: string },
  key: string,
): Promise<Appointment> {
  return (await act<Answer>('/api/appointments', wish, key)).appointment
}

export async function moveAppointment(id: string, to: Seat): Promise<Appointment> {
  return (await act<Answer>(`${pathOf(id)}/reschedule`, to)).appointment
}

export async function cancelAppointment(id: string): Promise<Appointment> {
  return (await act<Answer>(`${pathOf(id)}/cancel`, {})).appointment
}

/** The page on which a time for a service is chosen; for an appointment that is moved, with its id. */
export function pageOfSlots(service: string, moved?: string): string {
  return `/pages/slots/slots${queryOf({ service, moved })}`
}

interface Answer {
  appointment: Appointment
}

function pathOf(id: string): string {
  return `/api/appointments/${encodeURIComponent(id)}`
}
