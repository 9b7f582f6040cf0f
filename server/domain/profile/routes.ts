import Router from 'koa-router'
import { z } from 'zod'
import { PICTURE_ENDING, paperPicture, readPicture } from '../../engines/files/files.ts'
import { removeStored } from '../../engines/files/store.ts'
import type { Database } from '../../lib/db.ts'
import { Conflict, Invalid } from '../../lib/errors.ts'
import { bodyOf, rateLimit, requester } from '../../lib/http.ts'
import { signedIn } from '../customers/auth.ts'
import { askForEmail, confirmEmail } from '../customers/email-confirmation.ts'
import { changeProfile, profileOf } from './details.ts'
import { DOCUMENT_KINDS } from './document.ts'
import { addDocument, documentsOf, removeDocument } from './documents.ts'
import type { PaperReader } from './readers.ts'
import { READABLE } from './reading.ts'

const changeBody = z.strictObject({
  nickname: z.string().trim().min(1).max(20).optional(),
  birthday: z.string().max(10).optional(),
  region: z.string().trim().min(1).max(60).optional(),
  preferences: z.record(z.string().max(40), z.array(z.string().max(40)).max(20)).optional(),
})
const emailBody = z.strictObject({ email: z.string().min(3).max(200) })
const codeBody = z.strictObject({ code: z.string().regex(/^\d{6}$/) })
const documentBody = z.strictObject({
  kind: z.enum(DOCUMENT_KINDS),
  number: z.string().min(4).max(40),
  holder: z.string().trim().min(1).max(40).optional(),
  class: z.string().max(4).optional(),
  expires_on: z.string().max(10).optional(),
  issued_on: z.string().max(10).optional(),
  photo: z.string().length(26).optional(),
})
const readBody = z.strictObject({ kind: z.enum(READABLE), photo: z.string().length(26) })

interface Needs {
  db: Database
  /** Whether mails can be sent at all. */
  mails: boolean
  /** Reads papers from their pictures; absent: they are typed. */
  reader?: PaperReader
}

/** The customer's own particulars and papers (M6, D9). */
export function profileRoutes({ db, mails, reader }: Needs): Router {
  const router = new Router({ prefix: '/api/me' })
  const auth = signedIn(db)
  const few = rateLimit(60, 60, requester)
  const codes = rateLimit(20, 600, requester)
  const reads = rateLimit(20, 600, requester)

  router.get('/profile', auth, async (ctx) => {
    ctx.body = await db.read((tx) => profileOf(tx, ctx.state.customerId))
  })

  router.patch('/profile', auth, few, async (ctx) => {
    const change = bodyOf(ctx, changeBody)
    const customerId = ctx.state.customerId as string
    ctx.body = await db.write(async (tx) => {
      await changeProfile(tx, customerId, change)
      return profileOf(tx, customerId)
    })
  })

  router.post('/email', auth, codes, async (ctx) => {
    const { email } = bodyOf(ctx, emailBody)
    if (!mails) throw new Invalid('email', 'email_off')
    await db.write((tx) => askForEmail(tx, ctx.state.customerId, email))
    ctx.status = 202
    ctx.body = await db.read((tx) => profileOf(tx, ctx.state.customerId))
  })

  router.post('/email/confirm', auth, codes, async (ctx) => {
    const { code } = bodyOf(ctx, codeBody)
    // A wrong try is counted, and whose address it is noted, before it is refused.
    const found = await db.write((tx) => confirmEmail(tx, ctx.state.customerId, code))
    if (found === 'wrong') throw new Conflict('email_code_wrong')
    if (found === 'others') throw new Conflict('email_taken')
    ctx.body = await db.read((tx) => profileOf(tx, ctx.state.customerId))
  })

  router.get('/documents', auth, async (ctx) => {
    ctx.body = { documents: await db.read((tx) => documentsOf(tx, ctx.state.customerId)) }
  })

  router.post('/documents', auth, few, async (ctx) => {
    const paper = bodyOf(ctx, documentBody)
    const customerId = ctx.state.customerId as string
    ctx.status = 201
    ctx.body = await db.write(async (tx) => {
      await addDocument(tx, customerId, paper)
      return { documents: await documentsOf(tx, customerId) }
    })
  })

  router.post('/documents/read', auth, reads, async (ctx) => {
    const { kind, photo } = bodyOf(ctx, readBody)
    if (!reader) throw new Conflict('paper_reading_off')
    await db.read((tx) => paperPicture(tx, ctx.state.customerId, photo))
    ctx.set('Cache-Control', 'no-store')
    ctx.body = await reader(await readPicture(photo), kind)
  })

  router.delete('/documents/:id', auth, few, async (ctx) => {
    const photo = await db.write((tx) => removeDocument(tx, ctx.state.customerId, String(ctx.params.id)))
    if (photo) await removeStored(photo, PICTURE_ENDING)
    ctx.status = 204
  })

  return router
}
