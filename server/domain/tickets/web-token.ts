import { HOUR, SECOND } from '../../lib/clock.ts'
import { signatureHolds, signText } from '../../lib/crypto.ts'
import { Invalid } from '../../lib/errors.ts'
import { newToken } from '../../lib/ids.ts'

/** Nobody reads and fills in a form faster. */
const SOONEST_MS = 3 * SECOND
const LATEST_MS = 2 * HOUR

/** What a public page was given out for. */
export interface Given {
  form: string
  version: number
  at: number
  /** Good for one sending. */
  nonce: string
}

/** A signed token that binds a page to its form, the form's version and the moment. */
export function giveToken(form: string, version: number, at: number): string {
  const text = [form, version, at, newToken().slice(0, 16)].join('.')
  return `${text}.${signText(`web:${text}`)}`
}

/** Reads a token that came back for a form; throws Invalid when it is not ours, for another form, or too old. */
export function readToken(token: string, form: string, now: number): Given {
  const text = token.slice(0, Math.max(0, token.lastIndexOf('.')))
  const [name = '', version = '', at = '', nonce = ''] = text.split('.')
  if (!signatureHolds(`web:${text}`, token.slice(text.length + 1)) || name !== form) throw stale()
  if (now - Number(at) > LATEST_MS) throw stale()
  return { form: name, version: Number(version), at: Number(at), nonce }
}

/** Whether a page came back faster than a person could have filled it in. */
export function isHasty({ at }: Given, now: number): boolean {
  return now - at < SOONEST_MS
}

function stale(): Invalid {
  return new Invalid('page', 'web_page_old')
}
