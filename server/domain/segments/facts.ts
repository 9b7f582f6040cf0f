import type { Tx } from '../../lib/tx.ts'
import { book } from './book.ts'
import { factsIn } from './counts.ts'
import { talliesOf } from './hear.ts'
import { type Evidence, type Judgement, judge } from './judge.ts'
import { CustomerFacts, factsInRow, roundedFacts } from './known.ts'
import { findLent } from './lent.ts'
import { edgesInForce } from './quantiles.ts'
import { SegmentMember } from './segment.ts'
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
