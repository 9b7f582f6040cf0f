import { z } from 'zod'
import { guardClaim } from '../../engines/dispatch/claims.ts'
import { ruleOf } from '../../engines/dispatch/rule.ts'
import { SYSTEM } from '../../engines/events/events.ts'
import type { FlowWord, Said, Turn } from '../../engines/flows/hooks.ts'
import { calendarOf } from '../../engines/flows/ladder.ts'
import type { FlowRun } from '../../engines/flows/run.ts'
import { opened } from '../../lib/crypto.ts'
import { spanMs, spanSchema } from '../../lib/span.ts'
import type { Tx } from '../../lib/tx.ts'
import { setCompany } from '../companies/companies.ts'
import { nameKeyOf } from '../companies/company.ts'
import { setContact } from '../companies/contacts.ts'
import { sentQuote } from '../quotes/quotes.ts'
import { changeTicket } from '../tickets/change.ts'
import { tellOfTicket } from '../tickets/tell.ts'
import { Ticket } from '../tickets/ticket.ts'
import { closeLead, holdLead, noteContact, openLead } from './leads.ts'

const place = z.string().regex(/^[a-z_0-9]+\.[a-z][a-z_0-9]*$/i, 'write form.<field> or <step>.<field>')

interface OpenArgs {
  source?: string
  region?: string
  industry?: string
  company?: string
  contact?: string
}

const open: FlowWord<OpenArgs> = {
  name: 'open_lead',
  args: z.strictObject({
    source: place.optional(),
    region: place.optional(),
    industry: place.optional(),
    /** The fields that name the company and who asks in its name. */
    company: place.optional(),
    contact: place.optional(),
  }),
  async run(tx, { run }, { source, region, industry, company, contact }) {
    const at = (path: string | undefined) => textAt(run, path)
    const origin = { source: at(source), region: at(region), industry: at(industry) }
    const companyId = await companyBehind(tx, run, at(company), at(contact))
    await openLead(tx, run, { ...origin, ...(companyId && { companyId }) })
  },
}

const hold: FlowWord<{ take_back?: string }> = {
  name: 'hold_lead',
  args: z.strictObject({
    /** In how much working time it must be followed up, or it is given to somebody else. */
    take_back: spanSchema.optional(),
  }),
  misfit({ take_back }, { moment, step: { assign } }) {
    if (moment !== 'entry' && moment !== 'accept') {
      return { path: ['do'], reason: '"hold_lead" is said on "entry" or "accept"' }
    }
    const dispatched = typeof assign === 'object' && 'dispatch' in assign
    if (!take_back || dispatched) return undefined
    return {
      path: ['take_back'],
      reason: '"take_back" needs a step that is assigned by "dispatch": it finds who is next',
    }
  },
  async run(tx, turn, { take_back }, taker) {
    const staffId = taker?.staff.id ?? turn.step.assigneeId
    if (!staffId) return
    if (taker?.claims) await guardStock(tx, turn, staffId)
    const allowedMs = take_back ? spanMs(take_back, calendarOf(turn.flow).workdayMs) : null
    await holdLead(tx, turn, staffId, allowedMs)
  },
}

interface ContactArgs {
  outcome: string
  next: string
  missed: string[]
}

const contact: FlowWord<ContactArgs> = {
  name: 'log_contact',
  args: z.strictObject({
    /** The fields of the step's form: what came of it, and when the next talk is. */
    outcome: z.string().default('outcome'),
    next: z.string().default('next_at'),
    /** The outcomes with which nobody was reached. */
    missed: z.array(z.string()).default([]),
  }),
  misfit: ({ outcome }, said) => fieldOf('log_contact', 'outcome', outcome, said),
  async run(tx, turn, { outcome, next, missed }) {
    const { [outcome]: came, [next]: named } = turn.step.answers ?? {}
    const told = typeof came === 'string' ? came : ''
    await noteContact(tx, turn, {
      outcome: told,
      reached: !missed.includes(told),
      next: typeof named === 'string' ? named : null,
    })
  },
}

interface CloseArgs {
  as: 'won' | 'lost'
  reason?: string
  amount?: string
}

const close: FlowWord<CloseArgs> = {
  name: 'close_lead',
  args: z.strictObject({
    as: z.enum(['won', 'lost']),
    /** The fields of the step's form: why it was lost, and what it came to (else what the last quote says). */
    reason: z.string().optional(),
    amount: z.string().optional(),
  }),
  misfit({ reason, amount }, said) {
    const wrong = reason ? fieldOf('close_lead', 'reason', reason, said) : undefined
    return wrong ?? (amount ? fieldOf('close_lead', 'amount', amount, said) : undefined)
  },
  async run(tx, turn, { as, reason, amount }) {
    const answers = turn.step.answers ?? {}
    const why = reason ? answers[reason] : null
    const given = amount ? answers[amount] : null
    const sum = typeof given === 'number' ? given : ((await sentQuote(tx, turn.run.subjectId))?.total ?? null)
    await closeLead(tx, turn, as, { reason: typeof why === 'string' ? why : null, amount: as === 'won' ? sum : null })
    await endTicket(tx, turn, as)
  },
}

/** The words that leads lend to the flows. */
export const leadWords = [open, hold, contact, close] as FlowWord[]

/** The company in whose name somebody asks, known or new; they are one of its contacts. */
async function companyBehind(
  tx: Tx,
  { customerId }: FlowRun,
  company: string | null,
  contact: string | null,
): Promise<string | undefined> {
  // Half a name is nobody's.
  if (!company || nameKeyOf(company).length < 2) return undefined
  const { id } = await setCompany(tx, { name: company }, SYSTEM)
  const name = contact?.slice(0, 40).trim()
  if (customerId && name) await setContact(tx, { companyId: id, customerId, name }, SYSTEM)
  return id
}

/** Whoever takes a lead from the pool takes no more than their rule allows; what others give them they may take. */
async function guardStock(tx: Tx, { flow, definition }: Turn, staffId: string): Promise<void> {
  const claims = ruleOf(flow, definition)?.claims
  if (claims) await guardClaim(tx, claims, staffId)
}

/** A customer who bought is told so and may rate it; one who did not is left in peace. */
async function endTicket(tx: Tx, { run, step }: Turn, as: 'won' | 'lost'): Promise<void> {
  const ticket = await tx.get(Ticket, run.subjectId)
  if (!ticket?.isOpen()) return
  await changeTicket(tx, ticket, { status: as === 'won' ? 'resolved' : 'closed', closedAt: tx.now })
  if (as === 'won') await tellOfTicket(tx, ticket, { kind: 'won', key: `won:${step.id}` })
}

function textAt({ answers }: FlowRun, path = ''): string | null {
  const [step = '', field = ''] = path.split('.')
  const found = opened(answers[step]?.[field])
  return typeof found === 'string' ? found.slice(0, 60) : null
}

/** What was answered at a step is known when it is finished, in the fields of its form. */
function fieldOf(word: string, argument: string, name: string, { form, moment }: Said) {
  if (moment !== 'finish') return { path: ['do'], reason: `"${word}" is said on "finish"` }
  const known = form?.fields.map((field) => field.name) ?? []
  if (known.includes(name)) return undefined
  return { path: [argument], reason: `there is no field "${name}"; known: ${known.join(', ') || 'none'}` }
}
