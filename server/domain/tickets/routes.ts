import { readFile, unlink } from 'node:fs/promises'
import formidable from 'formidable'
import type Koa from 'koa'
import Router from 'koa-router'
import { z } from 'zod'
import { Attachment } from '../../engines/files/attachment.ts'
import { documentById, documentLinkHolds, readDocument } from '../../engines/files/documents.ts'
import {
  addPicture,
  cleanPicture,
  MAX_UPLOAD_BYTES,
  PAPER_PICTURE,
  pictureLinkHolds,
  readPicture,
  storePicture,
} from '../../engines/files/files.ts'
import type { Shelf } from '../../engines/packs/shelf.ts'
import type { Database } from '../../lib/db.ts'
import { Conflict, Invalid, NotFound } from '../../lib/errors.ts'
import { bodyOf, queryOf, rateLimit, tagged } from '../../lib/http.ts'
import { newId } from '../../lib/ids.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Wechat } from '../../platforms/wechat.ts'
import { signedIn } from '../customers/auth.ts'
import { customerById, identityOf } from '../customers/customers.ts'
import { withoutPositions } from '../customers/position.ts'
import { ticketSeenBy } from './change.ts'
import { detailOf, summaryOf, ticketsOf } from './detail.ts'
import { addRemark } from './remarks.ts'
import { reopenByCustomer } from './reopen.ts'
import { checkText, wordsOf } from './safety.ts'
import type { Ticket } from './ticket.ts'
import { openTicket, rateTicket, urgeTicket, withdrawTicket } from './tickets.ts'
import { photoOf } from './timeline.ts'
import { webRoutes } from './web.ts'

const PAGE = 20
const id = z.string().regex(/^[0-9A-Z]{26}$/)
const openBody = z.object({
  form: z.string().max(60),
  version: z.number().int().optional(),
  answers: z.record(z.string(), z.unknown()),
})
const remarkBody = z.object({ text: z.string().trim().max(500).default(''), photos: z.array(id).max(9).default([]) })
const withdrawBody = z.object({ reason: z.string().trim().max(200).default('') })
const reopenBody = z.object({ reason: z.string().trim().min(1).max(200) })
const ratingBody = z.object({
  csat: z.number().int().min(1).max(5),
  nps: z.number().int().min(0).max(10).optional(),
  words: z.string().trim().max(500).optional(),
})
const listQuery = z.object({ before: id.optional() })
const uploadQuery = z.object({ for: z.enum(['document']).optional() })
const linkQuery = z.object({ until: z.coerce.number().int(), sig: z.string().max(64) })

interface Needs {
  db: Database
  words: Words
  shelf: Shelf
  wechat?: Wechat
  /** What can be booked beside the services that are asked for by a form. */
  bookable?: () => { rental: string | null; appointments: boolean }
}

