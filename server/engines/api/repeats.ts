import { createHash } from 'node:crypto'
import { DAY, MINUTE } from '../../lib/clock.ts'
import { seal, unseal } from '../../lib/crypto.ts'
import type { Database } from '../../lib/db.ts'
import { Conflict, Invalid } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { ApiRequest } from './key.ts'

/** For so long an answer is kept for whoever asks again. */
const KEPT_MS = DAY
/** A request of a process that was killed may be sent again after so long. */
const UNDER_WAY_MS = MINUTE
const FORGOTTEN_AT_ONCE = 5_000

/** A request that may come again: its Idempotency-Key within one API key and door, and the hash of its body. */
export interface Repeat {
  id: string
  bodyHash: string
}

/** Names a request by the key that was sent with it; throws Invalid for a key that is none. */
export function repeatOf(door: string, apiKey: string, sent: string, body: string): Repeat {
  if (!/^[\x21-\x7e]{1,100}$/.test(sent)) throw new Invalid('Idempotency-Key', 'repeat_key')
  return { id: hashOf(`${apiKey}\n${door}\n${sent}`), bodyHash: hashOf(body) }
}

/**
 * Does the work of a request once: the same request again gets the stored answer. What was refused or failed is not
 * kept, so that the same key may come again with a body that is right. Throws Conflict while the first is under way,
 * Invalid when the key comes with another body.
 */
export async function once<T>(
  db: Database,
  repeat: Repeat,
  work: () => Promise<T>,
): Promise<{ answer: T; again: boolean }> {
  const begun = await db.write((tx) => begin(tx, repeat))
  if (begun.answer !== undefined) return { answer: JSON.parse(unseal(begun.answer)) as T, again: true }
  try {
    const answer = await work()
    await db.write((tx) => finish(tx, repeat, begun.at, answer))
    return { answer, again: false }
  } catch (error) {
    const mine = [repeat.id, begun.at]
    await db.write((tx) =>
      tx.run('DELETE FROM api_requests WHERE id = ? AND startedAt = ? AND answeredAt IS NULL', mine),
    )
    throw error
  }
}

/** Forgets answers for which nobody can ask any more. Returns how many. */
export function forgetRequests(db: Database): Promise<number> {
  return db.write(async (tx) => {
    const old = await tx.query<{ id: string }>(
      `SELECT id FROM api_requests WHERE startedAt < ? ORDER BY startedAt LIMIT ${FORGOTTEN_AT_ONCE}`,
      [tx.now - KEPT_MS],
    )
    if (old.length === 0) return 0
    const places = old.map(() => '?').join(',')
    return tx.run(
      `DELETE FROM api_requests WHERE id IN (${places})`,
      old.map(({ id }) => id),
    )
  })
}

async function begin(tx: Tx, { id, bodyHash }: Repeat): Promise<{ at: number; answer?: string }> {
  const at = tx.now
  if (await tx.insertOnce(ApiRequest, { id, bodyHash, startedAt: at })) return { at }
  const known = await tx.get(ApiRequest, id)
  // Forgotten or given up at this very moment.
  if (!known) throw new Conflict('repeat_under_way')
  if (known.startedAt < at - KEPT_MS || (known.answeredAt === null && known.startedAt < at - UNDER_WAY_MS)) {
    const anew = { bodyHash, startedAt: at, answeredAt: null, answer: null }
    if (await tx.update(ApiRequest, id, anew, { startedAt: known.startedAt })) return { at }
    throw new Conflict('repeat_under_way')
  }
  if (known.bodyHash !== bodyHash) throw new Invalid('Idempotency-Key', 'repeat_other_body')
  if (known.answer === null) throw new Conflict('repeat_under_way')
  return { at, answer: known.answer }
}

async function finish(tx: Tx, { id }: Repeat, at: number, answer: unknown): Promise<void> {
  const done = { answeredAt: tx.now, answer: seal(JSON.stringify(answer)) }
  await tx.update(ApiRequest, id, done, { startedAt: at })
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
