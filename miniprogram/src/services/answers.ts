import { words } from '../words.ts'
import type { Answers, FormDefinition, FormField, FormRule, Place } from './api.ts'
import { holds } from './condition.ts'
import { namesIn } from './formula.ts'
import { keepable, photosIn, sentIds } from './photo-item.ts'
import { fenIn, formulaHolds, isBlank, plainAnswers } from './plain-answers.ts'

/** Kinds whose pictures are sent as soon as they are there. */
const PICTURES = ['photos', 'signature']
const USUAL_MOST_STARS = 5

/** The answers that a form opens with: its defaults, and over them what the draft holds for fields it still has. */
export function openingAnswers(form: FormDefinition, draft: Answers = {}): Answers {
  const pairs = form.fields.map((field) => [field.name, draft[field.name] ?? field.default])
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined))
}

/** The fields that the answers so far bring into view. */
export function shownFields(form: FormDefinition, answers: Answers): FormField[] {
  return plainAnswers(form, answers).shown
}

/** What is sent: the shown fields that say something and are not computed; pictures by their ids. */
export function answersToSend(form: FormDefinition, answers: Answers): Answers {
  const said = shownFields(form, answers).filter((field) => !field.computed && !isBlank(answers[field.name]))
  return Object.fromEntries(said.map((field) => [field.name, sendable(field, answers[field.name])]))
}

/** What a draft keeps of the answers. */
export function answersToKeep(form: FormDefinition, answers: Answers): Answers {
  const pictures = new Set(form.fields.filter(({ kind }) => PICTURES.includes(kind)).map(({ name }) => name))
  const pairs = Object.entries(answers).map(([name, value]) => [
    name,
    pictures.has(name) ? keepable(photosIn(value)) : value,
  ])
  return Object.fromEntries(pairs)
}

/** Why answers will not do, by field name; empty when they will. The server checks again. */
export function problemsIn(form: FormDefinition, answers: Answers): Record<string, string> {
  const problems: Record<string, string> = {}
  const { shown, values } = plainAnswers(form, answers)
  for (const field of shown) {
    if (field.computed) continue
    const problem = problemOf(field, answers[field.name])
    if (problem) problems[field.name] = problem
  }
  for (const rule of form.check ?? []) {
    const name = placeOf(form, rule)
    if (name && !problems[name] && breaks(form, rule, values)) problems[name] = rule.message
  }
  return problems
}

function breaks(form: FormDefinition, { when }: FormRule, values: Answers): boolean {
  return typeof when === 'string' ? formulaHolds(form, when, values) : holds(when, values)
}

/** Where a rule's message stands: at the field it names, else at the last one that it reads. */
function placeOf(form: FormDefinition, { when, field }: FormRule): string | undefined {
  if (field) return field
  const read = typeof when === 'string' ? namesIn(when) : Object.keys(when)
  return [...form.fields].reverse().find(({ name }) => read.includes(name))?.name
}

type Check = (field: FormField, value: unknown) => string | undefined

/** What is looked at here, by kind; everything else is the server's to judge. */
const CHECKS: Partial<Record<FormField['kind'], Check>> = {
  number: (field, value) => problemOfNumber(field, Number(value)),
  money: problemOfMoney,
  multiselect: (field, value) => problemOfCount(field, value as unknown[]),
  phone: (_field, value) => wrong(PHONE.test(plainPhone(String(value))), words.form.problems.phone),
  id_number: (_field, value) => wrong(ID_NUMBER.test(String(value).trim()), words.form.problems.idNumber),
  date: (field, value) => problemOfDay(field, String(value)),
  datetime: problemOfMoment,
  location: problemOfPlace,
  rating: (field, value) => problemOfNumber({ ...field, max: field.max ?? USUAL_MOST_STARS }, Number(value)),
}
const PHONE = /^(?:1[3-9]\d{9}|0\d{9,11})$/
const ID_NUMBER = /^[1-9]\d{16}[\dXx]$/

function problemOf(field: FormField, value: unknown): string | undefined {
  if (PICTURES.includes(field.kind)) return problemOfPhotos(field, value)
  if (isBlank(value)) return field.required ? missing(field) : undefined
  return CHECKS[field.kind]?.(field, value) ?? problemOfText(field, value)
}

function problemOfText(field: FormField, value: unknown): string | undefined {
  const say = words.form.problems
  if (typeof value !== 'string') return undefined
  if (field.maxLength !== undefined && value.length > field.maxLength) return say.tooLong(field.maxLength)
  // A scanned code is brought into form by the server before its pattern is looked at.
  if (field.kind === 'asset' || !field.pattern) return undefined
  return wrong(new RegExp(field.pattern).test(value), field.patternMessage ?? say.pattern)
}

function wrong(fits: boolean, why: string): string | undefined {
  return fits ? undefined : why
}

function plainPhone(value: string): string {
  return value.replace(/[\s().-]/g, '').replace(/^(?:\+|00)?86(?=[01]\d{9,})/, '')
}

function problemOfMoney(field: FormField, value: unknown): string | undefined {
  const fen = fenIn(String(value))
  return fen === undefined ? words.form.problems.money : problemOfNumber({ min: 0, ...field }, fen / 100)
}

function problemOfDay({ earliest, latest }: FormField, day: string): string | undefined {
  const say = words.form.problems
  if (earliest && day < earliest) return say.earliest(earliest)
  return latest && day > latest ? say.latest(latest) : undefined
}

function problemOfMoment(field: FormField, value: unknown): string | undefined {
  const [day = '', time] = String(value).split(' ')
  return day && time ? problemOfDay(field, day) : words.form.problems.datetime
}

function problemOfPlace(field: FormField, value: unknown): string | undefined {
  const { lat, address } = value as Place
  if (lat !== undefined || (field.typed && address?.trim())) return undefined
  if (!address?.trim()) return field.required ? words.form.problems.place : undefined
  return words.form.problems.point
}

function problemOfNumber(field: Pick<FormField, 'min' | 'max'>, value: number): string | undefined {
  const say = words.form.problems
  if (!Number.isFinite(value)) return say.number
  if (field.min !== undefined && value < field.min) return say.min(field.min)
  if (field.max !== undefined && value > field.max) return say.max(field.max)
  return undefined
}

function problemOfCount(field: FormField, value: unknown[]): string | undefined {
  const say = words.form.problems
  if (field.min !== undefined && value.length < field.min) return say.tooFew(field.min)
  if (field.max !== undefined && value.length > field.max) return say.tooMany(field.max)
  return undefined
}

function problemOfPhotos(field: FormField, value: unknown): string | undefined {
  const say = words.form.problems
  const items = photosIn(value)
  if (items.some((item) => item.state === 'sending')) return say.sending
  if (items.some((item) => item.state === 'failed')) return say.notSent
  if (!field.required || items.length > 0) return undefined
  return field.kind === 'signature' ? say.sign : say.photos
}

function missing(field: FormField): string {
  if (field.kind === 'location') return words.form.problems.place
  if (field.kind === 'asset') return words.form.problems.asset
  if (field.kind === 'rating') return words.form.problems.rate
  const chosen = ['select', 'multiselect', 'date', 'datetime', 'yesno'].includes(field.kind)
  return chosen ? words.form.problems.choose : words.form.problems.required
}

function sendable(field: FormField, value: unknown): unknown {
  if (field.kind === 'photos') return sentIds(photosIn(value))
  if (field.kind === 'signature') return sentIds(photosIn(value))[0]
  if (field.kind === 'number') return Number(value)
  return typeof value === 'string' ? value.trim() : value
}
