import type { IdentityKind } from '../../engines/packs/identities.ts'
import { DAY } from '../../lib/clock.ts'

/** Texts that programs write where they know nothing: they can never be anybody's. */
const JUNK: ReadonlySet<string> = new Set([
  '',
  '-',
  '--',
  '0',
  '1',
  '-1',
  '00000000-0000-0000-0000-000000000000',
  '[object object]',
  'anonymous',
  'false',
  'guest',
  'id',
  'n/a',
  'na',
  'nan',
  'nil',
  'none',
  'not_authenticated',
  'null',
  'test',
  'true',
  'undefined',
  'unknown',
  'user',
  'xxx',
  '无',
  '没有',
  '未知',
  '测试',
  '匿名',
])
/** One character over and over: 00000000000, xxxx, 11111111111. */
const REPEATED = /^(.)\1*$/
const LONGEST = 200

const SHAPES: Partial<Record<IdentityKind, RegExp>> = {
  phone: /^\+?\d{5,15}$/,
  contact: /^\+?\d{5,15}$/,
  email: /^[^\s@]+@[^\s@]+\.[^\s@.]+$/,
  licence: /^[0-9A-Z]{6,30}$/,
}

const TIDY: Partial<Record<IdentityKind, (value: string) => string>> = {
  phone: tidyPhone,
  contact: tidyPhone,
  email: (value) => value.toLowerCase(),
  licence: (value) => value.replace(/[\s-]/g, '').toUpperCase(),
  device: (value) => value.toLowerCase(),
}

/** An identity's value in the one way in which it is kept, or why it can be nobody's. */
export function tidyValue(kind: IdentityKind, given: string): { value: string } | { why: 'wrong_value' | 'junk' } {
  const text = given.normalize('NFKC').trim()
  const value = TIDY[kind]?.(text) ?? text
  if (JUNK.has(value.toLowerCase()) || REPEATED.test(value)) return { why: 'junk' }
  if (value.length > LONGEST || SHAPES[kind]?.test(value) === false) return { why: 'wrong_value' }
  return { value }
}

/** Mainland numbers as eleven digits, others with their country. */
function tidyPhone(text: string): string {
  const value = text.replace(/[\s().-]/g, '')
  return value.replace(/^(?:\+|00)?86(?=1[3-9]\d{9}$)/, '').replace(/^00(?=[1-9])/, '+')
}

/**
 * How much an identity says. 0: a thing that several people may use (a device), or that was only said. 1: an account of
 * somebody, whoever that is. 2: who somebody is; who has one of these is known, who has none is anonymous.
 */
export type Rank = 0 | 1 | 2

const RANKS: Record<IdentityKind, Rank> = {
  member: 2,
  licence: 2,
  phone: 2,
  email: 2,
  unionid: 1,
  openid: 1,
  external_userid: 1,
  alipay: 1,
  contact: 0,
  device: 0,
}

/** What an identity of this kind says; one that nobody has proved says no more than a device. */
export function rankOf({ kind, proved }: { kind: IdentityKind; proved: boolean }): Rank {
  return RANKS[kind] === 2 && !proved ? 0 : RANKS[kind]
}

/** How long a limit looks back. */
export const SPAN_MS = {
  ever: Number.POSITIVE_INFINITY,
  year: 366 * DAY,
  month: 31 * DAY,
  week: 7 * DAY,
  day: DAY,
}
