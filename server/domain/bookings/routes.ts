import type Koa from 'koa'
import Router from 'koa-router'
import { z } from 'zod'
import { plainCode } from '../../engines/forms/asset-field.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { Invalid, NotFound } from '../../lib/errors.ts'
import { bodyOf, queryOf, rateLimit, repeatKey, requester } from '../../lib/http.ts'
import { newId } from '../../lib/ids.ts'
import type { Words } from '../../lib/render.ts'
import { bearer, signedIn } from '../customers/auth.ts'
import { operator } from '../customers/operator.ts'
import { customerOf } from '../customers/session.ts'
import { countFree, freeDays } from './availability.ts'
import { Booking } from './booking.ts'
import { bookingById, holdBooking, termsNow } from './bookings.ts'
import { cancelBooking } from './call-off.ts'
import { blockCar, enrolCars, unblockCar } from './cars.ts'
import { extendBooking, priceExtension } from './extend.ts'
import { priceOf } from './prices.ts'
import { modelOf, storeOf } from './rental-file.ts'
import { bookingLine, bookingLook, priceLook, rentalLook } from './view.ts'
import { checkTimes, checkWish, priceWish } from './wish.ts'

const PAGE = 20
const MOST_DAYS = 180
const name = z.string().min(1).max(40)
const at = z.coerce.number().int().min(0).max(8_640_000_000_000_000)
const door = z.strictObject({
  lat: z.number().min(-90).max(90),
  lng: z.number().min(-180).max(180),
  address: z.string().min(1).max(120),
})
const wishBody = z.strictObject({
  store: name,
  returnStore: name.optional(),
  model: name,
  from: at,
  until: at,
  insurances: z.array(name).max(10).default([]),
  extras: z.record(name, z.int().min(0).max(20)).default({}),
  deliver: door.optional(),
  collect: door.optional(),
  coupon: z.string().length(26).optional(),
})
const timesQuery = z.object({ store: name, returnStore: name.optional(), from: at, until: at })
const calendarQuery = z.object({
  store: name.optional(),
  model: name.optional(),
  days: z.coerce.number().int().min(1).max(MOST_DAYS).default(90),
})
const listQuery = z.object({ before: z.string().length(26).optional() })
const extendBody = z.strictObject({
  until: at,
  /** Only asks what it would cost. */
  try: z.boolean().default(false),
})
const carsBody = z.strictObject({
  cars: z
    .array(z.strictObject({ code: z.string().transform(plainCode), model: name, store: name }))
    .min(1)
    .max(1000),
})
const blockBody = z.strictObject({
  code: z.string().transform(plainCode),
  from: at,
  until: at,
  reason: z.string().min(1).max(60),
})

interface Needs {
  db: Database
  words: Words
}

