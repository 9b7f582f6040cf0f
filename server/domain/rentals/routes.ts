import type Koa from 'koa'
import Router from 'koa-router'
import { z } from 'zod'
import { readDocument } from '../../engines/files/documents.ts'
import type { Shelf } from '../../engines/packs/shelf.ts'
import { staffById } from '../../engines/staff/roster.ts'
import type { Database } from '../../lib/db.ts'
import { Conflict, Invalid, NotFound } from '../../lib/errors.ts'
import { bodyOf, queryOf, rateLimit, requester, tagged } from '../../lib/http.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Wechat } from '../../platforms/wechat.ts'
import type { Wechatpay } from '../../platforms/wechatpay.ts'
import { Asset } from '../assets/asset.ts'
import { bookingById, termsOf } from '../bookings/bookings.ts'
import { modelOf, storeOf } from '../bookings/rental-file.ts'
import { signedIn } from '../customers/auth.ts'
import { customerById, identityOf } from '../customers/customers.ts'
import { checkText } from '../tickets/safety.ts'
import { openTicket } from '../tickets/tickets.ts'
import { disputeBill, isDisputable } from './appeals.ts'
import { confirmBill } from './bills.ts'
import type { Contract } from './contract.ts'
import { contractPaper } from './contract-paper.ts'
import { readable } from './contract-text.ts'
import { contractOf, contractsOf, contractToSign, signContract } from './contracts.ts'
import { askReturn, signInspection } from './handover.ts'
import { urgeRental } from './hurry.ts'
import { inspectionPaper } from './inspection-paper.ts'
import type { Inspection, Rental } from './rental.ts'
import { tellReady } from './rentals.ts'
import { rulesOf } from './rules.ts'
import { beginScore, finishScore } from './score.ts'
import { rentalFor, rentalView } from './view.ts'

/** With which form a bill is disputed. */
const APPEAL = 'rental_appeal'
const id = z.string().regex(/^[0-9A-Z]{26}$/)
const signBody = z.strictObject({
  signature: id,
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  device: z.string().trim().max(80).optional(),
})
const acceptBody = z.strictObject({ signature: id, side: z.enum(['pickup', 'giveback']).default('pickup') })
const disputeBody = z.strictObject({
  fee: z.string().max(20),
  amount: z.string().max(12),
  description: z.string().trim().min(1).max(300),
  photos: z.array(id).max(6).default([]),
})
const contractQuery = z.object({ id: id.optional() })

interface Needs {
  db: Database
  words: Words
  shelf: Shelf
  wechat?: Wechat
  wechatpay?: Wechatpay
}

