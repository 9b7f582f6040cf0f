let ahead = 0

/** Takes the server's word for the time (header Server-Time, ms UTC): phones are often set wrong. */
export function hearServerTime(value: unknown): void {
  const at = Number(value)
  if (value !== undefined && Number.isFinite(at)) ahead = at - Date.now()
}

/** The present instant by the server's clock, ms UTC. */
export function now(): number {
  return Date.now() + ahead
}
