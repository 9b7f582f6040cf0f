import { z } from 'zod'
import { record, recordAll, SYSTEM } from '../../engines/events/events.ts'
import { changeRun, stepsOf } from '../../engines/flows/flows.ts'
import type { FlowSubject, FlowWord, Turn } from '../../engines/flows/hooks.ts'
import { takeOnce } from '../../engines/messages/outbox.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { about, changeTicket } from './change.ts'
import { tellsOf } from './reporters.ts'
import { tellCustomers, tellWatchers, watchersOf } from './tell.ts'
import { CLOSED_AS, type ClosedAs, Comment, Ticket } from './ticket.ts'

/** Ends a ticket as resolved. `tell` is the message that says so; false where another word says it. */
const resolve: FlowWord<{ tell: string | false; result?: string }> = {
  name: 'resolve_ticket',
  args: z.strictObject({
    tell: z.union([z.string(), z.literal(false)]).default('result'),
    /** What the customer is told; else what the step shares with them. */
    result: z.string().min(1).max(60).optional(),
  }),
  async run(tx, turn, { tell, result }) {
    const ticket = await ticketOf(tx, turn)
    await changeTicket(tx, ticket, { status: 'resolved', closedAt: tx.now, outcome: 'confirmed' })
    await record(tx, 'ticket.resolved', { ...about(ticket), by: SYSTEM })
    if (ticket.assetCode) await confirmFault(tx, ticket, ticket.assetCode)
    if (tell) await tellOfStep(tx, turn, tell, { result: result ?? (sharedText(turn) || turn.definition.title) })
  },
}

/** Everybody who reported it was right, once each however often it is opened again (D11). */
async function confirmFault(tx: Tx, ticket: Ticket, asset: string): Promise<void> {
  const reporters = await tellsOf(tx, ticket.id, ticket.customerId)
  await recordAll(
    tx,
    reporters.map((customerId) => ({
      ...about(ticket),
      name: 'fault.confirmed',
      by: SYSTEM,
      customerId,
      data: { asset, kind: ticket.kind },
      dedupKey: `fault.confirmed:${ticket.id}:${customerId}`,
    })),
  )
}

const share: FlowWord<{ field: string }> = {
  name: 'share_with_customer',
  args: z.strictObject({ field: z.string() }),
  shows: ({ field }) => [field],
  async run(tx, turn, { field }) {
    const text = turn.step.answers?.[field]
    if (typeof text !== 'string' || !text) return
    await say(tx, turn, 'solution', text)
  },
}

/** Ends a ticket that brings no solution, with the reason that whoever closed it gave. */
const close: FlowWord<{ as: ClosedAs; reason_field?: string }> = {
  name: 'close_ticket',
  args: z.strictObject({ as: z.enum(CLOSED_AS), reason_field: z.string().optional() }),
  shows: ({ reason_field }) => (reason_field ? [reason_field] : []),
  async run(tx, turn, { as, reason_field }) {
    const ticket = await ticketOf(tx, turn)
    if (!ticket.isOpen()) return
    const said = reason_field && turn.step.answers?.[reason_field]
    const reason = typeof said === 'string' ? said : reason_field ? '' : wordsIn(turn)
    await changeTicket(tx, ticket, { status: 'closed', closedAt: tx.now, outcome: as })
    await record(tx, 'ticket.closed', { ...about(ticket), by: SYSTEM, data: { as, reason } })
    if (reason) await say(tx, turn, 'solution', reason)
    await tellOfStep(tx, turn, 'result', { result: reason || turn.definition.title })
  },
}

/** Thanks everybody who reported it, once; points are promised by an event, for the loyalty programme to keep. */
const thank: FlowWord<{ points?: number }> = {
  name: 'thank_reporters',
  args: z.strictObject({ points: z.number().int().min(1).optional() }),
  async run(tx, turn, { points }) {
    const { run } = turn
    if (!run.customerId) return
    const told: string[] = []
    for (const customerId of await tellsOf(tx, run.subjectId, run.customerId)) {
      if (!(await takeOnce(tx, `thanks:${run.subjectId}:${customerId}`))) continue
      told.push(customerId)
      if (!points) continue
      const promise = { subject: { type: 'ticket', id: run.subjectId }, customerId, data: { points } }
      await record(tx, 'points.promised', { ...promise, by: SYSTEM })
    }
    if (told.length === 0) return
    const about = { subject: { type: 'ticket', id: run.subjectId }, customerId: run.customerId }
    await record(tx, 'ticket.thanked', { ...about, by: SYSTEM, data: { points: points ?? 0 } })
    const key = `thanks:${run.id}`
    const data = { points: points ?? 0 }
    await tellCustomers(tx, turn.flow, run, { kind: 'thanks', key, step: turn.step.name, data, to: told })
  },
}

