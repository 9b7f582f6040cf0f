import type { Found } from '../../engines/audit/findings.ts'
import { definitionById } from '../../engines/definitions/definitions.ts'
import { record } from '../../engines/events/events.ts'
import { addDocument, storeDocument } from '../../engines/files/documents.ts'
import { changeRun, liveSteps, runOf } from '../../engines/flows/flows.ts'
import { backoff } from '../../engines/messages/deliver.ts'
import { enqueueAll, type Outgoing, touchCards } from '../../engines/messages/outbox.ts'
import { staffById } from '../../engines/staff/roster.ts'
import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { log } from '../../lib/log.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { tellsOf } from '../tickets/reporters.ts'
import { quotePaper } from './paper.ts'
import type { PriceList } from './price-list.ts'
import { Quote } from './quote.ts'
import { about, byWhom, changeQuote, factsOf, quotesOf, toldBeside, validUntil } from './quotes.ts'
import type { QuotePaper } from './sheet.ts'

const BATCH = 20
/** A document is made within seconds; after so long something is wrong. */
const GRACE_MS = 15 * MINUTE

/**
 * Makes the documents of the quotes that may go out, and sends them: to the customer, and to whoever made them. Each is
 * made once for its version; one that cannot be made is tried again. Returns how many it tried.
 */
export async function makeQuotes(db: Database, words: Words): Promise<number> {
  const due = await db.read((tx) =>
    tx.find(Quote, `WHERE makeAt <= ? AND state = 'making' ORDER BY makeAt LIMIT ${BATCH}`, [tx.now]),
  )
  for (const quote of due) {
    try {
      await make(db, words, quote)
    } catch (error) {
      log.error({ quote: quote.number, attempts: quote.attempts + 1, err: error }, 'a quote could not be made')
      await db.write((tx) => putOff(tx, quote))
    }
  }
  return due.length
}

/** When the next quote is made, or undefined. */
export const nextQuote = earliest('quotes', 'makeAt', `state = 'making'`)

/** Quotes that may go out and whose document is not there yet: the auditor reads them by itself. */
export async function auditQuotes(db: Database): Promise<Found[]> {
  const stuck = await db.read((tx) =>
    tx.find(Quote, `WHERE state = 'making' AND decidedAt < ? ORDER BY decidedAt LIMIT ${BATCH}`, [tx.now - GRACE_MS]),
  )
  return stuck.map(({ subjectId, number }) => ({ kind: 'quote_stuck', subjectId, about: number }))
}

async function make(db: Database, words: Words, quote: Quote): Promise<void> {
  const paper = await db.read((tx) => paperOf(tx, quote))
  const { bytes, name } = await quotePaper(paper, words)
  // Written before the rows that name it: a file without a row does no harm.
  await storeDocument(quote.id, bytes)
  await db.write((tx) => send(tx, quote.id, { name, size: bytes.length, validUntil: paper.validUntil }))
}

/** Everything that stands on the document, from what was agreed then: later prices change nothing. */
async function paperOf(tx: Tx, quote: Quote): Promise<QuotePaper> {
  const list = (await definitionById<PriceList>(tx, quote.listId)).body
  const at = quote.decidedAt ?? quote.createdAt
  const until = validUntil(list.validMs, at)
  const { number, version, buyer, lines, listTotal, total, tax } = quote
  return {
    ...{ number, version, buyer, lines, listTotal, total, tax, at, validUntil: until },
    company: list.company,
    staff: (await staffById(tx, quote.staffId))?.name ?? '',
    taxRate: list.tax,
    terms: list.terms,
  }
}

/** The document is there: its rows, the versions before it, and whom to tell. */
async function send(tx: Tx, id: string, made: { name: string; size: number; validUntil: number }): Promise<void> {
  const quote = await tx.get(Quote, id)
  if (quote?.state !== 'making') return
  const { number, version, subjectType, subjectId } = quote
  for (const old of await quotesOf(tx, subjectId)) {
    if (old.state === 'sent') await changeQuote(tx, old, { state: 'superseded' })
  }
  await changeQuote(tx, quote, { state: 'sent', sentAt: tx.now, validUntil: made.validUntil, makeAt: null })
  await addDocument(tx, { id, kind: 'quote', subjectType, subjectId, number, version, ...made })
  await record(tx, 'quote.sent', {
    ...about(quote),
    by: byWhom(quote),
    data: { number, version, total: quote.total, listTotal: quote.listTotal, list: quote.listId },
  })
  await tellCards(tx, quote)
  await enqueueAll(tx, [...(await toCustomers(tx, quote)), ...toMaker(quote)])
}

async function tellCards(tx: Tx, quote: Quote): Promise<void> {
  const run = await runOf(tx, quote.subjectId)
  if (!run) return
  const told = [...toldBeside({ run }), { word: 'quote', data: await factsOf(tx, quote) }]
  await changeRun(tx, run, { facts: { ...run.facts, told, documents: quote.version } })
  for (const { id } of await liveSteps(tx, run.id)) await touchCards(tx, id)
}

async function toCustomers(tx: Tx, { id, subjectId, customerId, number, version }: Quote): Promise<Outgoing[]> {
  const people = customerId ? await tellsOf(tx, subjectId, customerId) : []
  return people.map((to) => ({
    key: `quote:${id}:${to}`,
    channel: 'customer' as const,
    to,
    kind: 'quote',
    subjectId,
    data: { number, version, at: tx.now },
  }))
}

/** The line with the link that can be passed on, then the file itself. */
function toMaker({ id, staffId, total }: Quote): Outgoing[] {
  if (!staffId) return []
  const message = { channel: 'staff' as const, to: staffId, subjectId: id, urgent: true }
  return [
    { ...message, key: `document_ready:${id}`, kind: 'document_ready', data: { total } },
    { ...message, key: `document:${id}`, kind: 'document' },
  ]
}

async function putOff(tx: Tx, { id, attempts }: Quote): Promise<void> {
  const changes = { attempts: attempts + 1, makeAt: tx.now + backoff(attempts + 1) }
  await tx.update(Quote, id, changes, { state: 'making', attempts })
}
