import Router from 'koa-router'
import { z } from 'zod'
import { operator } from './domain/customers/operator.ts'
import { dryRunLines } from './dry-run.ts'
import { SYSTEM } from './engines/events/events.ts'
import { dryRun } from './engines/rules/dry-run.ts'
import { rulesNow } from './engines/rules/find.ts'
import { setRule } from './engines/rules/switches.ts'
import { explainRule } from './engines/rules/why.ts'
import { tellWhy } from './engines/rules/why-words.ts'
import { lookups } from './engines/staff/lookups.ts'
import type { House } from './house.ts'
import { DAY } from './lib/clock.ts'
import type { Tx } from './lib/db.ts'
import { Invalid, NotFound } from './lib/errors.ts'
import { bodyOf, queryOf } from './lib/http.ts'
import { inScratch } from './scratch.ts'

const whyQuery = z.object({ customer: z.string().min(1).max(60) })
const dryBody = z.object({ days: z.int().min(1).max(90) })
const STATES = { pause: 'paused', resume: 'on', kill: 'killed' } as const

/** The operator's doors to the rules: how they stand, why one acted or did not, what one would have done. */
export function ruleRoutes({ db, shelf, words }: Pick<House, 'db' | 'shelf' | 'words'>): Router {
  const router = new Router({ prefix: '/api/operator/rules' })
  router.use(operator)

  router.get('/', async (ctx) => {
    ctx.body = { rules: await db.read((tx) => rulesNow(tx, tx.now - 7 * DAY)) }
  })

  router.get('/:rule/why', async (ctx) => {
    const { customer: said } = queryOf(ctx, whyQuery)
    const rule = String(ctx.params.rule)
    ctx.body = await db.read(async (tx) => {
      const { id, name, phone } = await customerMeant(tx, said)
      const why = await explainRule(tx, rule, id)
      const called = words.text('cards/rules.customer', { name, phone })
      return { ...why, customer: id, sentences: tellWhy(why, called, words, tx.now) }
    })
  })

  router.post('/:rule/dry-run', async (ctx) => {
    const { days } = bodyOf(ctx, dryBody)
    const version = shelf.rules.get(String(ctx.params.rule))
    if (!version) throw new NotFound('rule_unknown', { rule: String(ctx.params.rule) })
    const found = await dryRun(db, inScratch, version.body, days)
    ctx.body = { ...found, sentences: await db.read((tx) => dryRunLines(tx, version.body, found, words)) }
  })

  router.post('/:rule/:act', async (ctx) => {
    const { rule, act } = ctx.params as { rule: string; act: string }
    const state = Object.hasOwn(STATES, act) ? STATES[act as keyof typeof STATES] : undefined
    if (!state) throw new NotFound('page_gone')
    if (!shelf.rules.has(rule)) throw new NotFound('rule_unknown', { rule })
    await db.write((tx) => setRule(tx, rule, state, SYSTEM))
    ctx.body = { rule, state }
  })

  return router
}

/** A customer by id, or by whatever staff find one by if it means only one. Throws NotFound, Invalid. */
async function customerMeant(tx: Tx, said: string) {
  const known = await lookups().customer(tx, said)
  if (known) return known
  const found = await lookups().findCustomers(tx, said, 2)
  if (found.length > 1) throw new Invalid('customer', 'why_which', { said })
  if (!found[0]) throw new NotFound('customer')
  return found[0]
}
