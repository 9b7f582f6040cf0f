import { randomBytes, randomFillSync } from 'node:crypto'
import { encodeTime, monotonicFactory } from 'ulid'

/** Random bytes are fetched by the page: one at a time, sixteen for each id, they were 3 % of a card press. */
const random = new Uint8Array(4096)
let used = random.length

const next = monotonicFactory(() => {
  if (used === random.length) {
    randomFillSync(random)
    used = 0
  }
  return (random[used++] as number) / 256
})

/** A new sortable id (ULID, 26 characters); ids made by one process in one millisecond keep their order. */
export function newId(at: number): string {
  return next(at)
}

/** The id before which every id was made earlier than an instant. */
export function firstIdAt(at: number): string {
  return `${encodeTime(at, 10)}${'0'.repeat(16)}`
}

/** An unguessable token for links and sessions: 32 random bytes, URL-safe. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}
