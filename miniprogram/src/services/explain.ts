import { words } from '../words.ts'
import { ApiError, NoAnswer } from './transport.ts'

/** A failure as one calm sentence. */
export function explain(error: unknown): string {
  return error instanceof ApiError || error instanceof NoAnswer ? error.message : words.errors.unknown
}