/** The customer's door to services, forms and tickets (M2, M3, F2, P10). */
export function ticketRoutes({ db, words, shelf, wechat, bookable }: Needs): Router {
  const router = new Router()
  const auth = signedIn(db)
  const writes = rateLimit(60, 60, (ctx) => ctx.state.customerId ?? ctx.ip)
  const uploads = rateLimit(60, 600, (ctx) => ctx.state.customerId ?? ctx.ip)

  router.get('/api/services', async (ctx) => {
    ctx.body = {
      brand: shelf.heads[0]?.brand ?? '',
      bookable: bookable?.() ?? { rental: null, appointments: false },
      services: shelf.offered.map(({ body }) => ({
        form: body.form,
        title: shelf.form(body.form).body.title,
        description: body.description,
        icon: body.icon,
        /** It begins with a thing that has a code. */
        scan: shelf.form(body.form).body.fields.some(({ kind }) => kind === 'asset'),
      })),
      // Several kinds of message may share a template; it is asked for once.
      subscribe: [
        ...new Map(
          shelf.heads.flatMap(({ subscribe }) => Object.values(subscribe).map((one) => [one.template, one] as const)),
        ).values(),
      ].map(({ template, title }) => ({ id: template, title })),
    }
  })

  router.get('/api/forms/:name', async (ctx) => {
    const { body, version } = shelf.form(String(ctx.params.name))
    shelf.flowFor(body.form)
    const { form, ...rest } = body
    ctx.body = { name: form, version, ...rest }
  })

  router.post('/api/uploads', auth, uploads, async (ctx) => {
    const customerId = ctx.state.customerId as string
    const { for: purpose } = queryOf(ctx, uploadQuery)
    const picture = await cleanPicture(await uploadOf(ctx))
    const pictureId = await db.write(async (tx) => newId(tx.now))
    await storePicture(pictureId, picture)
    const row = await db.write(async (tx) => {
      // A paper is shown to its owner alone, and is nobody else's to check.
      const belongs = purpose ? { field: PAPER_PICTURE } : {}
      const safety = wechat && !purpose ? 'unchecked' : 'pass'
      await addPicture(tx, pictureId, { type: 'customer', id: customerId }, picture, safety, belongs)
      return photoOf((await tx.get(Attachment, pictureId)) as Attachment, tx.now)
    })
    ctx.status = 201
    ctx.body = { id: row.id, url: row.url }
  })

  router.get('/files/:id', async (ctx) => {
    const { until, sig } = queryOf(ctx, linkQuery)
    const pictureId = String(ctx.params.id)
    const now = await db.read(async (tx) => tx.now)
    if (!pictureLinkHolds(pictureId, until, sig, now)) throw new NotFound('file')
    ctx.type = 'image/jpeg'
    ctx.set('Cache-Control', 'private, max-age=3600')
    ctx.body = await readPicture(pictureId)
  })

  router.get('/documents/:id', async (ctx) => {
    const { until, sig } = queryOf(ctx, linkQuery)
    const documentId = String(ctx.params.id)
    const document = await db.read(async (tx) => {
      if (!documentLinkHolds(documentId, until, sig, tx.now)) throw new NotFound('file')
      return documentById(tx, documentId)
    })
    ctx.type = 'application/pdf'
    ctx.set('Cache-Control', 'private, max-age=3600')
    ctx.set('Content-Disposition', `inline; filename*=UTF-8''${encodeURIComponent(document.name)}`)
    ctx.body = await readDocument(documentId)
  })

  router.post('/api/tickets', auth, writes, async (ctx) => {
    const body = bodyOf(ctx, openBody)
    const customerId = ctx.state.customerId as string
    const form = await db.read((tx) => shelf.formOf(tx, body.form, body.version))
    const flow = shelf.flowFor(body.form)
    const safety = await judge(customerId, wordsOf(form.body, body.answers))
    ctx.status = 201
    ctx.body = await db.write(async (tx) => {
      const customer = await customerById(tx, customerId)
      const answers = await withoutPositions(tx, customerId, form.body, body.answers)
      const ticket = await openTicket(tx, customer, { form, flow, answers, requestKey: requestKeyOf(ctx), safety })
      return detailOf(tx, words, ticket, customerId)
    })
  })

  router.get('/api/tickets', auth, async (ctx) => {
    const { before } = queryOf(ctx, listQuery)
    ctx.body = await db.read(async (tx) => {
      const rows = await ticketsOf(tx, ctx.state.customerId, before ?? 'Z', PAGE + 1)
      const page = rows.slice(0, PAGE)
      const tickets = []
      for (const ticket of page) tickets.push(await summaryOf(tx, words, ticket))
      return { tickets, next: rows.length > PAGE ? (page.at(-1)?.id ?? null) : null }
    })
  })

  router.get('/api/tickets/:id', auth, async (ctx) => {
    const detail = await db.read(async (tx) =>
      detailOf(tx, words, await ticketSeenBy(tx, ctx.state.customerId, String(ctx.params.id)), ctx.state.customerId),
    )
    tagged(ctx, detail)
  })

  router.post('/api/tickets/:id/remarks', auth, writes, async (ctx) => {
    const { text, photos } = bodyOf(ctx, remarkBody)
    const safety = await judge(ctx.state.customerId, text)
    await answer(ctx, (tx, ...who) => addRemark(tx, ...who, { text, photos, safety, requestKey: requestKeyOf(ctx) }))
  })

  router.post('/api/tickets/:id/urge', auth, writes, (ctx) => answer(ctx, urgeTicket))

  router.post('/api/tickets/:id/withdraw', auth, writes, async (ctx) => {
    const { reason } = bodyOf(ctx, withdrawBody)
    await answer(ctx, (tx, ...who) => withdrawTicket(tx, ...who, reason))
  })

  router.post('/api/tickets/:id/reopen', auth, writes, async (ctx) => {
    const { reason } = bodyOf(ctx, reopenBody)
    const safety = await judge(ctx.state.customerId, reason)
    await answer(ctx, (tx, ...who) => reopenByCustomer(tx, ...who, { reason, safety }))
  })

  router.post('/api/tickets/:id/rating', auth, writes, async (ctx) => {
    const rating = bodyOf(ctx, ratingBody)
    await judge(ctx.state.customerId, rating.words ?? '')
    await answer(ctx, (tx, ...who) => rateTicket(tx, ...who, rating))
  })

  router.use(webRoutes({ db, words, shelf }).routes())

  /** Runs a verb on the customer's ticket and answers with how it stands now. */
  async function answer(ctx: Koa.Context, verb: (tx: Tx, customerId: string, ticketId: string) => Promise<Ticket>) {
    const { params, state } = ctx as Koa.Context & { params: { id: string } }
    const { customerId } = state
    ctx.body = await db.write(async (tx) => detailOf(tx, words, await verb(tx, customerId, params.id), customerId))
  }

  /** The check of a text before anything is stored; what the platform calls risky is refused. */
  async function judge(customerId: string, text: string) {
    const openid = await db.read((tx) => identityOf(tx, customerId, 'openid'))
    const safety = await checkText(wechat, openid ?? '', text)
    if (safety === 'blocked') throw new Invalid('text', 'text_blocked')
    return safety
  }

  return router
}

/** The key under which a client repeats a request that was not answered. */
function requestKeyOf(ctx: Koa.Context): string | undefined {
  return ctx.get('Idempotency-Key').slice(0, 80) || undefined
}

/** The one file of an upload; throws Invalid when there is none, or Conflict when the connection broke off. */
async function uploadOf(ctx: Koa.Context): Promise<Buffer> {
  const form = formidable({ maxFiles: 1, maxFileSize: MAX_UPLOAD_BYTES, maxFieldsSize: 10_000 })
  const files = await form.parse(ctx.req).then(
    ([, parts]) => parts,
    (error: { httpCode?: number }) => {
      if (error.httpCode === 413) throw new Invalid('file', 'file_too_large', { megabytes: 10 })
      throw new Conflict('upload_broken')
    },
  )
  const [file] = Object.values(files).flat()
  if (!file) throw new Invalid('file', 'file_missing')
  try {
    return await readFile(file.filepath)
  } finally {
    await unlink(file.filepath).catch(() => undefined)
  }
}
