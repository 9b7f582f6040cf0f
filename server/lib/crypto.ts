import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { inspect } from 'node:util'
import { randomBytes } from './random.ts'

interface Key {
  id: string
  sealing: Buffer
}

let ring: Key[] = []
let indexKey: Buffer = Buffer.alloc(0)
let linkKey: Buffer = Buffer.alloc(0)

/**
 * Sets the key ring that protects personal data at rest: `id:base64(32 bytes)` pairs separated by commas, the first
 * one seals, all of them open. The blind index and the links hang on the last (oldest) key, until `useRoots` names what a
 * house has kept of it: then that key can leave the ring once nothing is sealed by it any more.
 */
export function useKeys(text: string): void {
  const keys = text.split(',').map((pair) => {
    const [id, secret] = pair.trim().split(':')
    const raw = Buffer.from(secret ?? '', 'base64')
    if (!id || raw.length !== 32) throw new Error(`DATA_KEYS: "${id}" must be id:base64 of 32 bytes`)
    return { id, raw }
  })
  const root = keys.at(-1)
  if (!root) throw new Error('DATA_KEYS: no key')
  ring = keys.map(({ id, raw }) => ({ id, sealing: derive(raw, 'seal') }))
  indexKey = derive(root.raw, 'index')
  linkKey = derive(root.raw, 'link')
}

/** The keys of an installation that was given none: made once, kept in a file that only its owner may read. */
export function keysFromFile(file: string): string {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true })
    try {
      writeFileSync(file, `k1:${randomBytes(32).toString('base64')}`, { mode: 0o600, flag: 'wx' })
    } catch (error) {
      // Another process of the same installation was faster: its key is the key.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  return readFileSync(file, 'utf8').trim()
}

/** The secrets on which the blind index and the links hang. */
export interface Roots {
  index: Buffer
  link: Buffer
}

/** The secrets as they follow from the oldest key of the ring. */
export function rootsOfRing(): Roots {
  return { index: indexKey, link: linkKey }
}

/** Takes secrets that are kept elsewhere instead of those that follow from the ring: they stay when its keys change. */
export function useRoots({ index, link }: Roots): void {
  indexKey = index
  linkKey = link
}

/** The names of the keys on the ring, the one that seals first. */
export function keyIds(): string[] {
  return ring.map(({ id }) => id)
}

/** Seals a text for storage: AES-256-GCM, `keyId.base64url(iv + tag + ciphertext)`. */
export function seal(text: string): string {
  const [key] = ring
  if (!key) throw new Error('useKeys() was not called')
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key.sealing, iv)
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return `${key.id}.${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')}`
}

/** Opens a sealed text; throws when the key is not on the ring or the text was changed. */
export function unseal(sealed: string): string {
  const dot = sealed.indexOf('.')
  const key = ring.find(({ id }) => id === sealed.slice(0, dot))
  if (!key) throw new Error(`no key "${sealed.slice(0, dot)}" on the ring`)
  const raw = Buffer.from(sealed.slice(dot + 1), 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key.sealing, raw.subarray(0, 12))
  decipher.setAuthTag(raw.subarray(12, 28))
  return Buffer.concat([decipher.update(raw.subarray(28)), decipher.final()]).toString('utf8')
}

/** A sealed text, sealed by the key that seals now; what is so already stays as it is, and so does what is not sealed. */
export function reseal(text: string): string {
  const keyId = text.slice(0, text.indexOf('.'))
  if (keyId === ring[0]?.id || !ring.some(({ id }) => id === keyId)) return text
  return seal(unseal(text))
}

/** The same for JSON text with sealed values in it. */
export function resealMarked(text: string): string {
  return text.replace(MARKED, (_all, sealed: string) => `{"${MARK}":"${reseal(sealed)}"}`)
}

/** A TypeORM transformer that keeps a text column sealed at rest. */
export const sealedText = {
  to: (value: string): string => seal(value),
  from: (value: string): string => unseal(value),
}

/** Under this key alone JSON holds what is sealed in it. */
const MARK = '$sealed'
const MARKED = /\{"\$sealed":"([^"]+)"\}/g

/**
 * A value that is personal: written as JSON it is sealed, printed it is hidden, and only who opens it reads it. What
 * forgets to open it shows nothing, in a card as in a log.
 */
export class Secret {
  private constructor(
    private readonly text: string | undefined,
    private readonly plain: unknown,
  ) {}

  /** Wraps a value; one that is wrapped already stays as it is. */
  static of(value: unknown): Secret {
    return value instanceof Secret ? value : new Secret(undefined, value)
  }

  /** What stands sealed in JSON; opened when it is wanted. */
  static read(sealed: string): Secret {
    return new Secret(sealed, undefined)
  }

  /** The value itself. */
  open(): unknown {
    return this.text === undefined ? this.plain : JSON.parse(unseal(this.text))
  }

  /** Sealed by the key that seals now: whatever is written again after a change of keys has changed keys as well. */
  toJSON(): { [MARK]: string } {
    const current = this.text?.startsWith(`${ring[0]?.id}.`) ? this.text : undefined
    return { [MARK]: current ?? seal(JSON.stringify(this.open())) }
  }

  toString(): string {
    return '***'
  }

  [inspect.custom](): string {
    return 'Secret(***)'
  }
}

/** A value as it is, whether it was a secret or not. */
export function opened(value: unknown): unknown {
  return value instanceof Secret ? value.open() : value
}

/** A TypeORM transformer that keeps a value as JSON text; the secrets in it are sealed at rest. */
export const jsonText = {
  to: (value: unknown): string => JSON.stringify(value),
  from: (value: string): unknown => {
    const plain: unknown = JSON.parse(value)
    return value.includes(`"${MARK}"`) ? revived(plain) : plain
  },
}

/** The value with a Secret wherever one was written; a reviver would be called for every number and word in it. */
function revived(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const parts = value as Record<string, unknown>
  const names = Object.keys(parts)
  const sealed = names.length === 1 ? parts[MARK] : undefined
  if (typeof sealed === 'string') return Secret.read(sealed)
  for (const name of names) {
    const part = parts[name]
    if (typeof part === 'object' && part !== null) parts[name] = revived(part)
  }
  return value
}

/** A TypeORM transformer that keeps a value as JSON text, sealed at rest. */
export const sealedJson = {
  to: (value: unknown): string => seal(JSON.stringify(value)),
  from: (value: string): unknown => JSON.parse(unseal(value)),
}

/** A TypeORM transformer of a column whose texts may be sealed by whoever writes them: it only says so. */
export const sealedWire = {
  to: (value: string): string => value,
  from: (value: string): string => value,
}

/** The blind index of a value: equal values give equal marks, and the mark does not tell the value. */
export function blindIndex(kind: string, value: string): string {
  return createHmac('sha256', indexKey).update(`${kind}\n${value}`).digest('base64url')
}

/** Signs a text for a link. */
export function signText(text: string): string {
  return createHmac('sha256', linkKey).update(text).digest('base64url')
}

/** Whether a signature made by `signText` belongs to the text (constant time). */
export function signatureHolds(text: string, signature: string): boolean {
  const expected = Buffer.from(signText(text))
  const given = Buffer.from(signature)
  return expected.length === given.length && timingSafeEqual(expected, given)
}

function derive(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, 'yingke', purpose, 32))
}
