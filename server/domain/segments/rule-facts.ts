import type { Changes, RuleFacts } from '../../engines/rules/hooks.ts'
import { staffById } from '../../engines/staff/roster.ts'
import type { Tx } from '../../lib/tx.ts'
import { Customer } from '../customers/customer.ts'
import { OWNING, ownerOf } from '../customers/owner.ts'
import { type Book, book } from './book.ts'
import { factsAt } from './facts.ts'
import { CustomerFacts, factsInRow } from './known.ts'
import { lentFacts } from './lent.ts'
import { membersOf } from './preview.ts'

/** What else of a customer may change, and by which events, beside the facts of the packs. */
const BESIDE: Record<string, readonly string[]> = {
  has_phone: ['customer.'],
  owner: OWNING,
  manager: OWNING,
  tags: ['tag.', 'segment.'],
  segments: ['segment.'],
  stage: ['stage.'],
  stage_since: ['stage.'],
}

const FOLLOWS = /^(tags|segments|stage|stage_since|stage_title|rfm|[rfm]_score)$/
const TOLD = ['registered_at', 'birthday', 'region']

/** What rules may ask of a customer (R1): all that segments know, as of any instant, and who looks after them. */
export const customerRuleFacts: RuleFacts = {
  looksBack: true,
  changedBy,
  behaviour: isBehaviour,
  async at(tx, id, at) {
    const customer = await tx.get(Customer, id)
    if (!customer || customer.createdAt > at) return undefined
    const owner = await ownerOf(tx, id, at)
    const known = await factsAt(tx, id, at)
    return {
      tags: [],
      segments: [],
      tier: customer.tier,
      registered_at: customer.createdAt,
      last_interaction_at: customer.createdAt,
      ...known,
      ...(typeof known.stage === 'string' && { stage_title: stageTitle(known.stage) }),
      id,
      has_phone: customer.phone !== null,
      owner: owner ?? null,
      manager: owner ? await managerOf(tx, owner) : null,
    }
  },
  async dates(tx, ids) {
    const now = book()
    if (!now) return new Map()
    const rows = await tx.find(CustomerFacts, `WHERE id IN (${settled(ids)})`, [...ids, tx.now, now.factsVersion])
    return new Map(rows.map((row) => [row.id, factsInRow(row)]))
  },
  async list(tx, after, most, segment) {
    if (segment !== undefined)
      return (await membersOf(tx, segment, { after, limit: most })).map(({ customerId }) => customerId)
    const rows = await tx.query<{ id: string }>(`SELECT id FROM customers WHERE id > ? ORDER BY id LIMIT ${most}`, [
      after,
    ])
    return rows.map(({ id }) => id)
  },
}

/** What follows from a customer's events, but for what they told of themselves and the day they came. */
function isBehaviour(field: string): boolean {
  if (FOLLOWS.test(field)) return true
  return !TOLD.includes(field) && (book()?.facts.some(({ fact }) => fact === field) ?? false)
}

function stageTitle(stage: string): string {
  return book()?.stages.find((one) => one.stage === stage)?.title ?? stage
}

/** Those who are counted and judged as things stand, and of whom it is known when they came. */
function settled(ids: string[]): string {
  return `SELECT t.id FROM customer_tallies t JOIN customer_facts f ON f.id = t.id
    WHERE t.id IN (${ids.map(() => '?').join(',')}) AND (t.dueAt IS NULL OR t.dueAt > ?) AND t.counted = ?
    AND f.registeredAt IS NOT NULL AND f.lastInteractionAt IS NOT NULL`
}

/** As letters to the customer name the person who looks after them. */
async function managerOf(tx: Tx, owner: string): Promise<{ name: string } | null> {
  const staff = await staffById(tx, owner)
  return staff?.active ? { name: staff.name } : null
}

let known: { book?: Book; fields: string; changes: Changes } | undefined

/** Asked at every event: worked out once for each state of the packs. */
function changedBy(fields: readonly string[]): Changes {
  const now = book()
  const asked = fields.join()
  if (!known || known.book !== now || known.fields !== asked) {
    known = { ...(now && { book: now }), fields: asked, changes: changesOf(now, fields) }
  }
  return known.changes
}

function changesOf(now: Book | undefined, fields: readonly string[]): Changes {
  const names = new Set(['customer.registered', 'customer.contact_left'])
  let themselves = false
  for (const field of fields) {
    const [fact = ''] = field.split('.')
    for (const name of BESIDE[fact] ?? []) names.add(name)
    for (const source of now?.facts.find((one) => one.fact === fact)?.sources ?? []) {
      for (const name of source.names ?? []) names.add(name)
      if (!source.names) themselves = true
    }
    for (const { kinds, after } of lentFacts()) if (kinds[fact]) for (const name of after) names.add(name)
    // Scores follow from what was paid and when: whatever moves a customer at all may move them.
    if (/^(rfm|[rfm]_score)$/.test(fact)) names.add('segment.')
  }
  return { names: [...names], ...(themselves && { themselves }) }
}
