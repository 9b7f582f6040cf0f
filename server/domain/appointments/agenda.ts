import { z } from 'zod'
import { definitionById } from '../../engines/definitions/definitions.ts'
import type { PackFile } from '../../engines/packs/pack-files.ts'
import { unknown } from '../../engines/packs/source.ts'
import { type Calendar, type CalendarDefinition, calendarSchema, makeCalendar } from '../../lib/calendar.ts'
import { DAY } from '../../lib/clock.ts'
import { NotFound } from '../../lib/errors.ts'
import { spanMs, spanSchema } from '../../lib/span.ts'
import type { Tx } from '../../lib/tx.ts'
import { type Appointment, CELL } from './appointment.ts'

const identifier = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'use lower-case letters, digits and underscores')
const words = (most: number) => z.string().min(1).max(most)
/** A span of the clock, kept in milliseconds. */
const span = spanSchema
  .refine((text) => !text.endsWith('workday'), 'write a span of the clock such as "15 min", "2 h"')
  .transform((text) => spanMs(text, DAY))
/** One that is cut into cells. */
const whole = span.refine((ms) => ms % CELL === 0, 'write a multiple of 5 minutes')

const agendaSchema = z.strictObject({
  appointments: identifier,
  title: words(20),
  address: words(80).optional(),
  zone: z.string().default('Asia/Shanghai'),
  /** Appointments begin at multiples of this. */
  grid: whole.prefault('30 min'),
  lead: span.prefault('1 h'),
  horizon: span.prefault('30 d'),
  /** How many a customer may have before them. */
  per_customer: z.int().min(1).default(2),
  /** Until so long before may the customer move it or call it off by themselves. */
  change_before: span.prefault('1 h'),
  remind: z.array(span).max(3).prefault(['24 h', '1 h']),
  /** The flow by which our people receive the customer, and say whether they have come. */
  flow: identifier.optional(),
  /** Without a flow, who has not come by then does not come. */
  no_show_after: span.prefault('30 min'),
  calendars: z.record(identifier, calendarSchema),
  /** Who or what a service needs: so many customers at once. */
  resources: z.record(
    identifier,
    z.strictObject({
      title: words(20),
      kind: z.enum(['person', 'place']).default('place'),
      calendar: identifier,
      seats: z.int().min(1).max(50).default(1),
    }),
  ),
  services: z.record(
    identifier,
    z.strictObject({
      title: words(20),
      text: words(120).optional(),
      length: whole.refine((ms) => ms > 0, 'takes some time'),
      /** What it takes to be ready for the next one. */
      buffer: whole.prefault('0 min'),
      /** In fen, paid there. */
      price: z.int().min(0).optional(),
      resources: z.array(identifier).min(1),
    }),
  ),
})
export type Agenda = z.infer<typeof agendaSchema>
export type Service = Agenda['services'][string]

/** A version of an agenda. */
export interface AgendaVersion {
  id: string
  body: Agenda
}

let inForce: AgendaVersion[] = []

/** Every agenda in force. */
export function agendasNow(): AgendaVersion[] {
  return inForce
}

/** The agenda in force that has a service; throws NotFound. */
export function agendaWith(service: string): AgendaVersion {
  const found = inForce.find(({ body }) => Object.hasOwn(body.services, service))
  if (!found) throw new NotFound('service')
  return found
}

/** The agenda by which an appointment was made. */
export async function agendaOf(tx: Tx, { agendaId }: Pick<Appointment, 'agendaId'>): Promise<Agenda> {
  return (await definitionById<Agenda>(tx, agendaId)).body
}

const calendars = new WeakMap<CalendarDefinition, Calendar>()

/** When a resource is there. */
export function hoursOf({ resources, calendars: all }: Agenda, resource: string): Calendar | undefined {
  const definition = all[resources[resource]?.calendar ?? '']
  if (!definition) return undefined
  const known = calendars.get(definition) ?? makeCalendar(definition)
  calendars.set(definition, known)
  return known
}

/** Adds what can be booked with whom to what packs can say. */
export function appointmentFile(): PackFile<Agenda, Agenda> {
  return {
    file: 'appointments.yaml',
    kind: 'appointments',
    schema: agendaSchema,
    freeze: (agenda) => ({ name: agenda.appointments, body: agenda }),
    check(read, { flows }, problems) {
      if (!read) return
      const { value, source } = read
      const system = flows.flatMap(({ value: one }) => (one.opened_by === 'system' ? one.flow : []))
      if (value.flow !== undefined && !system.includes(value.flow))
        problems.push(source.problem(['flow'], unknown('flow', value.flow, system)))
      const [resources, known] = [Object.keys(value.resources), Object.keys(value.calendars)]
      for (const [name, { calendar }] of Object.entries(value.resources))
        if (!known.includes(calendar))
          problems.push(source.problem(['resources', name, 'calendar'], unknown('calendar', calendar, known)))
      for (const [name, service] of Object.entries(value.services))
        service.resources.forEach((resource, i) => {
          if (!resources.includes(resource))
            problems.push(source.problem(['services', name, 'resources', i], unknown('resource', resource, resources)))
        })
    },
    use(all) {
      inForce = all
    },
  }
}
