import { z } from 'zod'
import { SECOND } from '../lib/clock.ts'
import { PlatformError } from '../lib/errors.ts'
import { type Answer, callBytes, httpRefusal, rawJson } from './call.ts'
import { limit } from './limit.ts'
import { lockSignatureHolds, signLock } from './lock-sign.ts'
import { CallbackRefused } from './wx-crypto.ts'

export interface LockConfig {
  apiBase: string
  /** Shared by both sides, for either direction. */
  key: string
}

/** How a command stands at the lock service; only `accepted` is not its end. */
export interface Told {
  state: 'accepted' | 'done' | 'failed' | 'cancelled'
  /** When it was done or failed. */
  at?: number
  /** Why it failed. */
  code?: string
}

/** A service that opens locks. Every call may throw a PlatformError('lock', code, …). */
export interface LockService {
  /** Tells a lock to open; `id` names the command: said again, it is the same one. */
  unlock(id: string, lock: string): Promise<Told>
  /** How a command stands. */
  look(id: string): Promise<Told>
  /** Ends a command that is not done yet: afterwards it is certain that it will not be. */
  cancel(id: string): Promise<Told>
}

const PARALLEL = 20
const TIMEOUT_MS = 5 * SECOND
const told = z.object({
  id: z.string(),
  state: z.enum(['accepted', 'done', 'failed', 'cancelled']),
  at: z.int().optional(),
  code: z.string().max(40).optional(),
})
const refusal = z.object({ code: z.string().max(40), message: z.string().default('') })

/** A client of the lock service. Nothing is called until something is asked of it. */
export function lockService(config: LockConfig): LockService {
  const inTurn = limit(PARALLEL)

  async function ask(method: 'GET' | 'POST', way: string, json?: unknown): Promise<Told> {
    const url = new URL(`${config.apiBase}${way}`)
    const timestamp = String(Math.floor(Date.now() / SECOND))
    const body = json === undefined ? '' : rawJson(json)
    const signature = signLock({ method, path: `${url.pathname}${url.search}`, timestamp, body }, config.key)
    const headers = { 'lock-timestamp': timestamp, 'lock-signature': signature }
    const answer = await inTurn(() =>
      callBytes({
        platform: 'lock',
        url: url.href,
        headers,
        keepRefusals: true,
        timeoutMs: TIMEOUT_MS,
        ...(json !== undefined && { json }),
      }),
    )
    return read(answer)
  }

  return {
    unlock: (id, lock) => ask('POST', '/commands', { id, lock, do: 'unlock' }),
    look: (id) => ask('GET', `/commands/${encodeURIComponent(id)}`),
    cancel: (id) => ask('POST', `/commands/${encodeURIComponent(id)}/cancel`, {}),
  }
}

function read(answer: Answer): Told {
  const value = jsonOf(answer.body.toString('utf8'))
  if (answer.status >= 400) {
    const said = refusal.safeParse(value)
    if (!said.success || answer.status >= 500 || answer.status === 429) throw httpRefusal('lock', answer)
    throw new PlatformError('lock', said.data.code, false, said.data.message, undefined, { answered: true })
  }
  const parsed = told.safeParse(value)
  if (!parsed.success) throw new PlatformError('lock', 'not_json', true, `${answer.body.length} bytes`)
  return parsed.data
}

const place = z.object({ lat: z.number().min(-90).max(90), lng: z.number().min(-180).max(180) })
const event = z.object({
  id: z.string().min(1).max(60),
  type: z.enum(['unlocked', 'locked', 'failed', 'battery', 'place']),
  lock: z.string().min(1).max(30),
  /** Milliseconds UTC. */
  at: z.int().min(0),
  command: z.string().max(60).optional(),
  opened_at: z.int().min(0).optional(),
  place: place.optional(),
  meters: z.int().min(0).optional(),
  battery: z.int().min(0).max(100).optional(),
  code: z.string().max(40).optional(),
})
export type LockEvent = z.infer<typeof event>

interface Callback {
  method: string
  path: string
  body: string
  timestamp: string
  signature: string
}

/** Reads what the lock service tells at our door; throws CallbackRefused. */
export function lockCallback({ key, maxAgeS }: { key: string; maxAgeS: number }): (callback: Callback) => LockEvent {
  return ({ signature, ...signed }) => {
    if (!lockSignatureHolds(signed, key, signature)) throw new CallbackRefused('signature')
    const age = Math.abs(Date.now() / SECOND - Number(signed.timestamp))
    if (maxAgeS > 0 && !(age <= maxAgeS)) throw new CallbackRefused('stale')
    const parsed = event.safeParse(jsonOf(signed.body))
    if (!parsed.success) throw new CallbackRefused('content')
    return parsed.data
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
