import { idsBehindAll } from '../../engines/events/aliases.ts'
import { Event } from '../../engines/events/event.ts'
import { type Happening, recordAll, SYSTEM } from '../../engines/events/events.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Book } from './book.ts'
import { type Counts, countIn, factsIn, pruned } from './counts.ts'
import { type Judgement, judge } from './judge.ts'
import { factsToKeep } from './keep-facts.ts'
import { CustomerFacts, roundedFacts } from './known.ts'
import { type FactValue, findLent } from './lent.ts'
import { edgesInForce } from './quantiles.ts'
import { SegmentMember } from './segment.ts'
import { type Turn, turnStages } from './stage-turns.ts'
import { CustomerTag } from './tag.ts'
import { dressBySegments } from './tags.ts'
import { CustomerTally } from './tally.ts'

/** Why customers are looked at: `definition` when it is what is asked of them that has changed. */
export type Because = 'facts' | 'definition'

type Member = Pick<SegmentMember, 'customerId' | 'segment'>

interface Case {
  tally: CustomerTally
  row?: CustomerFacts
  tags: CustomerTag[]
  members: string[]
  counts: Counts
  facts: Record<string, FactValue>
  judgement: Judgement
  nextAt: number | null
  because: Because
}

/**
 * Looks at customers again: what is known of them, their scores, stage, segments and tags. Writes what has changed, with
 * its events; whoever has been looked at meanwhile is left out. Returns how many it looked at.
 */
export async function standAgain(tx: Tx, book: Book, ids: string[]): Promise<number> {
  const cases = await casesOf(tx, book, ids)
  if (cases.length === 0) return 0
  const happenings: Parameters<typeof recordAll>[1] = []
  const say: Say = (customerId, name, subject, data) => happenings.push({ name, by: SYSTEM, subject, customerId, data })
  const joined = cases.flatMap((one) => joinedBy(tx, one, say))
  const left = cases.flatMap((one) => leftBy(one, say))
  if (joined.length > 0) await tx.insert(SegmentMember, joined)
  if (left.length > 0) await tx.run(`DELETE FROM segment_members WHERE id IN (${slots(left)})`, left)
  await turnStages(
    tx,
    cases.flatMap((one) => turnOf(tx, one, say)),
  )
  await dressBySegments(
    tx,
    cases.map(({ tally, tags, judgement }) => ({ customerId: tally.id, worn: tags, wanted: judgement.tags })),
  )
  const facts = cases.map(({ row, tally, facts, judgement }) => factsToKeep(tally.id, row, facts, judgement))
  await tx.putAll(
    CustomerFacts,
    facts.flatMap((one) => one.fresh ?? []),
    facts.flatMap((one) => one.changed ?? []),
  )
  await tx.putAll(
    CustomerTally,
    [],
    cases.map((one) => ({ before: one.tally, changes: tallyNow(one, book) })),
  )
  await recordAll(tx, happenings)
  return cases.length
}

function joinedBy({ now }: Tx, { tally: { id }, judgement, members, because }: Case, say: Say): SegmentMember[] {
  const fresh = judgement.segments.filter((segment) => !members.includes(segment))
  return fresh.map((segment) => {
    say(id, 'segment.entered', { type: 'segment', id: segment }, { segment, because })
    return { id: `${segment}:${id}`, segment, customerId: id, since: now }
  })
}

function leftBy({ tally: { id }, judgement, members, because }: Case, say: Say): string[] {
  const gone = members.filter((segment) => !judgement.segments.includes(segment))
  return gone.map((segment) => {
    say(id, 'segment.left', { type: 'segment', id: segment }, { segment, because })
    return `${segment}:${id}`
  })
}

/** Only what has changed is named: an index is written for each column that is. */
function tallyNow({ tally, counts, nextAt }: Case, book: Book): Partial<CustomerTally> {
  return {
    dueAt: nextAt,
    version: tally.version + 1,
    ...(counts !== tally.counts && { counts }),
    ...(tally.judged !== book.version && { judged: book.version }),
    ...(tally.counted !== book.factsVersion && { counted: book.factsVersion }),
  }
}

/** Puts down what happened to a customer, and what it is about: whoever looks at a segment sees who came and went. */
type Say = (customerId: string, name: string, subject: Happening['subject'], data: Happening['data']) => void

/**
 * What is known of customers now, and where they belong by that. Whatever is changed here is changed under the hold of
 * the tallies: who hears of a customer meanwhile comes after.
 */
