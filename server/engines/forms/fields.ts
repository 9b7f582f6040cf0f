import { maskPhone } from '../../lib/format.ts'
import { compilePattern } from '../../lib/pattern.ts'
import { asset } from './asset-field.ts'
import { date, datetime } from './day-fields.ts'
import type { Checked, Field, FieldContext, FieldKind } from './field.ts'
import { idNumber } from './id-number-field.ts'
import { money } from './money-field.ts'
import { location } from './place-field.ts'
import { checkBounds, tidy, toNumber } from './plain.ts'

const DEFAULT_LENGTH = { text: 200, longtext: 2000 }
const DEFAULT_PHOTOS = 9
const DEFAULT_RATING = 5
const DEFAULT_DECIMALS = 2
const PICTURE = /^[\w-]{1,64}$/

const asText = (value: unknown): string => (value as string | undefined) ?? ''
const asNumber = (value: unknown): number => (value as number | undefined) ?? 0

const text: FieldKind = {
  kind: 'text',
  takes: ['maxLength', 'pattern', 'patternMessage', 'default'],
  check: (field, value) => checkText(field, value, DEFAULT_LENGTH.text, (line) => line.replace(/\s+/gu, ' ')),
  describe: (_field, value) => String(value),
  operand: asText,
}

const longtext: FieldKind = {
  kind: 'longtext',
  takes: ['maxLength', 'default'],
  check: (field, value) => checkText(field, value, DEFAULT_LENGTH.longtext, (lines) => lines.replace(/\r\n?/g, '\n')),
  describe: (_field, value) => String(value),
}

const number: FieldKind = {
  kind: 'number',
  takes: ['min', 'max', 'unit', 'default', 'computed', 'decimals'],
  check(field, value) {
    const found = toNumber(value)
    if (found === undefined) return { why: 'not_a_number' }
    return checkBounds(found, field.min, field.max) ?? { value: found }
  },
  describe: ({ unit }, value) => (unit ? `${value} ${unit}` : String(value)),
  operand: asNumber,
  fromFormula: (found, { decimals = DEFAULT_DECIMALS }) => Number(found.toFixed(decimals)),
}

const select: FieldKind = {
  kind: 'select',
  takes: ['options', 'default', 'listed'],
  needs: ['options'],
  missing: 'required_choice',
  check: checkOption,
  describe: (_field, value, context) => labelOf(value, context),
  operand: asText,
}

const person: FieldKind = {
  ...select,
  kind: 'person',
  // Who can be chosen is known when the form is shown, not when it is written.
  takes: ['role'],
  needs: [],
  operand: undefined,
}

const multiselect: FieldKind = {
  kind: 'multiselect',
  takes: ['options', 'min', 'max', 'default', 'listed'],
  needs: ['options'],
  missing: 'required_choice',
  check(field, value, context) {
    const chosen = new Set(Array.isArray(value) ? value : [value])
    for (const one of chosen) {
      const checked = checkOption(field, one, context)
      if ('why' in checked) return checked
    }
    return checkCount(chosen.size, field) ?? { value: [...chosen] }
  },
  describe: (_field, value, context, say) =>
    say('list', { items: (value as unknown[]).map((one) => labelOf(one, context)) }),
}

const photos: FieldKind = {
  kind: 'photos',
  takes: ['min', 'max', 'listed'],
  missing: 'required_photos',
  check(field, value) {
    const ids = new Set(Array.isArray(value) ? value : [value])
    for (const id of ids) if (typeof id !== 'string' || !PICTURE.test(id)) return { why: 'not_a_photo' }
    const bounds = { min: field.min, max: field.max ?? DEFAULT_PHOTOS }
    return checkCount(ids.size, bounds, '_photos') ?? { value: [...ids] }
  },
  describe: (_field, value, _context, say) => say('photos', { count: (value as unknown[]).length }),
}