/** Shows on the cards from here on what was said at this step; its words stand in templates/cards/facts.yaml. */
const show: FlowWord<{ as: 'parcel'; field: string }> = {
  name: 'show_on_cards',
  args: z.strictObject({
    as: z.enum(['parcel']),
    /** A field of the step's form; of a step that waits for the customer, their words. */
    field: z.string().default('said'),
  }),
  async run(tx, { run, step }, { as, field }) {
    const said = step.answers?.[field]
    if (typeof said !== 'string' || !said) return
    const others = (run.facts.told ?? []).filter(({ word }) => word !== as)
    await changeRun(tx, run, { facts: { ...run.facts, told: [...others, { word: as, data: { said } }] } })
  },
}

/** The words that tickets lend to the flows. */
export const ticketWords = [resolve, share, close, thank, show] as FlowWord[]

/** What a ticket does when its flow moves: keeps its status, tells the customers and the watchers (P10). */
export const ticketSubject: FlowSubject = {
  async stepOpened(tx, turn) {
    const { run, step, definition } = turn
    const [ticket, people, watchers] = await Promise.all([
      ticketOf(tx, turn),
      run.customerId ? tellsOf(tx, run.subjectId, run.customerId) : [],
      watchersOf(tx, run.subjectId),
    ])
    await changeTicket(tx, ticket, {})
    // After the resolution the flow goes on inside the house; the customer was told of the result.
    const told = ticket.isOpen() && definition.tell !== false
    if (told) await tellOfStep(tx, turn, 'progress', { progress: definition.progress }, people)
    await tellWatchers(tx, watchers, step, false)
  },
  async stepFinished() {
    // The next step's opening, or the resolution, says it.
  },
  async questionAsked(tx, turn, question) {
    const ticket = await ticketOf(tx, turn)
    await changeTicket(tx, ticket, ticket.isOpen() ? { status: 'waiting_customer' } : {})
    await say(tx, turn, 'question', question.text, question.staffId)
    await tellOfStep(tx, turn, 'question', { question: question.text }, [ticket.customerId])
  },
  async runEnded(tx, run) {
    const ticket = await tx.get(Ticket, run.subjectId)
    if (ticket?.isOpen()) await changeTicket(tx, ticket, { status: 'resolved', closedAt: tx.now })
    const last = (await stepsOf(tx, run.id)).at(-1)
    if (last) await tellWatchers(tx, await watchersOf(tx, run.subjectId), last, true)
  },
}

async function tellOfStep(
  tx: Tx,
  { flow, run, step }: Turn,
  kind: string,
  data: Record<string, unknown>,
  to?: string[],
): Promise<void> {
  // A step may ask more than once: each question is a telling of its own.
  const round = kind === 'question' ? String(step.version) : ''
  await tellCustomers(tx, flow, run, { kind, key: `${kind}:${step.id}:${round}`, step: step.name, data, to })
}

async function say(tx: Tx, turn: Turn, kind: 'question' | 'solution', text: string, by?: string): Promise<void> {
  await tx.insert(Comment, {
    id: newId(tx.now),
    ticketId: turn.run.subjectId,
    authorType: 'staff',
    authorId: by ?? turn.step.finishedBy ?? '',
    kind,
    inside: false,
    text,
    photos: [],
    safety: 'pass',
    at: tx.now,
  })
}

async function ticketOf(tx: Tx, { run }: Turn): Promise<Ticket> {
  const ticket = await tx.get(Ticket, run.subjectId)
  if (!ticket) throw new Error(`no ticket ${run.subjectId}`)
  return ticket
}

/** Of what a step brought, the words that its customer is to read. */
function sharedText({ definition, step }: Turn): string {
  const fields = definition.finish.flatMap(({ do: word, field }) => (word === share.name ? String(field) : []))
  return fields.map((field) => step.answers?.[field]).find((text) => typeof text === 'string') ?? ''
}

/** What the step's person wrote in their own words: the longest kind of text first; what is private is nobody's news. */
function wordsIn({ flow, step, definition }: Turn): string {
  const fields = (definition.form && flow.forms[definition.form]?.fields) || []
  for (const kind of ['longtext', 'text']) {
    const told = fields.find((field) => field.kind === kind && typeof step.answers?.[field.name] === 'string')
    if (told) return String(step.answers?.[told.name])
  }
  return ''
}