/** The customer's door to what happens in a rental: papers, contract, handover, return, bill. */
export function rentalRoutes({ db, words, shelf, wechat, wechatpay }: Needs): Router {
  const router = new Router({ prefix: '/api/bookings/:id' })
  const seen = { words, score: wechatpay?.score !== undefined }
  const auth = signedIn(db)
  const few = rateLimit(60, 60, requester)
  const papers = rateLimit(30, 60, requester)

  router.get('/rental', auth, async (ctx) => {
    tagged(ctx, await db.read(async (tx) => rentalView(tx, seen, await own(tx, ctx))))
  })

  router.get('/contract', auth, few, async (ctx) => {
    ctx.set('Cache-Control', 'no-store')
    ctx.body = await db.write(async (tx) => {
      const rental = await own(tx, ctx)
      const open = await contractToSign(tx, words, rental)
      const contract = open ?? (await contractsOf(tx, rental.id)).at(-1)
      if (!contract) throw new NotFound('contract')
      return contractLook(contract)
    })
  })

  router.get('/contract.pdf', auth, papers, async (ctx) => {
    const { id: wanted } = queryOf(ctx, contractQuery)
    const contract = await db.write(async (tx) => {
      const rental = await own(tx, ctx)
      if (wanted) return contractOf(tx, rental.id, wanted)
      return (await contractToSign(tx, words, rental)) ?? (await contractsOf(tx, rental.id)).at(-1)
    })
    if (!contract || contract.state === 'void') throw new NotFound('contract')
    if (contract.state === 'signed') {
      if (contract.madeAt === null) throw new Conflict('contract_making')
      return answerPdf(ctx, await readDocument(contract.id), `${contract.number}-${contract.seq}.pdf`)
    }
    const { bytes, name } = await contractPaper(contract.body, { hash: contract.hash, kind: contract.kind }, words)
    answerPdf(ctx, bytes, name)
  })

  router.post('/contract/sign', auth, few, async (ctx) => {
    const { signature, hash, device } = bodyOf(ctx, signBody)
    const used = [device, ctx.get('User-Agent')].filter(Boolean).join('; ').slice(0, 200)
    ctx.body = await db.write(async (tx) => {
      const rental = await own(tx, ctx)
      const contract = await signContract(tx, words, rental, { picture: signature, hash, device: used })
      await tellReady(tx, rental)
      return contractLook(contract)
    })
  })

  router.post('/deposit/score', auth, few, async (ctx) => {
    ctx.body = await beginScore(db, wechatpay, await db.read((tx) => own(tx, ctx)))
  })

  router.post('/deposit/score/done', auth, few, async (ctx) => {
    await finishScore(db, wechatpay, await db.read((tx) => own(tx, ctx)))
    ctx.body = await db.read(async (tx) => rentalView(tx, seen, await own(tx, ctx)))
  })

  router.post('/handover/sign', auth, few, async (ctx) => {
    const { signature, side } = bodyOf(ctx, acceptBody)
    await does(ctx, (tx, rental) => signInspection(tx, rental, side, signature))
  })

  router.post('/return', auth, few, (ctx) => does(ctx, askReturn))

  router.post('/urge', auth, few, (ctx) => does(ctx, urgeRental))

  router.post('/bill/confirm', auth, few, (ctx) =>
    does(ctx, (tx, rental) => confirmBill(tx, rental, { type: 'customer', id: rental.customerId })),
  )

  router.post('/bill/dispute', auth, few, async (ctx) => {
    const { fee, amount, description, photos } = bodyOf(ctx, disputeBody)
    const customerId = ctx.state.customerId as string
    const openid = await db.read((tx) => identityOf(tx, customerId, 'openid'))
    const safety = await checkText(wechat, openid ?? '', description)
    if (safety === 'blocked') throw new Invalid('description', 'text_blocked')
    await does(ctx, async (tx, rental) => {
      if (!(await isDisputable(tx, rental))) throw new Conflict('bill_none')
      const answers = { order: rental.number, fee, amount, description, ...(photos.length > 0 && { photos }) }
      const opening = { form: shelf.form(APPEAL), flow: shelf.flowFor(APPEAL), answers, safety }
      const ticket = await openTicket(tx, await customerById(tx, customerId), {
        ...opening,
        // Each time that a bill can be disputed, once.
        requestKey: ['bill', rental.id, rental.appealId].filter(Boolean).join(':'),
      })
      // The flow of the ticket may have tied it to the rental already.
      await disputeBill(tx, await own(tx, ctx), ticket.id)
    })
  })

  router.get('/inspection.pdf', auth, papers, async (ctx) => {
    const sheet = await db.read(async (tx) => sheetOf(tx, await own(tx, ctx)))
    const { bytes, name } = await inspectionPaper(sheet, words)
    answerPdf(ctx, bytes, name)
  })

  /** Does something with the customer's rental and answers with how it stands then. */
  async function does(ctx: Koa.Context, verb: (tx: Tx, rental: Rental) => Promise<void>): Promise<void> {
    ctx.body = await db.write(async (tx) => {
      await verb(tx, await own(tx, ctx))
      return rentalView(tx, seen, await own(tx, ctx))
    })
  }

  return router
}

function own(tx: Tx, ctx: Koa.Context): Promise<Rental> {
  const { params, state } = ctx as Koa.Context & { params: { id: string } }
  return rentalFor(tx, state.customerId, String(params.id))
}

/** A contract as its customer reads it. */
function contractLook({ id, kind, state, seq, hash, signedAt, body }: Contract) {
  return { id, kind, state, seq, hash, signedAt, ...readable(body) }
}

function answerPdf(ctx: Koa.Context, bytes: Buffer, name: string): void {
  ctx.type = 'application/pdf'
  ctx.set('Cache-Control', 'private, no-store')
  ctx.set('Content-Disposition', `inline; filename*=UTF-8''${encodeURIComponent(name)}`)
  ctx.body = bytes
}

async function sheetOf(tx: Tx, rental: Rental) {
  const { pickup, giveback } = rental
  if (!pickup) throw new NotFound('inspection')
  const booking = await bookingById(tx, rental.id)
  const terms = await termsOf(tx, booking)
  const side = async (seen: Inspection) => {
    const staff = seen.by ? ((await staffById(tx, seen.by))?.name ?? '') : ''
    return { ...seen, staff, storeTitle: storeOf(terms, seen.store).title }
  }
  return {
    number: rental.number,
    model: modelOf(terms, booking.model).title,
    plate: (await tx.get(Asset, booking.assetId))?.code ?? '',
    company: (await rulesOf(tx, rental.rulesId)).company.name,
    at: giveback?.at ?? pickup.at,
    pickup: await side(pickup),
    giveback: giveback && (await side(giveback)),
  }
}
