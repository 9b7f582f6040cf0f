import type { PackProblem } from '../../engines/packs/source.ts'
import { type Condition, timedConditionSchema } from '../../lib/condition.ts'
import { conditionSql } from '../../lib/condition-sql.ts'
import { Invalid, NotFound } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { book } from './book.ts'
import { checkCondition } from './book-check.ts'
import { vocabularyIn } from './book-read.ts'
import { ZONE } from './counts.ts'
import { fieldOf } from './known.ts'
import type { Segment } from './segment.ts'

/** How large a segment would be, and some of those who would be in it. */
export interface Preview {
  count: number
  /** How many customers there are. */
  of: number
  sample: string[]
}

/** Counts whom a condition would find, before it is a segment. It reads what was known when each was last looked at. */
export async function previewSegment(tx: Tx, condition: Condition, most = 10): Promise<Preview> {
  const { sql, values } = conditionSql(condition, {
    dialect: tx.dialect,
    when: { now: tx.now, zone: ZONE },
    fieldOf,
  })
  const [all] = await tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM customer_facts')
  const [found] = await tx.query<{ n: number }>(`SELECT COUNT(*) AS n FROM customer_facts f WHERE ${sql}`, values)
  const rows = await tx.query<{ id: string }>(
    `SELECT f.id FROM customer_facts f WHERE ${sql} ORDER BY f.id DESC LIMIT ${Math.trunc(most)}`,
    values,
  )
  return { count: Number(found?.n ?? 0), of: Number(all?.n ?? 0), sample: rows.map(({ id }) => id) }
}

/** A condition that somebody has sent, checked as one of a pack; throws Invalid, in which `say` tells what is wrong. */
export function conditionFor(given: unknown, say: (field: string, reason: string) => string): Condition {
  const wrong = (field: string, reason: string) =>
    new Invalid(`when.${field}`, 'condition_wrong', { where: field, why: say(field, reason) })
  const parsed = timedConditionSchema.safeParse(given)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw wrong(issue?.path.map(String).join('.') ?? '', issue?.message ?? '')
  }
  const now = book()
  if (!now) return parsed.data
  const problems: PackProblem[] = []
  const problem = (path: PropertyKey[], reason: string) => ({
    file: '',
    line: 0,
    field: path.map(String).join('.'),
    reason,
  })
  checkCondition(parsed.data, [], vocabularyIn(now), { problem }, problems)
  const [first] = problems
  if (first) throw wrong(first.field, first.reason)
  return parsed.data
}

/** How many customers each segment has, in the packs' order. */
export async function segmentsWithCounts(tx: Tx): Promise<{ segment: Segment; count: number }[]> {
  const all = book()?.segments ?? []
  return Promise.all(all.map(async (segment) => ({ segment, count: await countMembers(tx, segment.segment) })))
}

/** How many customers a segment has. */
export async function countMembers(tx: Tx, segment: string): Promise<number> {
  const [row] = await tx.query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM segment_members WHERE ${WITHIN}`,
    keys(segment),
  )
  return Number(row?.n ?? 0)
}

/** The keys of a segment's members: whatever stands between the colon and what comes after it. */
const WITHIN = 'id > ? AND id < ?'
const keys = (segment: string, after = ''): [string, string] => [`${segment}:${after}`, `${segment};`]

/** A segment by its name or title; throws NotFound. */
export function segmentNamed(name: string): Segment {
  const said = name.trim()
  const found = book()?.segments.find(({ segment, title }) => segment === said || title === said)
  if (!found) throw new NotFound('segment')
  return found
}

/** The members of a segment behind one of them, by customer, with since when. */
export async function membersOf(
  tx: Tx,
  segment: string,
  { after = '', limit }: { after?: string; limit: number },
): Promise<{ customerId: string; since: number }[]> {
  return tx.query(
    `SELECT customerId, since FROM segment_members WHERE ${WITHIN} ORDER BY id LIMIT ${Math.trunc(limit)}`,
    keys(segment, after),
  )
}

/** Those members of a segment who became customers last. */
export function newestMembers(tx: Tx, segment: string, most: number): Promise<{ customerId: string }[]> {
  return tx.query(
    `SELECT customerId FROM segment_members WHERE ${WITHIN} ORDER BY id DESC LIMIT ${Math.trunc(most)}`,
    keys(segment),
  )
}
