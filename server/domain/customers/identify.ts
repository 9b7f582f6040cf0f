import { type Actor, record } from '../../engines/events/events.ts'
import type { IdentityRules } from '../../engines/packs/identities.ts'
import { DAY } from '../../lib/clock.ts'
import { blindIndex } from '../../lib/crypto.ts'
import { Invalid } from '../../lib/errors.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { Customer, CustomerIdentity } from './customer.ts'
import { createCustomer, customerById } from './customers.ts'
import { tidyValue } from './identity.ts'
import { identityRulesNow, isBlockedValue } from './identity-rules.ts'
import { noteLookAlike } from './look-alike.ts'
import { mergeCustomers } from './merge.ts'
import { slots } from './movers.ts'
import { type Piece, type Plan, planFor } from './plan.ts'
import { claimedThings, claimThing, settleThings, thingsAround } from './things.ts'

export interface GivenIdentity {
  kind: CustomerIdentity['kind']
  value: string
  /** The person has shown that it is theirs, or the books of the house say so. Accounts of a platform are so by themselves. */
  proved?: boolean
}

/** An identity that was given and does not count, and why. */
interface Dropped {
  kind: CustomerIdentity['kind']
  why: string
  /** The kind of which there would have been too many. */
  of?: CustomerIdentity['kind']
}

/**
 * The customer behind these identities: found, made, or, where an anonymous side meets a known one, made one of two. Two
 * who are known are never joined here: that is noted, and left to people. What would break a limit gives way, the least
 * telling identity first; what is no identity at all is dropped, and if nothing remains that is an error.
 */
export async function identify(
  tx: Tx,
  given: GivenIdentity[],
  about: { by: Actor; source: string },
): Promise<Customer> {
  const rules = identityRulesNow()
  const dropped: Dropped[] = []
  const pieces = await piecesOf(tx, given, rules, dropped)
  if (pieces.length === 0) {
    const [first] = dropped
    throw new Invalid(first?.kind ?? 'identities', first?.why ?? 'identity_missing')
  }
  let left = pieces
  let plan = await planFor(tx, left, rules)
  while (plan.breaks && left.length > 1) {
    const [least, ...rest] = left
    if (least) dropped.push({ kind: least.kind, why: plan.breaks.why, of: plan.breaks.kind })
    left = rest
    plan = await planFor(tx, left, rules)
  }
  const customer = await carryOut(tx, plan, left, about)
  for (const { kind, why, of } of dropped) {
    await record(tx, 'identity.dropped', {
      by: about.by,
      subject: { type: 'customer', id: customer.id },
      customerId: customer.id,
      data: { kind, why, ...(of && { of }), source: about.source },
      // A program that sends junk sends it again and again: once a day says it.
      dedupKey: `identity.dropped:${customer.id}:${kind}:${why}:${Math.floor(tx.now / DAY)}`,
    })
  }
  return customer
}

/** What was given, tidied, with what is known of it, the least telling first; junk is left out. */
async function piecesOf(tx: Tx, given: GivenIdentity[], rules: IdentityRules, dropped: Dropped[]): Promise<Piece[]> {
  const pieces = new Map<string, Piece>()
  for (const { kind: said, value: text, proved = false } of given) {
    // A number that was only typed is a contact: it never leads to who has proved it.
    const kind = said === 'phone' && !proved ? 'contact' : said
    const tidy = tidyValue(kind, text)
    if ('why' in tidy || isBlockedValue(rules, kind, tidy.value)) {
      dropped.push({ kind: said, why: 'why' in tidy ? tidy.why : 'blocked' })
      continue
    }
    const id = blindIndex(kind, tidy.value)
    const before = pieces.get(id)
    pieces.set(id, { id, kind, value: tidy.value, proved: proved || before?.proved === true || isAccount(kind) })
  }
  const all = [...pieces.values()]
  if (all.length === 0) return []
  const rows = await tx.find(CustomerIdentity, `WHERE id IN (${slots(all)})`, [...pieces.keys()])
  for (const row of rows) (pieces.get(row.id) as Piece).row = row
  const things = rows.filter(({ proved }) => !proved).map(({ id }) => id)
  for (const id of await claimedThings(tx, things)) (pieces.get(id) as Piece).claimed = true
  // What somebody else has proved is not had by saying it.
  const free = all.filter(({ kind, proved, row }) => {
    if (!row?.proved || proved) return true
    dropped.push({ kind, why: 'unproved' })
    return false
  })
  return free.sort((a, b) => rules[a.kind].priority - rules[b.kind].priority || (a.id < b.id ? -1 : 1))
}

function isAccount(kind: CustomerIdentity['kind']): boolean {
  return kind === 'openid' || kind === 'unionid' || kind === 'external_userid' || kind === 'alipay'
}

async function carryOut(
  tx: Tx,
  plan: Plan,
  pieces: Piece[],
  { by, source }: { by: Actor; source: string },
): Promise<Customer> {
  const made = plan.target === undefined
  const { id } =
    plan.target === undefined ? await createCustomer(tx, 'customer.registered', { by, source }) : { id: plan.target }
  const actor = by.type === 'customer' && !by.id ? { type: by.type, id } : by
  for (const { other, kind } of plan.alike) await noteLookAlike(tx, id, other, kind, actor)
  for (const other of plan.joins) await mergeCustomers(tx, id, other, { by: actor, why: `identity:${source}` })
  const fresh: string[] = []
  for (const piece of pieces) if (await attach(tx, id, piece, plan)) fresh.push(piece.kind)
  await settle(tx, id, pieces, plan.joins.length > 0 || fresh.length > 0)
  const customer = await customerById(tx, id)
  const phone = pieces.findLast(({ kind }) => kind === 'phone' || kind === 'contact')
  if (phone && customer.phone === null) await tx.update(Customer, id, { phone: phone.value, keyedAt: null })
  if (fresh.length > 0 && !made) {
    const subject = { type: 'customer', id }
    await record(tx, 'customer.identified', { by: actor, subject, customerId: id, data: { kinds: fresh, source } })
  }
  return customerById(tx, id)
}

/** Gives a customer an identity that is nobody's yet, or of which another one has only said that it is theirs. */
async function attach(tx: Tx, customerId: string, piece: Piece, plan: Plan): Promise<boolean> {
  const { id, kind, value, proved, row } = piece
  if (!row) {
    // Two first visits of one person at once: one of them makes the customer, the other runs again and finds it.
    const fresh = { id, customerId, kind, value, createdAt: tx.now, proved }
    if (!(await tx.insertOnce(CustomerIdentity, fresh))) throw new LostRace()
    return true
  }
  if (proved && !row.proved) {
    await tx.update(CustomerIdentity, id, { customerId, proved })
    return true
  }
  // A thing of several people that comes alone is its own.
  if (plan.top > 0 || (row.customerId !== '' && kind !== 'contact')) return false
  if (row.customerId === customerId) return false
  await tx.update(CustomerIdentity, id, { customerId })
  return true
}

/** Notes with whom things were seen, and gives all that hangs on this customer to whom it belongs now. */
async function settle(tx: Tx, customerId: string, pieces: Piece[], changed: boolean): Promise<void> {
  const things = pieces.filter(({ proved }) => !proved).map(({ id }) => id)
  const claimants = pieces.filter(({ proved }) => proved).map(({ id }) => id)
  let news = false
  for (const thing of things) if (await claimThing(tx, thing, claimants)) news = true
  if (!changed && !news) return
  await settleThings(tx, [...things, ...(changed ? await thingsAround(tx, [customerId]) : [])])
}