/** A drawn signature: the id of its picture. */
const signature: FieldKind = {
  kind: 'signature',
  takes: [],
  personal: true,
  // That somebody has signed is no secret.
  mask: (text) => text,
  missing: 'required_signature',
  check(_field, value) {
    const id: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value
    return typeof id === 'string' && PICTURE.test(id) ? { value: id } : { why: 'not_a_signature' }
  },
  describe: (_field, _value, _context, say) => say('signature', {}),
}

const phone: FieldKind = {
  kind: 'phone',
  takes: ['default'],
  personal: true,
  mask: maskPhone,
  check(_field, value) {
    const digits = typeof value === 'string' || typeof value === 'number' ? plainPhone(String(value)) : ''
    const mobile = /^1[3-9]\d{9}$/
    const landline = /^0(?:10|2\d|[3-9]\d{2})[2-8]\d{6,7}$/
    return mobile.test(digits) || landline.test(digits) ? { value: digits } : { why: 'not_a_phone' }
  },
  describe: (_field, value) => String(value),
}

const rating: FieldKind = {
  kind: 'rating',
  takes: ['min', 'max'],
  missing: 'required_choice',
  check(field, value) {
    const score = toNumber(value)
    if (score === undefined || !Number.isInteger(score)) return { why: 'not_a_number' }
    return checkBounds(score, field.min ?? 1, field.max ?? DEFAULT_RATING) ?? { value: score }
  },
  describe: (field, value, _context, say) => say('rating', { value, max: field.max ?? DEFAULT_RATING }),
  operand: asNumber,
}

const yesno: FieldKind = {
  kind: 'yesno',
  takes: ['default'],
  missing: 'required_choice',
  check(_field, value) {
    if (value === true || value === 'true' || value === 'yes') return { value: true }
    if (value === false || value === 'false' || value === 'no') return { value: false }
    return { why: 'not_an_option' }
  },
  describe: (_field, value, _context, say) => say(value ? 'yes' : 'no', {}),
  operand: (value) => value === true,
}

const KINDS = [
  ...[text, longtext, number, money, date, datetime, select, multiselect, yesno, rating],
  ...[photos, signature, location, asset, phone, idNumber, person],
]
const kinds = new Map(KINDS.map((kind) => [kind.kind, kind]))

/** The kind of that name, if there is one. */
export function fieldKind(name: string): FieldKind | undefined {
  return kinds.get(name)
}

/** The names of all kinds. */
export function fieldKinds(): string[] {
  return [...kinds.keys()]
}

/** Adds a kind before packs are loaded; throws if the name is taken. */
export function addFieldKind(kind: FieldKind): void {
  if (kinds.has(kind.kind)) throw new Error(`the field kind "${kind.kind}" exists already`)
  kinds.set(kind.kind, kind)
}

function checkText(field: Field, value: unknown, length: number, shape: (text: string) => string): Checked {
  if (typeof value !== 'string') return { why: 'not_a_text' }
  const found = tidy(shape(value))
  const max = field.maxLength ?? length
  const size = [...found].length
  if (size > max) return { why: 'too_long', data: { max, length: size } }
  if (field.pattern && !compilePattern(`^(?:${field.pattern})$`).test(found)) {
    return { why: 'pattern', data: { message: field.patternMessage ?? '' } }
  }
  return { value: found }
}

function checkCount(count: number, { min, max }: Pick<Field, 'min' | 'max'>, of = ''): Checked | undefined {
  if (min !== undefined && count < min) return { why: `too_few${of}`, data: { min, count } }
  if (max !== undefined && count > max) return { why: `too_many${of}`, data: { max, count } }
  return undefined
}

function checkOption(_field: Field, value: unknown, { options }: FieldContext): Checked {
  return options.some((option) => option.value === value) ? { value } : { why: 'not_an_option' }
}

/** The label of a chosen value; the value itself if the option is no longer offered. */
function labelOf(value: unknown, { options }: FieldContext): string {
  return options.find((option) => option.value === value)?.label ?? String(value)
}

function plainPhone(value: string): string {
  return value
    .normalize('NFKC')
    .replace(/[\s().-]/g, '')
    .replace(/^(?:\+|00)?86(?=[01]\d{9,})/, '')
}
