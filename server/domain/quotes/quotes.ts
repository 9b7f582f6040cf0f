import { DateTime } from 'luxon'
import { record, SYSTEM } from '../../engines/events/events.ts'
import { changeRun } from '../../engines/flows/flows.ts'
import type { Turn } from '../../engines/flows/hooks.ts'
import { staffById } from '../../engines/staff/roster.ts'
import { newId } from '../../lib/ids.ts'
import { readableNumber } from '../../lib/numbers.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { companyNamed } from '../companies/companies.ts'
import type { PriceVersion } from './prices.ts'
import { type Buyer, type Chosen, foldOf, isBeyond, pricedLines, Quote, sumsOf } from './quote.ts'

const ZONE = 'Asia/Shanghai'
/** The name under which conditions and approvals of a run find what a quote came to. */
const RESULT = 'quote'

/**
 * Makes a quote of what was chosen at a step. The run learns what it comes to: `quote.total`, `quote.off` (what is taken
 * off, in fen) and `quote.beyond` (more than whoever sells may take off alone). A draft before it is dropped.
 */
export async function draftQuote(
  tx: Tx,
  turn: Turn,
  { list, chosen, buyer }: { list: PriceVersion; chosen: Chosen[]; buyer: Buyer },
): Promise<Quote> {
  const { run, step } = turn
  const before = await quotesOf(tx, run.subjectId)
  for (const old of before) if (old.state === 'draft') await changeQuote(tx, old, { state: 'dropped' })
  const lines = pricedLines(list.body, chosen)
  const sums = sumsOf(lines, list.body.tax)
  const row = {
    id: newId(tx.now),
    number: before[0]?.number ?? readableNumber('Q', tx.now, ZONE),
    version: 0,
    subjectType: run.subjectType,
    subjectId: run.subjectId,
    customerId: run.customerId,
    companyId: (buyer.company && (await companyNamed(tx, buyer.company))?.id) || null,
    staffId: step.finishedBy ?? '',
    buyer,
    listId: list.id,
    lines,
    ...sums,
    state: 'draft' as const,
    attempts: 0,
    createdAt: tx.now,
  }
  await tx.insert(Quote, row)
  const quote = Object.assign(new Quote(), EMPTY, row)
  const beyond = isBeyond(list.body, lines)
  const off = sums.listTotal - sums.total
  await changeRun(tx, run, {
    answers: {
      ...run.answers,
      [RESULT]: { id: quote.id, total: sums.total, off, beyond, by: quote.staffId, at: tx.now },
    },
    facts: { ...run.facts, told: [...toldBeside(turn), { word: RESULT, data: await factsOf(tx, quote) }] },
  })
  await record(tx, 'quote.drafted', {
    ...about(quote),
    by: byWhom(quote),
    data: { number: quote.number, ...sums, beyond },
  })
  return quote
}

/** A quote may go out: it gets its version, and its document is made. Nothing happens to one that is no draft. */
export async function approveQuote(tx: Tx, subjectId: string): Promise<void> {
  const quotes = await quotesOf(tx, subjectId)
  const draft = quotes.find(({ state }) => state === 'draft')
  if (!draft) return
  const version = Math.max(0, ...quotes.map((one) => one.version)) + 1
  await changeQuote(tx, draft, { state: 'making', version, decidedAt: tx.now, makeAt: tx.now })
}

/** A quote was refused: whoever made it makes another. */
export async function rejectQuote(tx: Tx, subjectId: string): Promise<void> {
  const draft = (await quotesOf(tx, subjectId)).find(({ state }) => state === 'draft')
  if (!draft) return
  await changeQuote(tx, draft, { state: 'rejected', decidedAt: tx.now })
  await record(tx, 'quote.rejected', { ...about(draft), by: SYSTEM, data: { number: draft.number } })
}

/** The quotes of a matter, the newest first. */
export function quotesOf(tx: Tx, subjectId: string): Promise<Quote[]> {
  return tx.find(Quote, 'WHERE subjectId = ? ORDER BY id DESC', [subjectId])
}

/** The quote that the customer of a matter has last, if they have any. */
export async function sentQuote(tx: Tx, subjectId: string): Promise<Quote | undefined> {
  return (await quotesOf(tx, subjectId)).find(({ state }) => state === 'sent')
}

/** Until when a quote holds that is sent now: to the end of that day. */
export function validUntil(validMs: number, now: number): number {
  return DateTime.fromMillis(now + validMs, { zone: ZONE })
    .endOf('day')
    .toMillis()
}

/** Writes a change of a quote if it is still in the state in which it was read; otherwise the transaction runs again. */
export async function changeQuote(tx: Tx, quote: Quote, changes: Partial<Quote>): Promise<void> {
  if (!(await tx.update(Quote, quote.id, changes, { state: quote.state }))) throw new LostRace()
  Object.assign(quote, changes)
}

/** What an event of a quote is about: the matter for which it was made. */
export function about({ subjectType, subjectId, customerId }: Quote) {
  return { subject: { type: subjectType, id: subjectId }, customerId }
}

/** Whoever made a quote as the one who did something. */
export function byWhom({ staffId }: Quote) {
  return staffId ? { type: 'staff' as const, id: staffId } : SYSTEM
}

/** What cards tell of a quote; their words stand under cards/facts.quote. */
export async function factsOf(tx: Tx, quote: Quote): Promise<Record<string, unknown>> {
  const { number, version, lines, listTotal, total, state, validUntil } = quote
  return {
    by: (await staffById(tx, quote.staffId))?.name ?? '',
    number,
    version,
    state,
    total,
    off: listTotal - total,
    validUntil: validUntil ?? 0,
    lines: lines.map(({ name, quantity, unit, net, amount, off }) => ({
      name,
      quantity,
      unit,
      net,
      amount,
      fold: foldOf(off),
    })),
  }
}

/** What cards tell of a matter beside its quote. */
export function toldBeside({ run }: Pick<Turn, 'run'>) {
  return (run.facts.told ?? []).filter(({ word }) => word !== RESULT)
}

const EMPTY: Partial<Quote> = { validUntil: null, makeAt: null, decidedAt: null, sentAt: null }
