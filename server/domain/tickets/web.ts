import { bodyParser } from '@koa/bodyparser'
import type Koa from 'koa'
import Router from 'koa-router'
import { checkAnswers } from '../../engines/forms/answers.ts'
import type { Form } from '../../engines/forms/form.ts'
import { formPage, type Posted, postedAnswers } from '../../engines/forms/page.ts'
import type { Problem } from '../../engines/forms/rules.ts'
import { takeOnce } from '../../engines/messages/outbox.ts'
import type { Shelf, Version } from '../../engines/packs/shelf.ts'
import { HOUR } from '../../lib/clock.ts'
import { opened } from '../../lib/crypto.ts'
import type { Database } from '../../lib/db.ts'
import { AppError, Invalid, NotFound, TooLarge, TooMany } from '../../lib/errors.ts'
import { errorText, rateLimit } from '../../lib/http.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { contactByPhone } from '../customers/contact.ts'
import { TicketReporter } from './relations.ts'
import { Ticket } from './ticket.ts'
import { openTicket } from './tickets.ts'
import { type Given, giveToken, isHasty, readToken } from './web-token.ts'

const BODY_LIMIT = '64kb'
/** So many matters one number may bring in an hour. */
const MOST_PER_PHONE = 5
const MAX_NAME = 20
/** Something is wrong with the answers. */
const UNFIT = 422
/** No person sees this field; what fills it in is no person. */
const TRAP = '_website'
const TOKEN = '_token'
/** Pages of our own words only: nothing is loaded from anywhere, nothing is sent elsewhere. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"

interface Needs {
  db: Database
  words: Words
  shelf: Shelf
}

/** What a browser sent: the fields, and what stands beside them. */
interface Sent {
  posted: Posted
  token: string
  trapped: boolean
}

/** The public page of a form, for campaigns (F2): the same definition and the same check as in the app, no sign-in. */
export function webRoutes({ db, words, shelf }: Needs): Router {
  const router = new Router({ prefix: '/f' })
  const views = rateLimit(120, 60, (ctx) => ctx.ip)
  const sends = rateLimit(20, 600, (ctx) => ctx.ip)
  const body = bodyParser({ enableTypes: ['form'], formLimit: BODY_LIMIT })

  router.get('/:form', answeringPages, views, async (ctx) => {
    const { version, body: form } = webForm(shelf, nameIn(ctx))
    await show(ctx, form, version, { values: chosenIn(form, ctx.query) })
  })

  router.post('/:form', answeringPages, sends, body, async (ctx) => {
    const newest = webForm(shelf, nameIn(ctx))
    const { posted, token, trapped } = sentIn(ctx)
    try {
      const taken = trapped ? { number: '' } : await take(nameIn(ctx), token, posted)
      if ('number' in taken) {
        return page(ctx, words.text('pages/form-done', { title: newest.body.title, brand: brand(), ...taken }))
      }
      ctx.status = UNFIT
      await show(ctx, newest.body, newest.version, { posted, problems: taken.problems })
    } catch (error) {
      // What somebody has filled in is theirs: it is shown again, whatever was wrong with the page.
      if (!(error instanceof Invalid || error instanceof TooMany)) throw error
      refusing(ctx, error)
      await show(ctx, newest.body, newest.version, { posted, problem: errorText(words, error) })
    }
  })

  /** Opens the ticket that a page asks for, once, or tells what is wrong with the answers. Throws Invalid, TooMany. */
  async function take(
    name: string,
    token: string,
    posted: Posted,
  ): Promise<{ number: string } | { problems: Problem[] }> {
    const { given, form } = await db.read(async (tx) => {
      const given = readToken(token, name, tx.now)
      if (isHasty(given, tx.now)) throw new Invalid('page', 'web_page_hasty')
      return { given, form: await shelf.formOf(tx, name, given.version) }
    })
    const { values, problems } = checkAnswers(form.body, postedAnswers(form.body, posted))
    if (problems.length > 0) return { problems }
    return db.write(async (tx) => {
      const customer = await contactByPhone(tx, phoneIn(form.body, values), nameOf(values))
      const flow = shelf.flowFor(name)
      // WeChat judges only the words of people whom it knows by an openid; these are read by staff alone.
      const request = { form, flow, answers: values, safety: 'pass' as const, requestKey: `web:${given.nonce}` }
      if ((await guardPage(tx, customer.id, given)) === 'first') await guardPhone(tx, customer.id)
      return { number: (await openTicket(tx, customer, request)).number }
    })
  }

  async function show(
    ctx: Koa.Context,
    form: Form,
    version: number,
    {
      posted,
      problem = '',
      problems = [],
      values,
    }: { posted?: Posted; problem?: string; problems?: Problem[]; values?: Record<string, unknown> } = {},
  ) {
    const now = await db.read(async (tx) => tx.now)
    const told = problems.map(({ field, why, data }) => ({
      field,
      label: data.label,
      text: errorText(words, new Invalid(field, why, data)),
    }))
    const wrong = form.fields.flatMap(({ name }) => told.find(({ field }) => field === name) ?? [])
    const elsewhere = told.find(({ field }) => !form.fields.some(({ name }) => name === field))
    const data = {
      title: form.title,
      intro: form.intro ?? '',
      submit: form.submit ?? '',
      brand: brand(),
      problem: problem || (elsewhere?.text ?? ''),
      wrong,
      count: wrong.length,
      action: `/f/${form.form}`,
      token: giveToken(form.form, version, now),
    }
    page(
      ctx,
      formPage(words, 'pages/form', data, form, {
        posted,
        values,
        problems: Object.fromEntries(wrong.map(({ field, text }) => [field, text])),
      }),
    )
  }

  function brand(): string {
    return shelf.heads[0]?.brand ?? ''
  }

  /** Who opens a page in a browser reads a page, whatever goes wrong. */
  async function answeringPages(ctx: Koa.Context, next: Koa.Next): Promise<void> {
    try {
      await next()
    } catch (error) {
      const known = (error as { status?: number }).status === 413 ? new TooLarge('body_too_large') : error
      if (!(known instanceof AppError)) throw error
      refusing(ctx, known)
      const busy = known instanceof TooMany
      page(ctx, words.text('pages/form-refused', { brand: brand(), busy, message: errorText(words, known) }))
    }
  }

  return router
}

