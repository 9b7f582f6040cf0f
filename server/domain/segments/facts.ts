import { idsBehind } from '../../engines/events/aliases.ts'
import { Event } from '../../engines/events/event.ts'
import type { Tx } from '../../lib/tx.ts'
import { book } from './book.ts'
import { type Counts, countIn, factsIn } from './counts.ts'
import { talliesOf } from './hear.ts'
import { type Evidence, type Judgement, judge } from './judge.ts'
import { CustomerFacts, factsInRow, roundedFacts } from './known.ts'
import { findLent } from './lent.ts'
import { edgesInForce } from './quantiles.ts'
import { SegmentMember } from './segment.ts'
import { CustomerStage } from './stage.ts'
import { givenTags, stageOf } from './stand.ts'
import { CustomerTag } from './tag.ts'

/**
 * What conditions may say about a customer, as of now: facts (`orders`, `last_order_at`, a pack's own), `tags`,
 * `segments`, `stage`, `tier`, `rfm`. Counts are those of this very transaction; stage, scores and segments are those of
 * the last judgement, a few seconds ago at most.
 */
export async function factsOf(tx: Tx, customerId: string): Promise<Record<string, unknown>> {
  const { row, facts, tags, segments } = await evidenceOf(tx, customerId)
  const names = segments.map(({ segment }) => segment)
  return { ...(row && factsInRow(row)), ...facts, tags: tags.map(({ tag }) => tag), segments: names }
}

/**
 * The same as of an instant that is past, out of the events: for whoever tries out what would have happened. What other
 * nouns lend is as it is now, and a stage that somebody had set is not known.
 */
export async function factsAt(tx: Tx, customerId: string, at: number): Promise<Record<string, unknown>> {
  const now = book()
  if (!now || at >= tx.now) return factsOf(tx, customerId)
  const ids = await idsBehind(tx, customerId)
  const tail = `WHERE customerId IN (${ids.map(() => '?').join(',')}) AND at <= ? ORDER BY at, id`
  const events = await tx.find(Event, tail, [...ids, at])
  const counts: Counts = {}
  const tags = new Set<string>()
  for (const event of events) {
    if (now.hears(event)) countIn(counts, now.facts, event, at)
    if (event.name === 'tag.added') tags.add(String(event.data.tag))
    if (event.name === 'tag.removed') tags.delete(String(event.data.tag))
  }
  const lent = (await findLent(tx, [customerId])).get(customerId)
  const facts = roundedFacts({ ...factsIn(counts, now.facts, at).values, ...lent })
  const stage = await tx.first(CustomerStage, 'WHERE customerId = ? AND enteredAt <= ? ORDER BY enteredAt DESC', [
    customerId,
    at,
  ])
  const evidence = { facts, tags: [...tags], ...(stage && { stage: { stage: stage.stage, since: stage.enteredAt } }) }
  return judge(now, await edgesInForce(tx), evidence, at).data
}

/** How a customer would be judged at this moment, with all that was seen; undefined while there are no definitions. */
export async function judgedNow(tx: Tx, customerId: string): Promise<Judgement | undefined> {
  const now = book()
  if (!now) return undefined
  const { row, facts, tags } = await evidenceOf(tx, customerId)
  const evidence: Evidence = { facts, tags: givenTags(tags), ...stageOf(row) }
  return judge(now, await edgesInForce(tx), evidence, tx.now)
}

async function evidenceOf(tx: Tx, id: string) {
  const now = book()
  const tally = (await talliesOf(tx, [id])).get(id)
  const row = await tx.get(CustomerFacts, id)
  const tags = await tx.find(CustomerTag, 'WHERE customerId = ? ORDER BY tag', [id])
  const segments = await tx.find(SegmentMember, 'WHERE customerId = ? ORDER BY segment', [id])
  const lent = (await findLent(tx, [id])).get(id)
  // Counts by other definitions than ours say nothing to us: what was known last stands in.
  const counted =
    now && tally?.counted === now.factsVersion ? factsIn(tally.counts, now.facts, tx.now).values : undefined
  const facts = roundedFacts({ ...(counted ?? (row && ownFacts(row))), ...lent })
  return { row, tags, segments, facts }
}

/** What a row knows beside what follows from it. */
function ownFacts(row: CustomerFacts) {
  const { stage, stage_since, r_score, f_score, m_score, rfm, ...facts } = factsInRow(row)
  return facts
}
