import { MINUTE } from '../../lib/clock.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import type { Asset } from '../assets/asset.ts'
import { RentalViolation, type Violation } from './violation.ts'

/** Whose violations were typed by people: they have no numbers of their own that would tell two apart. */
export const TYPED = 'chat'

/** The violations of a car that are known from a minute, in the order in which they became known. */
export function ofMinute(tx: Tx, { id }: Pick<Asset, 'id'>, at: number): Promise<RentalViolation[]> {
  const from = minuteOf(at) * MINUTE
  const tail = 'WHERE assetId = ? AND happenedAt >= ? AND happenedAt < ? ORDER BY reportedAt, id'
  return tx.find(RentalViolation, tail, [id, from, from + MINUTE])
}

/** The first place in a car's minute that none of these has. */
export function slotOf({ id }: Pick<Asset, 'id'>, at: number, known: RentalViolation[]): string {
  const taken = new Set(known.map(({ slot }) => slot))
  const place = (n: number) => `${id}:${minuteOf(at)}:${n}`
  let n = 1
  while (taken.has(place(n))) n++
  return place(n)
}

/**
 * Whether a violation that is known from the same minute is the one of which somebody else tells: of the same kind, or of
 * a kind that one of them leaves open. A system's own numbers tell its violations apart.
 */
export function isSame(known: RentalViolation, { source, reason }: { source: string; reason: string | null }): boolean {
  if (source !== TYPED && [known.id, known.otherId ?? ''].some((id) => id.startsWith(`${source}:`))) return false
  const [one, other] = [kindOf(known.reason), kindOf(reason)]
  return one.includes(other) || other.includes(one)
}

interface Telling {
  /** `<source>:<its number there>` */
  id: string
  source: string
  violation: Violation
}

/**
 * Notes that somebody else tells of a known violation as well. What a system says of it counts more than what was typed;
 * true when it says something new.
 */
export async function joins(tx: Tx, known: RentalViolation, { id, source, violation }: Telling): Promise<boolean> {
  if (source === TYPED || known.otherId !== null) return false
  const better = known.id.startsWith(`${TYPED}:`)
  const { fine, points, reason, place } = violation
  const said = { fine, points, reason: reason ?? known.reason, place: place ?? known.place }
  const changes = { otherId: id, ...(better && said) }
  if (!(await tx.update(RentalViolation, known.id, changes, { otherId: null }))) throw new LostRace()
  return better && (fine !== known.fine || points !== known.points)
}

/** What it was, without what people write differently. */
function kindOf(reason: string | null): string {
  return (reason ?? '')
    .normalize('NFKC')
    .replace(/[\s\p{P}\p{S}]/gu, '')
    .toLowerCase()
}

function minuteOf(at: number): number {
  return Math.floor(at / MINUTE)
}
