import { encodeTime, monotonicFactory } from 'ulid'
import { randomBytes, randomShare } from './random.ts'

const next = monotonicFactory(randomShare)

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