function refusing(ctx: Koa.Context, error: AppError): void {
  ctx.status = error.status
  if (error instanceof TooMany) ctx.set('Retry-After', String(Math.ceil(error.retryAfterMs / 1000)))
}

function page(ctx: Koa.Context, html: string): void {
  ctx.set('Content-Security-Policy', POLICY)
  ctx.set('Cache-Control', 'no-store')
  ctx.type = 'html'
  ctx.body = html
}

/** What the link of a campaign has chosen beforehand (`?source=expo`): options only, no words come from outside. */
function chosenIn({ fields }: Form, query: Koa.Context['query']): Record<string, unknown> {
  const chosen = fields.flatMap(({ name, options }) =>
    options?.some(({ value }) => value === query[name]) ? [[name, query[name]] as const] : [],
  )
  return Object.fromEntries(chosen)
}

/** A form that its pack has put on the web; every other one does not exist here. */
function webForm(shelf: Shelf, name: string): Version<Form> {
  const form = shelf.forms.get(name)
  if (!form?.body.web) throw new NotFound('page_gone')
  shelf.flowFor(name)
  return form
}

/** A page is good for one sending: the same again is the same request, with another number it is refused. Throws Invalid. */
async function guardPage(tx: Tx, customerId: string, { nonce }: Given): Promise<'first' | 'again'> {
  const first = await takeOnce(tx, `web:${nonce}`)
  const mine = await takeOnce(tx, `web:${nonce}:${customerId}`)
  if (!first && mine) throw new Invalid('page', 'web_page_used')
  return first ? 'first' : 'again'
}

/** Whoever types the numbers of others must not flood anybody's list. Throws TooMany. */
async function guardPhone(tx: Tx, customerId: string): Promise<void> {
  const since = [customerId, tx.now - HOUR]
  const opened = await tx.find(
    Ticket,
    `WHERE customerId = ? AND openedAt > ? ORDER BY openedAt LIMIT ${MOST_PER_PHONE}`,
    since,
  )
  const joined = await tx.find(
    TicketReporter,
    `WHERE customerId = ? AND at > ? ORDER BY at LIMIT ${MOST_PER_PHONE}`,
    since,
  )
  if (opened.length + joined.length < MOST_PER_PHONE) return
  const oldest = Math.min(...opened.map(({ openedAt }) => openedAt), ...joined.map(({ at }) => at))
  throw new TooMany(oldest + HOUR - tx.now)
}

function phoneIn(form: Form, values: Record<string, unknown>): string {
  const field = form.fields.find(({ kind, name }) => kind === 'phone' && values[name] !== undefined)
  return String(opened(values[field?.name ?? '']))
}

/** What the person wants to be called, where the form asks for it in a field of that name. */
function nameOf(values: Record<string, unknown>): string | undefined {
  const name = opened(values.name)
  return typeof name === 'string' ? name.slice(0, MAX_NAME) : undefined
}

function nameIn(ctx: Koa.Context): string {
  return String((ctx as Koa.Context & { params: { form: string } }).params.form)
}

/** The body's fields, each as a list of texts: whatever else somebody has built is left out. */
function sentIn(ctx: Koa.Context): Sent {
  const body = (ctx.request as { body?: unknown }).body
  const fields = typeof body === 'object' && body !== null ? Object.entries(body) : []
  const lists = fields.map(([name, value]) => [name, textsIn(value)] as const)
  const { [TOKEN]: token, [TRAP]: trap, ...posted } = Object.fromEntries(lists)
  return { posted, token: token?.[0] ?? '', trapped: Boolean(trap?.[0]) }
}

function textsIn(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string')
}
