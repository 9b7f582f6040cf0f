/** What belongs together, by a key; what has none is left out. Within a group the order is kept. */
export function groupBy<T>(all: Iterable<T>, keyOf: (one: T) => string | null | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const one of all) {
    const key = keyOf(one)
    if (!key) continue
    const group = groups.get(key)
    if (group) group.push(one)
    else groups.set(key, [one])
  }
  return groups
}
