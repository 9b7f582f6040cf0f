import Router from 'koa-router'
import { accessOf, shownBy, sightOf, type Values } from '../../engines/access/access.ts'
import { FIELDS, type Field } from '../../engines/access/matrix.ts'
import { noteRead } from '../../engines/access/reads.ts'
import { readExportLink, type Taking } from '../../engines/access/take.ts'
import { record } from '../../engines/events/events.ts'
import { takeOnce } from '../../engines/messages/outbox.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { Forbidden } from '../../lib/errors.ts'
import { rateLimit } from '../../lib/http.ts'
import type { Words } from '../../lib/render.ts'
import { refusedUse } from '../customers/consents.ts'
import { Customer } from '../customers/customer.ts'
import { emailOf } from '../customers/email.ts'
import { factsOf } from './facts.ts'
import { membersOf } from './preview.ts'

/** A file holds no more customers than one can look through. */
const MOST = 5_000
const PAGE = 200

interface Needs {
  db: Database
  words: Words
}

/**
 * The door through which staff take lists of customers away: a file with the fields that their roles may export and no
 * others, handed out once. Who took whom is noted (K17).
 */
export function exportRoutes({ db, words }: Needs): Router {
  const router = new Router({ prefix: '/work' })
  const few = rateLimit(30, 60, (ctx) => ctx.ip)

  router.get('/customers/:token', few, async (ctx) => {
    const taking = await db.read(async (tx) => readExportLink(String(ctx.params.token), tx.now))
    // A program that only looks whether the address is there takes nothing.
    if (ctx.method !== 'GET') {
      ctx.status = 200
      return
    }
    await db.write(async (tx) => {
      if (!(await takeOnce(tx, `export:${taking.id}`))) throw new Forbidden('link_used')
    })
    const fields = await db.read(async (tx) => (await accessOf(tx, { staff: taking.staffId })).export)
    const columns = FIELDS.filter((field) => fields.has(field))
    const rows: string[][] = []
    for (let after: string | undefined = ''; after !== undefined && rows.length < MOST; ) {
      const page = await db.write((tx) => takePage(tx, taking, after as string, columns))
      rows.push(...page.rows)
      after = page.next
    }
    await db.write((tx) =>
      record(tx, 'customers.exported', {
        by: { type: 'staff', id: taking.staffId },
        subject: { type: 'staff', id: taking.staffId },
        data: { segment: taking.segment, customers: rows.length, fields: columns },
      }),
    )
    ctx.set('Cache-Control', 'no-store')
    ctx.attachment('customers.csv')
    ctx.type = 'text/csv; charset=utf-8'
    const heads = columns.map((field) => words.text(`cards/privacy.field.${field}`))
    // Excel takes a file for UTF-8 by this mark alone.
    ctx.body = `\ufeff${[heads, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`
  })

  return router
}

async function takePage(tx: Tx, { staffId, segment }: Taking, after: string, columns: Field[]) {
  const ids = segment
    ? (await membersOf(tx, segment, { after, limit: PAGE })).map(({ customerId }) => customerId)
    : (await tx.find(Customer, `WHERE id > ? ORDER BY id LIMIT ${PAGE}`, [after])).map(({ id }) => id)
  const rows: string[][] = []
  for (const id of ids) {
    const sight = await sightOf(tx, { staff: staffId }, 'export', id)
    if (!sight) continue
    // Whoever takes a segment away has chosen them by what they did.
    if (segment && (await refusedUse(tx, id, 'profiling'))) continue
    const { shown, inFull } = shownBy(sight, await valuesOf(tx, id))
    await noteRead(tx, { staff: staffId }, { customerId: id, door: 'export', fields: inFull, why: 'export' })
    rows.push(columns.map((field) => plain(shown[field])))
  }
  return { rows, next: ids.length === PAGE ? ids.at(-1) : undefined }
}

/** What there is to know of a customer, under the names of the matrix: for every door that shows more than a name. */
export async function valuesOf(tx: Tx, customerId: string): Promise<Values> {
  const customer = await tx.get(Customer, customerId)
  const facts = await factsOf(tx, customerId)
  return {
    name: customer?.nickname ?? '',
    phone: customer?.phone ?? '',
    email: (await emailOf(tx, customerId)) ?? '',
    birthday: facts.birthday,
    region: facts.region,
    tier: facts.tier,
    stage: facts.stage,
    orders: facts.orders,
    spent: facts.spent_fen,
    tags: facts.tags,
    segments: facts.segments,
  }
}

function plain(value: unknown): string {
  if (value === undefined || value === null) return ''
  return Array.isArray(value) ? value.join(' ') : String(value)
}

/** Quoted, and never read as a formula: what customers call themselves is theirs to choose. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return `"${safe.replaceAll('"', '""')}"`
}
