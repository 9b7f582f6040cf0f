import type Koa from 'koa'
import Router from 'koa-router'
import { z } from 'zod'
import { guardField, shownBy, sightOf, type Viewer } from '../../engines/access/access.ts'
import { noteRead } from '../../engines/access/reads.ts'
import { presentId } from '../../engines/events/aliases.ts'
import { reasonText } from '../../engines/packs/check-report.ts'
import { toldLines } from '../../lib/condition-words.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { NotFound } from '../../lib/errors.ts'
import { bodyOf, queryOf, rateLimit } from '../../lib/http.ts'
import type { Words } from '../../lib/render.ts'
import { Customer } from '../customers/customer.ts'
import { customerById } from '../customers/customers.ts'
import { operator } from '../customers/operator.ts'
import { lookAt } from './look.ts'
import { pastOf } from './past.ts'
import { conditionFor, membersOf, previewSegment, segmentNamed, segmentsWithCounts } from './preview.ts'
import { profileCustomer } from './profile.ts'
import { setStage } from './stages.ts'
import { progress, recountAll } from './sweep.ts'
import { addTag, removeTag, tagsOf } from './tags.ts'
import { standingOf, whyMember } from './why.ts'

const MOST_MEMBERS = 200
const previewBody = z.object({ when: z.record(z.string(), z.unknown()), sample: z.int().min(0).max(50).default(10) })
const pageQuery = z.object({
  after: z.string().max(26).optional(),
  limit: z.coerce.number().int().min(1).max(MOST_MEMBERS).default(50),
})
const pastQuery = z.object({
  before: z.string().max(26).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})
const tagBody = z.object({ reason: z.string().trim().min(1).max(200) })
const profileBody = z.object({ birthday: z.string().max(10).optional(), region: z.string().min(1).max(60).optional() })
const stageBody = z.object({ stage: z.string().max(40), reason: z.string().trim().min(1).max(200).optional() })

interface Needs {
  db: Database
  words: Words
}

