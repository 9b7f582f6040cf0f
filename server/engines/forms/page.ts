import type { Words } from '../../lib/render.ts'
import type { Field, Option } from './field.ts'
import type { Form } from './form.ts'

/** What a browser sent for the fields of a form, each value in its place. */
export type Posted = Record<string, string[]>

/** A picture that was sent before; without a url it is still on its way. */
export interface GivenPicture {
  id: string
  url: string
}

interface Shown {
  /** Options that are known only at run time, by field name. */
  options?: Record<string, Option[]>
  /** What was sent before, to be shown again. */
  posted?: Posted
  /** Values that stand in the fields when nothing was sent before. */
  values?: Record<string, unknown>
  /** Pictures that were sent before, by field. */
  pictures?: Record<string, GivenPicture[]>
  /** Pictures of the same thing from before, to be looked at beside it, by field. */
  compared?: Record<string, string[]>
  /** What is wrong with what was sent, by field name. */
  problems?: Record<string, string>
}

const DEFAULT_STARS = 5
const USUAL_LENGTH: Record<string, number> = { text: 200, longtext: 2000, location: 200 }
/** Where a page template wants its fields; no value can say this, values are escaped. */
const PLACE = '<!--fields-->'

/** Under which name a page says which pictures of a field are not wanted any more. */
export function dropName(field: string): string {
  return `${field}-drop`
}

/** A page around the fields of a form: the template `key` says where they stand, templates/pages/form-fields.hbs how. */
export function formPage(words: Words, key: string, data: Record<string, unknown>, form: Form, shown: Shown): string {
  const fields = words.text('pages/form-fields', { fields: form.fields.map((field) => fieldView(field, shown)) })
  return words.text(key, data).replace(PLACE, () => fields)
}

/** The answers in what a browser sent: a place from its parts; pictures are added by whoever stores them. */
export function postedAnswers(form: Form, posted: Posted): Record<string, unknown> {
  const answers: Record<string, unknown> = {}
  for (const field of form.fields) {
    if (field.computed || field.kind === 'photos' || field.kind === 'signature') continue
    const value = postedValue(field, posted)
    if (value !== undefined) answers[field.name] = value
  }
  return answers
}

function postedValue({ name, kind }: Field, posted: Posted): unknown {
  if (kind === 'multiselect') return posted[name] ?? []
  if (kind !== 'location') return posted[name]?.[0]
  const part = (key: string) => posted[`${name}-${key}`]?.[0]?.trim() ?? ''
  const [address, lat, lng, datum] = ['address', 'lat', 'lng', 'datum'].map(part)
  if (!address && !lat && !lng) return undefined
  return { address, ...(lat && { lat }), ...(lng && { lng }), ...(datum && { datum }) }
}

/** A field as its template wants it: every name is there, whatever the kind. */
function fieldView(field: Field, { options, posted, values, pictures, compared, problems }: Shown) {
  const { name, label, kind } = field
  const first = (key: string) => posted?.[key]?.[0] ?? ''
  const before = posted ? posted[name] : listOf(values?.[name] ?? field.default)
  const insists = field.required && !field.showWhen
  const choices = (options?.[name] ?? field.options ?? []).map(({ value, label: text, hint }) => ({
    value,
    label: text,
    hint: hint ?? '',
    chosen: before?.includes(value) ?? false,
  }))
  const stars = kind === 'rating' ? numbers(field.min ?? 1, field.max ?? DEFAULT_STARS) : []
  return {
    name,
    label,
    kind: field.computed ? 'computed' : kind,
    hint: field.hint ?? '',
    needs: field.needs ?? '',
    problem: problems?.[name] ?? '',
    placeholder: field.placeholder ?? '',
    required: field.required,
    // The browser must not insist on what a condition may hide.
    insists,
    // What must be chosen is chosen by a person, not by standing first in the list.
    open: !insists || !choices.some(({ chosen }) => chosen),
    maxLength: field.maxLength ?? USUAL_LENGTH[kind] ?? 60,
    earliest: field.earliest ?? '',
    latest: field.latest ?? '',
    several: (field.max ?? 2) > 1,
    given: pictures?.[name] ?? [],
    compared: compared?.[name] ?? [],
    drop: dropName(name),
    value: before?.[0] ?? '',
    address: first(`${name}-address`),
    lat: first(`${name}-lat`),
    lng: first(`${name}-lng`),
    datum: first(`${name}-datum`),
    options: choices,
    stars: stars.map((value) => ({ value: String(value), chosen: before?.includes(String(value)) ?? false })),
    yes: before?.[0] === 'true' || before?.[0] === 'yes',
    no: before?.[0] === 'false' || before?.[0] === 'no',
    showWhen: field.showWhen ? JSON.stringify(field.showWhen) : '',
  }
}

function listOf(value: unknown): string[] | undefined {
  if (value === undefined || value === null || (typeof value === 'object' && !Array.isArray(value))) return undefined
  return (Array.isArray(value) ? value : [value]).map(String)
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}