/** The doors of the rental (P6): what can be had, for how much, and a customer's bookings. */
export function bookingRoutes({ db, words }: Needs): Router {
  const router = new Router({ prefix: '/api' })
  const auth = signedIn(db)
  const looks = rateLimit(120, 60, requester)
  const few = rateLimit(30, 60, requester)

  router.get('/rental', looks, (ctx) => {
    ctx.body = rentalLook(termsNow().body)
  })

  router.get('/rental/availability', looks, async (ctx) => {
    const { store, returnStore = store, from, until } = queryOf(ctx, timesQuery)
    const { body: terms } = termsNow()
    for (const one of [store, returnStore]) storeOf(terms, one)
    const counts = await db.read((tx) => {
      checkTimes(terms, { from, until }, tx.now)
      return countFree(tx, terms, { store, returnStore, from, until })
    })
    const plain = { store, returnStore, from, until, insurances: [], extras: {} }
    ctx.body = {
      models: Object.keys(terms.models).map((model) => {
        const { total, days } = priceOf(terms, { ...plain, model })
        return { model, count: counts.get(model) ?? 0, total, days }
      }),
    }
  })

  router.get('/rental/calendar', looks, async (ctx) => {
    const { store, model, days } = queryOf(ctx, calendarQuery)
    const { body: terms } = termsNow()
    if (store) storeOf(terms, store)
    if (model) modelOf(terms, model)
    const { firstDay, counts } = await db.read((tx) => freeDays(tx, terms, { store, model, days }))
    ctx.body = { firstDay: new Date(firstDay).toISOString().slice(0, 10), days, free: Object.fromEntries(counts) }
  })

  router.post('/rental/price', looks, async (ctx) => {
    const wish = bodyOf(ctx, wishBody)
    const { body: terms } = termsNow()
    const { price } = await db.read(async (tx) => {
      checkWish(terms, wish, tx.now)
      return priceWish(tx, terms, await whoAsks(tx, ctx), wish)
    })
    ctx.body = { price: priceLook(price, words), deposit: modelOf(terms, wish.model).deposit }
  })

  router.post('/bookings', auth, few, async (ctx) => {
    const wish = bodyOf(ctx, wishBody)
    const key = repeatKey(ctx)
    ctx.body = await db.write(async (tx) => {
      const booking = await holdBooking(tx, ctx.state.customerId, wish, key ?? newId(tx.now))
      return { booking: await bookingLook(tx, booking, words) }
    })
    ctx.status = 201
  })

  router.get('/bookings', auth, async (ctx) => {
    const { before } = queryOf(ctx, listQuery)
    ctx.body = await db.read(async (tx) => {
      const from = before ? 'AND id < ?' : ''
      const found = await tx.find(Booking, `WHERE customerId = ? ${from} ORDER BY id DESC LIMIT ${PAGE + 1}`, [
        ctx.state.customerId,
        ...(before ? [before] : []),
      ])
      const shown = found.slice(0, PAGE)
      const bookings = []
      for (const booking of shown) bookings.push(await bookingLine(tx, booking, words))
      return { bookings, next: found.length > shown.length ? (shown.at(-1)?.id ?? null) : null }
    })
  })

  router.get('/bookings/:id', auth, async (ctx) => {
    ctx.body = await db.read(async (tx) => ({ booking: await bookingLook(tx, await own(tx, ctx), words) }))
  })

  router.post('/bookings/:id/cancel', auth, few, async (ctx) => {
    ctx.body = await db.write(async (tx) => {
      const booking = await own(tx, ctx)
      // A tap that comes twice finds it done.
      if (booking.state !== 'cancelled') await cancelBooking(tx, booking, { type: 'customer', id: booking.customerId })
      return { booking: await bookingLook(tx, booking, words) }
    })
  })

  router.post('/bookings/:id/extend', auth, few, async (ctx) => {
    const { until, try: trying } = bodyOf(ctx, extendBody)
    ctx.body = await db.write(async (tx) => {
      const booking = await own(tx, ctx)
      const { price, more } = await (trying ? priceExtension : extendBooking)(tx, booking, until)
      return { more, price: priceLook(price, words), booking: await bookingLook(tx, booking, words) }
    })
  })

  router.post('/operator/rental/cars', operator, async (ctx) => {
    const { cars } = bodyOf(ctx, carsBody)
    const { body: terms } = termsNow()
    for (const { model, store } of cars) {
      if (!Object.hasOwn(terms.models, model)) throw new Invalid(`model ${model}`, 'wrong_value')
      if (!Object.hasOwn(terms.stores, store)) throw new Invalid(`store ${store}`, 'wrong_value')
    }
    ctx.body = await db.write((tx) => enrolCars(tx, cars))
  })

  router.post('/operator/rental/blocks', operator, async (ctx) => {
    const block = bodyOf(ctx, blockBody)
    if (block.until <= block.from) throw new Invalid('until', 'wrong_value')
    ctx.body = { block: await db.write((tx) => blockCar(tx, block)) }
    ctx.status = 201
  })

  router.post('/operator/rental/blocks/:id/end', operator, async (ctx) => {
    await db.write((tx) => unblockCar(tx, String(ctx.params.id)))
    ctx.body = {}
  })

  return router
}

/** The customer's own booking; throws NotFound. */
async function own(tx: Tx, ctx: Koa.Context): Promise<Booking> {
  const booking = await bookingById(tx, String(ctx.params.id))
  if (booking.customerId !== ctx.state.customerId) throw new NotFound('booking')
  return booking
}

/** Whoever asks for a price need not be signed in. */
function whoAsks(tx: Tx, ctx: Koa.Context): Promise<string> | undefined {
  return ctx.get('Authorization') ? customerOf(tx, bearer(ctx)) : undefined
}
