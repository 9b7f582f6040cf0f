import { type Actor, record } from '../../engines/events/events.ts'
import { Invalid } from '../../lib/errors.ts'
import { isDuplicate, LostRace, type Tx } from '../../lib/tx.ts'
import { lookAgainAt } from './hear.ts'
import { LONGEST_TAG } from './segment.ts'
import { CustomerTag, type TagReason } from './tag.ts'

/** Who puts a tag on, and why: for whoever reads it later. */
export interface Tagging {
  by: Actor
  reason: string
  /** What the same one puts on and takes off: `staff:<id>`, `rule:<name>`. Without it, whoever did it. */
  key?: string
}

/** Puts a tag on a customer. The same one putting it on again only renews the reason. Returns whether it is new to them. */
export async function addTag(tx: Tx, customerId: string, tag: string, { by, reason, key }: Tagging): Promise<boolean> {
  const word = tag.trim()
  if (word === '' || word.length > LONGEST_TAG) throw new Invalid('tag', 'tag_long', { tag, max: LONGEST_TAG })
  const before = await tx.get(CustomerTag, idOf(customerId, word))
  const given: TagReason = { by: key ?? nameOf(by), reason: reason.slice(0, 200), at: tx.now }
  const reasons = [...(before?.reasons ?? []).filter((one) => one.by !== given.by), given]
  await keep(tx, customerId, word, before, reasons)
  if (before) return false
  await tell(tx, 'tag.added', customerId, by, { tag: word, why: given.reason, key: given.by })
  await lookAgainAt(tx, customerId)
  return true
}

/**
 * Takes a reason for a tag away, with the last one the tag; without a key, every reason but those of segments. Returns
 * whether the tag is gone.
 */
export async function removeTag(
  tx: Tx,
  customerId: string,
  tag: string,
  { by, key }: Omit<Tagging, 'reason'>,
): Promise<boolean> {
  const word = tag.trim()
  const before = await tx.get(CustomerTag, idOf(customerId, word))
  if (!before) return false
  const reasons = before.reasons.filter((one) => (key ? one.by !== key : one.by.startsWith('segment:')))
  if (reasons.length === before.reasons.length) return false
  await keep(tx, customerId, word, before, reasons)
  if (reasons.length > 0) return false
  await tell(tx, 'tag.removed', customerId, by, { tag: word })
  await lookAgainAt(tx, customerId)
  return true
}

/** A customer's tags with every reason for each. */
export function tagsOf(tx: Tx, customerId: string): Promise<CustomerTag[]> {
  return tx.find(CustomerTag, 'WHERE customerId = ? ORDER BY tag', [customerId])
}

/** The tags that a customer wears, and those that their segments want them to. */
interface Dress {
  customerId: string
  worn: CustomerTag[]
  wanted: { tag: string; segment: string }[]
}

/** Gives customers the tags of their segments, and takes those of others away. */
export async function dressBySegments(tx: Tx, all: Dress[]): Promise<void> {
  const fresh: CustomerTag[] = []
  for (const { customerId, worn, wanted } of all) {
    for (const tag of new Set([...worn, ...wanted].map((one) => one.tag))) {
      const before = worn.find((one) => one.tag === tag)
      const reasons = reasonsBySegments(before, wanted, tag, tx.now)
      if (!reasons) continue
      if (before) await keep(tx, customerId, tag, before, reasons)
      else fresh.push({ id: idOf(customerId, tag), customerId, tag, reasons, version: 0 })
    }
  }
  if (fresh.length === 0) return
  try {
    await tx.insert(CustomerTag, fresh)
  } catch (error) {
    // Somebody has put one of them on meanwhile: the transaction runs again and finds it.
    throw isDuplicate(error) ? new LostRace() : error
  }
}

/** The reasons that are left and come with the segments; undefined: as before. */
function reasonsBySegments(
  before: CustomerTag | undefined,
  wanted: Dress['wanted'],
  tag: string,
  at: number,
): TagReason[] | undefined {
  const theirs = wanted.filter((one) => one.tag === tag).map(({ segment }) => `segment:${segment}`)
  const old = before?.reasons ?? []
  const kept = old.filter(({ by }) => !by.startsWith('segment:') || theirs.includes(by))
  const fresh = theirs.filter((by) => !old.some((one) => one.by === by))
  if (fresh.length === 0 && kept.length === old.length) return undefined
  return [...kept, ...fresh.map((by) => ({ by, reason: '', at }))]
}

async function keep(
  tx: Tx,
  customerId: string,
  tag: string,
  before: CustomerTag | undefined,
  reasons: TagReason[],
): Promise<void> {
  const id = idOf(customerId, tag)
  const done = before
    ? reasons.length > 0
      ? await tx.update(CustomerTag, id, { reasons, version: before.version + 1 }, { version: before.version })
      : (await tx.run('DELETE FROM customer_tags WHERE id = ? AND version = ?', [id, before.version])) === 1
    : await tx.insertOnce(CustomerTag, { id, customerId, tag, reasons, version: 0 })
  if (!done) throw new LostRace()
}

function tell(tx: Tx, name: string, customerId: string, by: Actor, data: Record<string, unknown>): Promise<void> {
  return record(tx, name, { by, subject: { type: 'customer', id: customerId }, customerId, data })
}

function idOf(customerId: string, tag: string): string {
  return `${customerId}:${tag}`
}

function nameOf({ type, id }: Actor): string {
  return id ? `${type}:${id}` : type
}
