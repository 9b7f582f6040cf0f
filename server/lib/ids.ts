import { randomBytes } from 'node:crypto'
import { monotonicFactory } from 'ulid'

const next = monotonicFactory()

/** A new sortable id (ULID, 26 characters); ids made by one process in one millisecond keep their order. */
export function newId(at: number): string {
  return next(at)
}

/** An unguessable token for links and sessions: 32 random bytes, URL-safe. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}
