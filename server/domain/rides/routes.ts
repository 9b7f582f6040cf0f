import type Koa from 'koa'
import Router from 'koa-router'
import { z } from 'zod'
import { plainCode } from '../../engines/forms/asset-field.ts'
import type { Shelf } from '../../engines/packs/shelf.ts'
import type { Database } from '../../lib/db.ts'
import { Conflict, Invalid, NotFound } from '../../lib/errors.ts'
import { bodyOf, queryOf, rateLimit, requester } from '../../lib/http.ts'
import { newId } from '../../lib/ids.ts'
import { log } from '../../lib/log.ts'
import type { Words } from '../../lib/render.ts'
import type { LockService } from '../../platforms/lock.ts'
import { assetByCode } from '../assets/assets.ts'
import { signedIn } from '../customers/auth.ts'
import { buyCard } from './cards.ts'
import { openRideOf, ownRide } from './change.ts'
import { chooseCoupon, couponChoice } from './choose-coupon.ts'
import { sayNow } from './commands.ts'
import { finishRide } from './finish.ts'
import { endOpenLock } from './open-lock.ts'
import type { Ride } from './ride.ts'
import { cancelUnlocking, pauseRide, resumeRide, startRide } from './rides.ts'
import { payRide } from './settle.ts'
import { cardLook, cardsLook, hereLook, rideLook, ridesPage } from './view.ts'

const id = z.string().regex(/^[0-9A-Z]{26}$/)
const code = z.string().min(1).max(30).transform(plainCode)
const lat = z.number().min(-90).max(90)
const lng = z.number().min(-180).max(180)
const hereQuery = z.object({ code })
const startBody = z.object({ code, coupon: id.optional() })
const endBody = z.object({ photo: id.optional(), place: z.object({ lat, lng }).optional() })
const pauseBody = z.object({ on: z.boolean() })
const listQuery = z.object({ before: id.optional() })
const cardBody = z.object({ card: z.string().min(1).max(40), coupon: id.optional() })
const couponBody = z.object({ coupon: id.nullable() })
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,64}$/

interface Needs {
  db: Database
  words: Words
  shelf: Shelf
  /** Without it nothing can be ridden. */
  locks?: LockService
}

/** The rider's doors (A): what a vehicle costs, unlock, pause, end, pay, and the cards. */
export function rideRoutes({ db, words, shelf, locks }: Needs): Router {
  const router = new Router({ prefix: '/api' })
  const auth = signedIn(db)
  const few = rateLimit(60, 60, requester)
  const formOf = (form: string) => ({ form: shelf.form(form), flow: shelf.flowFor(form) })

  router.get('/rides/here', auth, few, async (ctx) => {
    const { code } = queryOf(ctx, hereQuery)
    ctx.body = await db.read(async (tx) => {
      const asset = await assetByCode(tx, code)
      if (!asset) throw new NotFound('asset')
      return hereLook(tx, words, ctx.state.customerId, asset, locks !== undefined)
    })
  })

  router.post('/rides', auth, few, async (ctx) => {
    const { code, coupon } = bodyOf(ctx, startBody)
    if (!locks) throw new Conflict('ride_no_lock')
    const { customerId } = ctx.state
    const ride = await db.write((tx) => startRide(tx, { customerId, code, couponId: coupon }))
    ctx.status = 201
    await answer(ctx, ride)
  })

  router.get('/rides/current', auth, async (ctx) => {
    ctx.body = await db.read(async (tx) => {
      const ride = await openRideOf(tx, ctx.state.customerId)
      return { ride: ride ? await rideLook(tx, words, ride) : null }
    })
  })

  router.get('/rides', auth, async (ctx) => {
    const { before } = queryOf(ctx, listQuery)
    ctx.body = await db.read((tx) => ridesPage(tx, words, ctx.state.customerId, before))
  })

  router.get('/rides/:id', auth, async (ctx) => {
    ctx.body = await db.read(async (tx) =>
      rideLook(tx, words, await ownRide(tx, ctx.state.customerId, String(ctx.params.id))),
    )
  })

  router.post('/rides/:id/end', auth, few, async (ctx) => {
    const { photo, place } = bodyOf(ctx, endBody)
    const [customerId, rideId] = [ctx.state.customerId as string, String(ctx.params.id)]
    const ride = await db.write(async (tx) => {
      if (photo) return endOpenLock(tx, formOf, { customerId, id: rideId, photo, place })
      const ride = await ownRide(tx, customerId, rideId)
      if (ride.state === 'unlocking') await cancelUnlocking(tx, ride)
      else if (ride.state === 'riding' && ride.pausedAt === null) throw new Conflict('ride_lock_open')
      else await finishRide(tx, ride, { at: tx.now, by: 'rider' })
      return ride
    })
    await answer(ctx, ride)
  })

  router.post('/rides/:id/pause', auth, few, async (ctx) => {
    const { on } = bodyOf(ctx, pauseBody)
    const rideId = String(ctx.params.id)
    const verb = on ? pauseRide : resumeRide
    await answer(ctx, await db.write((tx) => verb(tx, ctx.state.customerId, rideId)))
  })

  router.post('/rides/:id/pay', auth, few, async (ctx) => {
    const payment = await db.write((tx) => payRide(tx, ctx.state.customerId, String(ctx.params.id)))
    ctx.body = { payment: payment.id, amount: payment.amount }
  })

  router.get('/rides/:id/coupons', auth, async (ctx) => {
    ctx.body = await db.read(async (tx) =>
      couponChoice(tx, words, await ownRide(tx, ctx.state.customerId, String(ctx.params.id))),
    )
  })

  router.post('/rides/:id/coupon', auth, few, async (ctx) => {
    const { coupon } = bodyOf(ctx, couponBody)
    const [customerId, rideId] = [ctx.state.customerId as string, String(ctx.params.id)]
    ctx.body = await db.write(async (tx) => {
      await chooseCoupon(tx, customerId, rideId, coupon)
      return rideLook(tx, words, await ownRide(tx, customerId, rideId))
    })
  })

  router.get('/ride-cards', auth, async (ctx) => {
    ctx.body = await db.read(async (tx) => cardsLook(tx, words, ctx.state.customerId))
  })

  router.post('/ride-cards', auth, few, async (ctx) => {
    const { card, coupon } = bodyOf(ctx, cardBody)
    const key = keyIn(ctx)
    ctx.status = 201
    ctx.body = await db.write(async (tx) =>
      cardLook(tx, await buyCard(tx, ctx.state.customerId, card, key ?? newId(tx.now), coupon)),
    )
  })

  /** Says to the lock what is to be said, and answers with how the ride stands then. */
  async function answer(ctx: Koa.Context, { id: rideId, customerId }: Ride): Promise<void> {
    await sayNow(db, locks, rideId).catch((error) => log.error({ err: error }, 'a lock was not told'))
    ctx.body = await db.read(async (tx) => rideLook(tx, words, await ownRide(tx, customerId, rideId)))
  }

  return router
}

/** A purchase that is sent twice under one key is one purchase. */
function keyIn(ctx: Koa.Context): string | undefined {
  const key = ctx.get('Idempotency-Key')
  if (!key) return undefined
  if (!IDEMPOTENCY_KEY.test(key)) throw new Invalid('Idempotency-Key', 'wrong_value')
  return key
}
