import type Koa from 'koa'
import Router from 'koa-router'
import { z } from 'zod'
import type { Database, Tx } from '../../lib/db.ts'
import { NotFound } from '../../lib/errors.ts'
import { bodyOf, queryOf, rateLimit, repeatKey, requester } from '../../lib/http.ts'
import { newId } from '../../lib/ids.ts'
import type { Words } from '../../lib/render.ts'
import { signedIn } from '../customers/auth.ts'
import { agendaOf, agendasNow, agendaWith } from './agenda.ts'
import { Appointment } from './appointment.ts'
import {
  appointmentById,
  arriveAppointment,
  cancelAppointment,
  makeAppointment,
  moveAppointment,
  serviceOf,
} from './appointments.ts'
import { slotsOn } from './slots.ts'

const MOST_SHOWN = 50
const name = z.string().min(1).max(40)
const at = z.int().min(0).max(8_640_000_000_000_000)
const slotsQuery = z.object({ service: name, day: z.iso.date(), resource: name.optional() })
const wishBody = z.strictObject({ service: name, at, resource: name.optional(), note: z.string().max(200).optional() })
const moveBody = z.strictObject({ at, resource: name.optional() })

interface Needs {
  db: Database
  words: Words
}

/** The doors of appointments: what can be had when, and a customer's own. */
export function appointmentRoutes({ db, words }: Needs): Router {
  const router = new Router({ prefix: '/api/appointments' })
  const auth = signedIn(db)
  const looks = rateLimit(120, 60, requester)
  const few = rateLimit(30, 60, requester)

  router.get('/services', looks, (ctx) => {
    ctx.body = {
      services: agendasNow().flatMap(({ body }) =>
        Object.entries(body.services).map(([service, { title, text, length, price, resources }]) => ({
          ...{ service, title, text, length, price, place: body.address ?? body.title },
          resources: resources.map((resource) => ({ resource, title: body.resources[resource]?.title })),
        })),
      ),
    }
  })

  router.get('/slots', looks, async (ctx) => {
    const { service, day, resource } = queryOf(ctx, slotsQuery)
    const { body: agenda } = agendaWith(service)
    const slots = await db.read((tx) => slotsOn(tx, agenda, serviceOf(agenda, service), { day, resource }))
    ctx.body = { slots }
  })

  router.get('/', auth, async (ctx) => {
    ctx.body = await db.read(async (tx) => {
      const tail = `WHERE customerId = ? ORDER BY fromAt DESC, id LIMIT ${MOST_SHOWN}`
      const appointments = []
      for (const one of await tx.find(Appointment, tail, [ctx.state.customerId])) appointments.push(await look(tx, one))
      return { appointments }
    })
  })

  router.post('/', auth, few, async (ctx) => {
    const wish = bodyOf(ctx, wishBody)
    const key = repeatKey(ctx)
    ctx.body = await db.write(async (tx) => {
      const appointment = await makeAppointment(tx, ctx.state.customerId, wish, key ?? newId(tx.now))
      return { appointment: await look(tx, appointment) }
    })
    ctx.status = 201
  })

  router.get('/:id', auth, async (ctx) => {
    ctx.body = await db.read(async (tx) => ({ appointment: await look(tx, await own(tx, ctx)) }))
  })

  router.post('/:id/reschedule', auth, few, async (ctx) => {
    const to = bodyOf(ctx, moveBody)
    ctx.body = await does(ctx, (tx, appointment) => moveAppointment(tx, appointment, to, customer(appointment)))
  })

  router.post('/:id/cancel', auth, few, async (ctx) => {
    ctx.body = await does(ctx, async (tx, appointment) => {
      // A tap that comes twice finds it done.
      if (appointment.state !== 'cancelled') await cancelAppointment(tx, appointment, customer(appointment))
    })
  })

  router.post('/:id/arrive', auth, few, async (ctx) => {
    ctx.body = await does(ctx, async (tx, appointment) => {
      if (appointment.state !== 'arrived') await arriveAppointment(tx, appointment, customer(appointment))
    })
  })

  return router

  function does(ctx: Koa.Context, work: (tx: Tx, appointment: Appointment) => Promise<void>) {
    return db.write(async (tx) => {
      const appointment = await own(tx, ctx)
      await work(tx, appointment)
      return { appointment: await look(tx, appointment) }
    })
  }

  async function look(tx: Tx, appointment: Appointment) {
    const agenda = await agendaOf(tx, appointment)
    const { id, number, service, resource, fromAt, untilAt, state, note } = appointment
    return {
      ...{ id, number, service, title: serviceOf(agenda, service).title, from: fromAt, until: untilAt, state, note },
      stateText: words.text(`messages/appointments.state.${state}`),
      resource: { resource, title: agenda.resources[resource]?.title },
      place: agenda.address ?? agenda.title,
      changeable: state === 'booked' && tx.now <= fromAt - agenda.change_before,
    }
  }
}

/** The customer's own appointment; throws NotFound. */
async function own(tx: Tx, ctx: Koa.Context): Promise<Appointment> {
  const appointment = await appointmentById(tx, String(ctx.params.id))
  if (appointment.customerId !== ctx.state.customerId) throw new NotFound('appointment')
  return appointment
}

function customer({ customerId: id }: Appointment) {
  return { type: 'customer' as const, id }
}
