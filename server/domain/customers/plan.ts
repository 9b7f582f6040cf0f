import type { IdentityKind, IdentityRules } from '../../engines/packs/identities.ts'
import type { Tx } from '../../lib/tx.ts'
import type { CustomerIdentity } from './customer.ts'
import { type Rank, rankOf } from './identity.ts'
import { areApart } from './look-alike.ts'
import { type Held, overLimit, profilesOf, rankOfAll } from './profile.ts'

/** A given identity with what is known of it. */
export interface Piece {
  id: string
  kind: IdentityKind
  value: string
  proved: boolean
  row?: CustomerIdentity
  /** It was seen with somebody: what is done on it by nobody in particular is not the next one's. */
  claimed?: boolean
}

/** What identities come to. */
export interface Plan {
  /** Whose they are; undefined: somebody's of whom nobody has heard. */
  target?: string
  /** Anonymous customers who turn out to be the same. */
  joins: string[]
  /** Known customers whom an identity would have tied to the target. */
  alike: { other: string; kind: IdentityKind }[]
  /** The most that one of them says of a person. */
  top: Rank
  /** Why it cannot be so: there would be too many of a kind, or somebody has said that these are two. */
  breaks?: { why: 'limit' | 'apart'; kind?: IdentityKind }
}

/**
 * What these identities come to, the least telling first. Who somebody is decides before which account they use, and that
 * before the device that others may use as well: a device never brings a name or an account to a customer who has one.
 */
export async function planFor(tx: Tx, pieces: Piece[], rules: IdentityRules): Promise<Plan> {
  const owners = [...new Set(pieces.flatMap(({ row }) => row?.customerId || []))]
  const profiles = await profilesOf(tx, owners)
  const rank = (id: string) => rankOfAll(profiles.get(id))
  const ownersOf = (level: Rank) => [
    ...new Set(pieces.toReversed().flatMap((one) => (leadOf(one) === level ? one.row?.customerId || [] : []))),
  ]
  const top = pieces.reduce<Rank>((most, one) => (rankOf(one) > most ? rankOf(one) : most), 0)
  const [named, accounts] = [ownersOf(2), ownersOf(1)]
  // A number that was only typed never leads to somebody known, even if people have joined the two: it may be typed again.
  const typed = pieces.flatMap(({ kind, row }) =>
    kind === 'contact' && row && rank(row.customerId) === 2 ? row.customerId : [],
  )
  const things = ownersOf(0).filter((id) => !typed.includes(id))
  const free = things.filter((id) => rank(id) === 0 && !pieces.some((one) => one.claimed && one.row?.customerId === id))
  const target = named[0] ?? best(accounts, rank) ?? (top > 0 ? free[0] : best(things, rank))
  const others = [...new Set([...named, ...accounts])].filter((id) => id !== target)
  const joins = [...others.filter((id) => rank(id) < 2), ...free.filter((id) => id !== target && !others.includes(id))]
  const alike = others
    .filter((id) => rank(id) === 2)
    .map((other) => ({ other, kind: pieces.findLast(({ row }) => row?.customerId === other)?.kind ?? 'member' }))
  const plan: Plan = { target, joins, alike, top }
  const breaks = await brokenBy(tx, plan, pieces, profiles, rules)
  return breaks ? { ...plan, breaks } : plan
}

/** How far an identity leads to whose it is until now: who has only said so may be wrong. */
function leadOf({ kind, proved, row }: Piece): Rank {
  return proved && row && !row.proved ? 0 : rankOf({ kind, proved })
}

/** The one of whom most is known; of several the one whose identity says most. */
function best(ids: string[], rank: (id: string) => Rank): string | undefined {
  return ids.reduce<string | undefined>(
    (first, id) => (first === undefined || rank(id) > rank(first) ? id : first),
    undefined,
  )
}

async function brokenBy(
  tx: Tx,
  { target, joins }: Plan,
  pieces: Piece[],
  profiles: Map<string, Held[]>,
  rules: IdentityRules,
): Promise<Plan['breaks']> {
  for (const id of joins) if (target && (await areApart(tx, target, id))) return { why: 'apart' }
  const fresh = pieces.filter(({ row, proved }) => !row || (proved && !row.proved))
  const joined = joins.flatMap((id) => profiles.get(id) ?? [])
  const held = [...(target ? (profiles.get(target) ?? []) : []), ...joined]
  const added = [...fresh.map((one) => one.kind), ...joined.map(({ kind }) => kind)]
  const all = [
    ...held,
    ...fresh.map(({ id, kind, proved }) => ({ id, customerId: '', kind, proved, createdAt: tx.now })),
  ]
  const kind = overLimit(rules, all, tx.now, added)
  return kind && { why: 'limit', kind }
}
