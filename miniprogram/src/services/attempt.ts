/** A send under way: its Idempotency-Key, and the body it was made for. */
export interface Attempt {
  key: string
  body: string
}

/** The attempt for a body: the one before while the body is the same, so that the server sees one send and not two. */
export function attemptFor(body: string, before: Attempt | undefined): Attempt {
  return before?.body === body ? before : { key: newKey(), body }
}

/** Unlikely enough to meet twice; it need not be secret. */
function newKey(): string {
  const random = () => Math.random().toString(36).slice(2, 12)
  return `${Date.now().toString(36)}-${random()}${random()}`
}