/** The operator's door to segments and to where a customer stands (D6, D7, D8); names and numbers are masked. */
export function segmentRoutes({ db, words }: Needs): Router {
  const router = new Router({ prefix: '/api/operator' })
  // A preview reads all customers.
  const few = rateLimit(30, 60, () => 'preview')

  router.get('/segments', operator, async (ctx) => {
    ctx.body = await db.read(async (tx) => ({
      segments: (await segmentsWithCounts(tx)).map(({ segment: { segment, title, about, when, tags }, count }) => {
        return { segment, title, about, count, when, tags }
      }),
      progress: await progress(tx),
    }))
  })

  router.post('/segments/preview', operator, few, async (ctx) => {
    const { when, sample } = bodyOf(ctx, previewBody)
    const condition = conditionFor(when, (field, reason) => reasonText(field, reason, words))
    ctx.body = await db.write(async (tx) => {
      const preview = await previewSegment(tx, condition, sample)
      return { ...preview, sample: await looks(tx, preview.sample) }
    })
  })

  router.post('/segments/recount', operator, few, async (ctx) => {
    ctx.status = 202
    ctx.body = { customers: await recountAll(db) }
  })

  router.get('/segments/:segment/members', operator, async (ctx) => {
    const { after, limit } = queryOf(ctx, pageQuery)
    const { segment } = segmentNamed(String(ctx.params.segment))
    ctx.body = await db.write(async (tx) => {
      const rows = await membersOf(tx, segment, { after, limit })
      const customers = await looks(
        tx,
        rows.map(({ customerId }) => customerId),
      )
      const since = new Map(rows.map(({ customerId, since }) => [customerId, Number(since)]))
      return {
        members: customers.map((customer) => ({ ...customer, since: since.get(customer.id) })),
        ...(rows.length === limit && { next: rows.at(-1)?.customerId }),
      }
    })
  })

  router.get('/segments/:segment/members/:customer', operator, async (ctx) => {
    const { segment, customer } = ctx.params
    ctx.body = await db.read(async (tx) => {
      const why = await whyMember(tx, String(customer), String(segment))
      return { ...why, lines: toldLines(words, why.told, tx.now) }
    })
  })

  router.get('/customers/:customer/standing', operator, async (ctx) => {
    ctx.body = await db.read((tx) => standingOf(tx, String(ctx.params.customer)))
  })

  router.get('/customers/:customer', operator, async (ctx) => {
    ctx.body = await db.write(async (tx) => {
      const look = await lookAt(tx, await presentId(tx, String(ctx.params.customer)), words)
      const sight = look && (await sightOf(tx, OPERATOR_PROGRAM, 'api', look.id))
      if (!sight) throw new NotFound('customer')
      const { name, phone, ...identity } = look.identity
      const { shown, inFull } = shownBy(sight, { name, phone })
      await noteRead(tx, OPERATOR_PROGRAM, { customerId: look.id, door: 'api', fields: inFull, why: 'look' })
      return { ...look, identity: { ...identity, ...shown } }
    })
  })

  router.get('/customers/:customer/past', operator, async (ctx) => {
    const { before, limit } = queryOf(ctx, pastQuery)
    const { said } = about(ctx)
    ctx.body = await db.read(async (tx) => {
      const { id } = await customerById(tx, said)
      const events = await pastOf(tx, id, { limit, ...(before && { before }) })
      return { events, ...(events.length === limit && { next: events.at(-1)?.id }) }
    })
  })

  router.put('/customers/:customer/tags/:tag', operator, async (ctx) => {
    const { reason } = bodyOf(ctx, tagBody)
    const { said, tag } = about(ctx)
    const id = await db.write(async (tx) => {
      const { id } = await customerById(tx, said)
      await guardField(tx, OPERATOR_PROGRAM, 'edit', 'tags')
      await addTag(tx, id, tag, { by: { type: 'system' }, reason, key: OPERATOR })
      return id
    })
    ctx.body = { tags: await db.read((tx) => tagsOf(tx, id)).then((tags) => tags.map((one) => one.tag)) }
  })

  router.delete('/customers/:customer/tags/:tag', operator, async (ctx) => {
    const { said, tag } = about(ctx)
    const by = { by: { type: 'system' as const }, key: OPERATOR }
    await db.write(async (tx) => {
      await guardField(tx, OPERATOR_PROGRAM, 'delete', 'tags')
      await removeTag(tx, await presentId(tx, said), tag, by)
    })
    ctx.status = 204
  })

  router.put('/customers/:customer/profile', operator, async (ctx) => {
    const told = bodyOf(ctx, profileBody)
    const { said } = about(ctx)
    await db.write(async (tx) => {
      const { id } = await customerById(tx, said)
      for (const field of ['birthday', 'region'] as const)
        if (told[field] !== undefined) await guardField(tx, OPERATOR_PROGRAM, 'edit', field)
      await profileCustomer(tx, id, told, { type: 'system' })
    })
    ctx.status = 204
  })

  router.put('/customers/:customer/stage', operator, async (ctx) => {
    const { stage, reason } = bodyOf(ctx, stageBody)
    const { said } = about(ctx)
    await db.write(async (tx) => {
      const { id } = await customerById(tx, said)
      await guardField(tx, OPERATOR_PROGRAM, 'edit', 'stage')
      await setStage(tx, id, stage, { by: { type: 'system' }, reason, key: OPERATOR })
    })
    ctx.body = await db.read((tx) => standingOf(tx, said))
  })

  return router
}

const OPERATOR = 'operator'
const OPERATOR_PROGRAM: Viewer = { program: OPERATOR }

/** Whom and what a request is about; the id may be one that a customer had before. */
function about(ctx: Koa.Context): { said: string; tag: string } {
  return { said: String(ctx.params.customer), tag: String(ctx.params.tag ?? '') }
}

/** Customers as programs may see them; what they read in full is noted. */
async function looks(tx: Tx, ids: string[]) {
  if (ids.length === 0) return []
  const rows = await tx.find(Customer, `WHERE id IN (${ids.map(() => '?').join(',')}) ORDER BY id`, ids)
  const all = []
  for (const { id, nickname, phone } of rows) {
    const sight = await sightOf(tx, OPERATOR_PROGRAM, 'api', id)
    if (!sight) continue
    const { shown, inFull } = shownBy(sight, { name: nickname, phone })
    await noteRead(tx, OPERATOR_PROGRAM, { customerId: id, door: 'api', fields: inFull, why: 'segment' })
    all.push({ id, ...shown })
  }
  return all
}
