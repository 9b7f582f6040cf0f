import { DateTime } from 'luxon'
import { compile } from '../../lib/condition.ts'
import type { Words } from '../../lib/render.ts'
import { fieldKind } from '../forms/fields.ts'
import type { Field, Form, Option } from '../forms/form.ts'

const KEY = 'messages/pack-try'

/** The ids of the pictures that a trial can hand in. */
export const PHOTOS = Array.from({ length: 9 }, (_, index) => `sample-photo-${index + 1}`)

/** Asks whoever sits at the terminal; returns undefined when they have gone. */
export type Ask = (prompt: string) => Promise<string | undefined>

type Options = Record<string, Option[]>

/**
 * Answers that pass: for every field that must be filled in the first sample which its kind accepts. A choice is the
 * first option at the first visit, the second at the second, so that a loop ends and each branch is walked.
 */
export function validAnswers(form: Form, options: Options, visit: number, now: number, words: Words) {
  const values: Record<string, unknown> = {}
  for (const field of form.fields) {
    if (!isNeeded(field, values)) continue
    const choices = options[field.name] ?? field.options ?? []
    const kind = fieldKind(field.kind)
    const fits = (sample: unknown) => 'value' in (kind?.check(field, sample, { options: choices, now }) ?? {})
    values[field.name] = samplesFor(field, choices, visit, now, words).find(fits)
  }
  return values
}

/** Whether a field is shown and must be filled in, for what was answered so far. */
function isNeeded({ required, requiredWhen, showWhen }: Field, values: Record<string, unknown>): boolean {
  if (showWhen && !compile(showWhen)(values)) return false
  return required || (requiredWhen !== undefined && compile(requiredWhen)(values))
}

/** Everything that some kind of field takes, the likeliest first. */
function samplesFor(field: Field, choices: Option[], visit: number, now: number, words: Words): unknown[] {
  const turned = choices.map((_, index) => choices[(index + visit) % choices.length]?.value)
  const day = DateTime.fromMillis(now, { zone: 'Asia/Shanghai' }).toISODate()
  const numbers = [field.max, field.min, 1, 100].filter((one) => one !== undefined)
  const [text, ...texts] = words.tree(`${KEY}.samples`) as string[]
  const others = [field.earliest, field.latest, day, true, PHOTOS[0]]
  // As many photos as the field takes: a step may want several as evidence.
  const pictures = PHOTOS.slice(0, field.max ?? PHOTOS.length)
  return [...turned, { lat: 31.2304, lng: 121.4737 }, pictures, text, ...numbers, ...texts, ...others]
}

/** Asks for the answers of a form, field by field; undefined when nobody answers any more. */
export async function askedAnswers(form: Form, options: Options, ask: Ask, words: Words) {
  const values: Record<string, unknown> = {}
  for (const field of form.fields) {
    if (field.showWhen && !compile(field.showWhen)(values)) continue
    const choices = options[field.name] ?? field.options ?? []
    const said = await ask(promptFor(field, choices, words))
    if (said === undefined) return undefined
    if (said.trim() !== '') values[field.name] = meantBy(said.trim(), field, choices)
  }
  return values
}

function promptFor(field: Field, choices: Option[], words: Words): string {
  const listed = choices.map(({ label }, index) => `${index + 1} ${label}`)
  return words.text(`${KEY}.prompt`, { label: field.label, required: field.required, choices: listed })
}

/** What somebody typed: of a choice its number, label or value; of several choices a list. */
function meantBy(said: string, field: Field, choices: Option[]): unknown {
  const choice = (text: string) =>
    (choices.find(({ value, label }) => value === text || label === text) ?? choices[Number(text) - 1])?.value ?? text
  if (field.kind === 'multiselect') return said.split(/[\s,，、]+/).map(choice)
  if (field.kind === 'photos') return photosOf(Number(said))
  if (field.kind === 'yesno') return /^(y|yes|true|1|是)$/i.test(said)
  if (field.kind === 'location') return locationFrom(said)
  return choices.length > 0 ? choice(said) : said
}

/** So many sample pictures: people give their number. */
export function photosOf(count: number): string[] {
  return PHOTOS.slice(0, count)
}

function locationFrom(said: string): unknown {
  const [lat, lng] = said.split(/[\s,，]+/).map(Number)
  return { lat, lng }
}