async function casesOf(tx: Tx, book: Book, ids: string[]): Promise<Case[]> {
  const all = await tx.findToChange(CustomerTally, `WHERE id IN (${slots(ids)})`, ids)
  const tallies = all.filter(({ dueAt, judged, counted }) => {
    // Another process has read newer packs already: it is for that one to judge.
    if (judged > book.version || counted > book.factsVersion) return false
    return judged < book.version || (dueAt !== null && dueAt <= tx.now)
  })
  const open = tallies.map(({ id }) => id)
  if (open.length === 0) return []
  const within = `IN (${slots(open)})`
  const rows = new Map((await tx.find(CustomerFacts, `WHERE id ${within}`, open)).map((row) => [row.id, row]))
  const tags = grouped(await tx.find(CustomerTag, `WHERE customerId ${within}`, open))
  // An index has both columns: the rows themselves are not read.
  const members = grouped(
    await tx.query<Member>(`SELECT customerId, segment FROM segment_members WHERE customerId ${within}`, open),
  )
  const lent = await findLent(tx, open)
  const anew = await countAnew(
    tx,
    book,
    tallies.filter(({ counted }) => counted !== book.factsVersion).map(({ id }) => id),
  )
  const edges = await edgesInForce(tx)
  return tallies.map((tally) => {
    const { id, judged } = tally
    const row = rows.get(id)
    const worn = tags.get(id) ?? []
    const counts = pruned(anew.get(id) ?? tally.counts, book.facts, tx.now)
    const { values, nextAt } = factsIn(counts, book.facts, tx.now)
    const facts = roundedFacts({ ...values, ...lent.get(id) })
    const judgement = judge(book, edges, { facts, tags: givenTags(worn), ...stageOf(row) }, tx.now)
    return {
      tally,
      row,
      tags: worn,
      members: (members.get(id) ?? []).map(({ segment }) => segment),
      counts,
      facts,
      judgement,
      nextAt: earliest(nextAt, judgement.nextAt),
      because: judged === book.version ? 'facts' : 'definition',
    }
  })
}

/** What the events of customers come to by the definitions in force. */
async function countAnew(tx: Tx, book: Book, ids: string[]): Promise<Map<string, Counts>> {
  const all = new Map<string, Counts>(ids.map((id) => [id, {}]))
  if (ids.length === 0) return all
  // Whoever was somebody else once has the events of both.
  const behind = await idsBehindAll(tx, ids)
  const owner = new Map(ids.flatMap((id) => [id, ...(behind.get(id) ?? [])].map((one) => [one, id])))
  const events = await tx.find(Event, `WHERE customerId IN (${slots([...owner])})`, [...owner.keys()])
  for (const event of events) {
    const counts = event.customerId && all.get(owner.get(event.customerId) ?? '')
    if (counts && book.hears(event)) countIn(counts, book.facts, event, tx.now)
  }
  return all
}

/** The tags that somebody or a rule has put on. */
export function givenTags(tags: CustomerTag[]): string[] {
  return tags.flatMap(({ tag, reasons }) => (reasons.some(({ by }) => !by.startsWith('segment:')) ? tag : []))
}

/** What a row knows of the stage. */
export function stageOf(row?: CustomerFacts) {
  const { stage, stageSince, stageSet, stageBase } = row ?? {}
  return {
    ...(stage && stageSince && { stage: { stage, since: stageSince } }),
    ...(stageSet && stageBase && { set: { stage: stageSet, base: stageBase } }),
  }
}

function turnOf({ now }: Tx, { tally: { id }, row, judgement: { stage }, because }: Case, say: Say): Turn[] {
  const before = row?.stage ?? null
  if (before === (stage?.stage ?? null)) return []
  const spentMs = before ? now - (row?.stageSince ?? now) : undefined
  const data = { from: before, to: stage?.stage ?? null, reason: stage?.reason, spentMs, because }
  say(id, 'stage.changed', { type: 'stage', id: stage?.stage ?? before ?? '' }, data)
  return [{ customerId: id, ...(stage && { next: { stage: stage.stage, reason: stage.reason, by: 'facts' } }) }]
}

function grouped<T extends { customerId: string }>(rows: T[]): Map<string, T[]> {
  const all = new Map<string, T[]>()
  for (const row of rows) {
    const theirs = all.get(row.customerId)
    if (theirs) theirs.push(row)
    else all.set(row.customerId, [row])
  }
  return all
}

function earliest(...times: (number | undefined)[]): number | null {
  const known = times.filter((at) => at !== undefined)
  return known.length > 0 ? Math.min(...known) : null
}

function slots(list: unknown[]): string {
  return list.map(() => '?').join(',')
}
