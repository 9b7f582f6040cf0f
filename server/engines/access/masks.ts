import { maskIdNumber, maskName, maskPhone, maskPrivate } from '../../lib/format.ts'
import type { Field, View } from './matrix.ts'

const HIDDEN = '***'

const MASKS: Partial<Record<Field, (text: string) => string>> = {
  name: maskName,
  phone: maskPhone,
  email: maskEmail,
  address: (text) => `${[...text].slice(0, 6).join('')}${HIDDEN}`,
  document: (text) => (text.length > 12 ? maskIdNumber(text) : maskPrivate(text)),
}

/** What is shown of a value: all of it, what its mask leaves, or nothing (undefined). */
export function masked(field: Field, view: View, value: unknown): unknown {
  if (value === null || value === undefined || view === 'full') return value
  if (view === 'none') return undefined
  const mask = MASKS[field]
  return mask && typeof value === 'string' ? value && mask(value) : HIDDEN
}

/** Leaves the first letter and the domain: w***@example.com. */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@')
  return at < 1 ? HIDDEN : `${address.slice(0, 1)}${HIDDEN}${address.slice(at)}`
}
