import { Conflict } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import type { DispatchRule } from './rule.ts'

/** How much somebody was given today, and has in stock. */
export interface Claimed {
  today: number
  stock: number
}

/** Counts for everybody who has any. */
export type CountClaims = (tx: Tx) => Promise<Map<string, Claimed>>

type Limits = NonNullable<DispatchRule['claims']>

let count: CountClaims = async () => new Map()

/** Lends the counting: what somebody's matters are, a noun knows. */
export function lendClaims(lent: CountClaims): void {
  count = lent
}

/** Who has been given as much as one may; what they were offered and have not answered yet counts too. */
export async function fullOf(tx: Tx, limits: Limits): Promise<Set<string>> {
  const claimed = await count(tx)
  const offered = await tx.query<{ staffId: string; n: number }>(
    `SELECT staffId, COUNT(*) AS n FROM dispatch_offers WHERE live = 1 AND state = 'offered' GROUP BY staffId`,
  )
  const waiting = new Map(offered.map(({ staffId, n }) => [staffId, Number(n)]))
  const people = new Set([...claimed.keys(), ...waiting.keys()])
  return new Set([...people].filter((id) => reached(limits, claimed.get(id), waiting.get(id))))
}

/** Lets nobody take more from the pool than one may. Throws Conflict, saying which number is reached. */
export async function guardClaim(tx: Tx, limits: Limits, staffId: string): Promise<void> {
  const why = reached(limits, (await count(tx)).get(staffId))
  if (why) throw new Conflict(`claims_${why}`, { max: limits[why] })
}

function reached(
  { per_day, in_stock }: Limits,
  { today, stock }: Claimed = { today: 0, stock: 0 },
  waiting = 0,
): keyof Limits | undefined {
  if (per_day !== undefined && today + waiting >= per_day) return 'per_day'
  return in_stock !== undefined && stock + waiting >= in_stock ? 'in_stock' : undefined
}
