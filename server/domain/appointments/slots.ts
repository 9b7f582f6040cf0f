import { DAY, MINUTE } from '../../lib/clock.ts'
import { isDuplicate, LostRace, type Tx } from '../../lib/tx.ts'
import { dayOf, startOfDay, zoneOf } from '../../lib/zone.ts'
import { type Agenda, hoursOf, type Service } from './agenda.ts'
import { AppointmentCell, CELL } from './appointment.ts'

/** A time at which a service can be had, and with how many at once. */
export interface Slot {
  at: number
  left: number
}

/** A seat that is free. */
export interface Seat {
  resource: string
  seat: number
}

/** The times of a day at which a service can be had, with anybody or with this one. */
export async function slotsOn(
  tx: Tx,
  agenda: Agenda,
  service: Service,
  { day, resource }: { day: string; resource?: string },
): Promise<Slot[]> {
  const zone = zoneOf(agenda.zone)
  const number = Math.floor(Date.parse(`${day}T00:00:00Z`) / DAY)
  const [from, until] = [startOfDay(zone, number), startOfDay(zone, number + 1)]
  const names = resource ? service.resources.filter((one) => one === resource) : service.resources
  const taken = await takenBetween(tx, agenda, names, from, until + service.length + service.buffer)
  const slots: Slot[] = []
  for (let at = from; at < until; at += agenda.grid) {
    if (at < tx.now + agenda.lead || at > tx.now + agenda.horizon) continue
    const left = freeSeats(agenda, service, names, at, taken).length
    if (left > 0) slots.push({ at, left })
  }
  return slots
}

/** The seats at which a service can be had at an instant. */
export async function seatsAt(
  tx: Tx,
  agenda: Agenda,
  service: Service,
  at: number,
  resource?: string,
): Promise<Seat[]> {
  const names = resource ? service.resources.filter((one) => one === resource) : service.resources
  const taken = await takenBetween(tx, agenda, names, at, at + service.length + service.buffer)
  return freeSeats(agenda, service, names, at, taken)
}

/** Whether appointments begin at that instant at all. */
export function isOnGrid({ zone: name, grid }: Agenda, at: number): boolean {
  const zone = zoneOf(name)
  return (at - startOfDay(zone, dayOf(zone, at))) % grid === 0
}

/** Takes a seat for a service; throws LostRace when somebody else has just taken it. */
export async function takeSeat(
  tx: Tx,
  agenda: Agenda,
  { resource, seat }: Seat,
  service: Service,
  at: number,
  appointmentId: string,
): Promise<void> {
  const whole = nameOf(agenda, resource)
  const rows = cellsOf(service, at).map((cell) => {
    return { id: idOf(whole, seat, cell), resource: whole, seat, at: cell, appointmentId }
  })
  try {
    await tx.insert(AppointmentCell, rows)
  } catch (error) {
    throw isDuplicate(error) ? new LostRace() : error
  }
}

/** Gives back what an appointment has taken and has not come yet. */
export function giveSeat(tx: Tx, appointmentId: string): Promise<number> {
  return tx.run('DELETE FROM appointment_cells WHERE appointmentId = ?', [appointmentId])
}

function freeSeats(agenda: Agenda, service: Service, names: string[], at: number, taken: ReadonlySet<string>): Seat[] {
  const cells = cellsOf(service, at)
  return names.flatMap((resource) => {
    const hours = hoursOf(agenda, resource)
    if (hours?.between(at, at + service.length) !== service.length) return []
    const seats = Array.from({ length: agenda.resources[resource]?.seats ?? 0 }, (_, seat) => ({ resource, seat }))
    const whole = nameOf(agenda, resource)
    return seats.filter(({ seat }) => cells.every((cell) => !taken.has(idOf(whole, seat, cell))))
  })
}

async function takenBetween(
  tx: Tx,
  agenda: Agenda,
  resources: string[],
  from: number,
  until: number,
): Promise<Set<string>> {
  if (resources.length === 0) return new Set()
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM appointment_cells WHERE resource IN (${resources.map(() => '?').join(',')}) AND at >= ? AND at < ?`,
    [...resources.map((resource) => nameOf(agenda, resource)), from, until],
  )
  return new Set(rows.map(({ id }) => id))
}

/** The cells that a service takes, with what is needed afterwards. */
function cellsOf({ length, buffer }: Service, at: number): number[] {
  return Array.from({ length: (length + buffer) / CELL }, (_, i) => at + i * CELL)
}

/** Two agendas may each have a room called `room`. */
function nameOf({ appointments }: Agenda, resource: string): string {
  return `${appointments}:${resource}`
}

function idOf(resource: string, seat: number, cell: number): string {
  return `${resource}:${seat}:${cell / MINUTE}`
}
