import { words } from '../words.ts'
import { ApiError, send } from './transport.ts'

/** What the code may be called in an address or in a mini-program's scene; the server reads it alike. */
const NAMES = ['code', 'asset', 'scene', 'no', 'id', 'q']

/** What is known of a code, in a line below it. */
export interface KnownAsset {
  state: 'known' | 'unknown'
  text: string
}

/** The code in what was scanned or typed. */
export function codeIn(scanned: string, depth = 0): string {
  const text = scanned.trim()
  if (depth > 2) return ''
  const [, path, query] = /^(?:[a-z][\w+.-]*:\/\/[^/?#]*|pages)([^?#]*)(?:\?([^#]*))?/i.exec(text) ?? []
  const parts = partsOf(query ?? (text.includes('=') ? text : ''))
  const named = NAMES.find((name) => parts[name])
  if (named) return codeIn(parts[named] ?? '', depth + 1)
  if (path !== undefined) return decoded(path.replace(/\/+$/, '').split('/').pop() ?? '').toUpperCase()
  const values = Object.values(parts)
  return (values.length === 1 ? (values[0] ?? '') : text).toUpperCase()
}

/** Asks the server about a code; undefined when it does not say. */
export async function assetOf(code: string): Promise<KnownAsset | undefined> {
  try {
    const { body } = await send({ method: 'GET', path: `/api/assets/${encodeURIComponent(code)}` })
    const { title } = body as { title?: unknown }
    return typeof title === 'string' ? { state: 'known', text: title } : undefined
  } catch (error) {
    // Any other trouble is no reason to doubt what somebody reads off the thing before them.
    const unknown = error instanceof ApiError && error.status === 404 && error.kind === 'not_found'
    return unknown ? { state: 'unknown', text: words.asset.unknown } : undefined
  }
}

function partsOf(query: string): Record<string, string> {
  const pairs = query.split('&').map((part) => part.split('='))
  return Object.fromEntries(pairs.flatMap(([name, ...value]) => (name ? [[name, decoded(value.join('='))]] : [])))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
