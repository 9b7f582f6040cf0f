/**
 * Rows by what they name: those of one strand share a name, be it through others, and stand in their order. What one
 * strand brings has nothing to do with another one.
 */
export function strands<T>(rows: T[], namesOf: (row: T) => string[]): T[][] {
  const leader = rows.map((_, i) => i)
  const leaderOf = (i: number): number => {
    const next = leader[i] as number
    return next === i ? i : leaderOf(next)
  }
  const firstBy = new Map<string, number>()
  for (const [i, row] of rows.entries()) {
    for (const name of namesOf(row)) {
      const first = firstBy.get(name)
      if (first === undefined) firstBy.set(name, i)
      else leader[leaderOf(i)] = leaderOf(first)
    }
  }
  const found = new Map<number, T[]>()
  for (const [i, row] of rows.entries()) {
    const of = leaderOf(i)
    const strand = found.get(of)
    if (strand) strand.push(row)
    else found.set(of, [row])
  }
  return [...found.values()]
}
