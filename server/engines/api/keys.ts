import { createHash, timingSafeEqual } from 'node:crypto'
import { Forbidden, Invalid, NotFound, Unauthorized } from '../../lib/errors.ts'
import { newId, newToken } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { zoneOf } from '../../lib/zone.ts'
import { ApiKey, SCOPES, type Scope } from './key.ts'

const PER_MINUTE = 600
const MOST_PER_MINUTE = 1_000_000
const SECRET = /^yk_([0-9A-Z]{26})_([\w-]{43})$/

/** Makes a key and returns its secret, which nobody can read again afterwards. Throws Invalid. */
export async function addKey(
  tx: Tx,
  given: { name: string; scopes: string[]; perMinute?: number },
): Promise<{ id: string; secret: string }> {
  const name = given.name.trim()
  if (name === '' || name.length > 40 || /[:\s]/.test(name)) throw new Invalid('name', 'key_name')
  if (given.scopes.length === 0) throw new Invalid('scopes', 'key_scopes', { known: SCOPES })
  for (const scope of given.scopes) {
    if (!isScope(scope)) throw new Invalid('scopes', 'key_scope', { scope, known: SCOPES })
  }
  const perMinute = given.perMinute ?? PER_MINUTE
  if (!Number.isInteger(perMinute) || perMinute < 1 || perMinute > MOST_PER_MINUTE)
    throw new Invalid('per-minute', 'key_limit', { most: MOST_PER_MINUTE })
  const id = newId(tx.now)
  const token = newToken()
  const scopes = SCOPES.filter((scope) => given.scopes.includes(scope))
  await tx.insert(ApiKey, { id, hash: hashOf(token), name, scopes, perMinute, createdAt: tx.now })
  return { id, secret: `yk_${id}_${token}` }
}

/** Every key there is or was, the oldest first. */
export function allKeys(tx: Tx): Promise<ApiKey[]> {
  return tx.find(ApiKey, 'ORDER BY id')
}

/** Ends a key at once and for good. Throws NotFound. */
export async function revokeKey(tx: Tx, id: string): Promise<ApiKey> {
  const key = await tx.get(ApiKey, id)
  if (!key) throw new NotFound('api_key')
  if (key.revokedAt === null) await tx.update(ApiKey, id, { revokedAt: tx.now })
  return key
}

/** The key behind an Authorization header; throws Unauthorized without telling what was wrong about it. */
export async function keyBehind(tx: Tx, authorization: string): Promise<ApiKey> {
  const [, secret = ''] = /^Bearer (\S{1,100})$/.exec(authorization) ?? []
  const [, id = '', token = ''] = SECRET.exec(secret) ?? []
  const key = id ? await tx.get(ApiKey, id) : undefined
  // Compared also where there is no such key, so that the time taken tells nothing.
  const fits = equal(hashOf(token), key?.hash ?? hashOf(id))
  if (!key || !fits || key.revokedAt !== null) throw new Unauthorized(secret ? 'api_key_wrong' : 'api_key_missing')
  return key
}

/** Throws Forbidden, naming the scope, unless the key has it. */
export function mustMay({ scopes }: Pick<ApiKey, 'scopes'>, scope: Scope): void {
  if (!scopes.includes(scope)) throw new Forbidden('api_scope', { scope })
}

/** Whether the day of a key's last use has to be noted. */
export function isNewDay({ usedDay }: ApiKey, now: number): boolean {
  return usedDay !== dayOf(now)
}

/** Notes that a key is in use. */
export async function noteUse(tx: Tx, id: string): Promise<void> {
  await tx.update(ApiKey, id, { usedDay: dayOf(tx.now) })
}

function dayOf(at: number): number {
  const day = zoneOf('Asia/Shanghai').wall(at)
  return day.getUTCFullYear() * 10_000 + (day.getUTCMonth() + 1) * 100 + day.getUTCDate()
}

function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text)
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
