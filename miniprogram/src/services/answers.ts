import { words } from '../words.ts'
import type { Answers, FormDefinition, FormField } from './api.ts'
import { holds } from './condition.ts'
import { keepable, photosIn, sentIds } from './photo-item.ts'

/** The answers that a form opens with: its defaults, and over them what the draft holds for fields it still has. */
export function openingAnswers(form: FormDefinition, draft: Answers = {}): Answers {
  const pairs = form.fields.map((field) => [field.name, draft[field.name] ?? field.default])
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined))
}

/** The fields that the answers so far bring into view. */
export function shownFields(form: FormDefinition, answers: Answers): FormField[] {
  return form.fields.filter((field) => !field.showWhen || holds(field.showWhen, answers))
}

/** What is sent: the shown fields that say something; pictures by their ids. */
export function answersToSend(form: FormDefinition, answers: Answers): Answers {
  const said = shownFields(form, answers).filter((field) => !isBlank(answers[field.name]))
  return Object.fromEntries(said.map((field) => [field.name, sendable(field, answers[field.name])]))
}

/** What a draft keeps of the answers. */
export function answersToKeep(form: FormDefinition, answers: Answers): Answers {
  const photos = new Set(form.fields.filter((field) => field.kind === 'photos').map((field) => field.name))
  const pairs = Object.entries(answers).map(([name, value]) => [
    name,
    photos.has(name) ? keepable(photosIn(value)) : value,
  ])
  return Object.fromEntries(pairs)
}

/** Why answers will not do, by field name; empty when they will. The server checks again. */
export function problemsIn(form: FormDefinition, answers: Answers): Record<string, string> {
  const problems: Record<string, string> = {}
  for (const field of shownFields(form, answers)) {
    const problem = problemOf(field, answers[field.name])
    if (problem) problems[field.name] = problem
  }
  return problems
}

function problemOf(field: FormField, value: unknown): string | undefined {
  const say = words.form.problems
  if (field.kind === 'photos') return problemOfPhotos(field, value)
  if (isBlank(value)) return field.required ? missing(field) : undefined
  if (field.kind === 'number') return problemOfNumber(field, Number(value))
  if (field.kind === 'multiselect') return problemOfCount(field, value as unknown[])
  if (typeof value !== 'string') return undefined
  if (field.maxLength !== undefined && value.length > field.maxLength) return say.tooLong(field.maxLength)
  if (field.pattern && !new RegExp(field.pattern).test(value)) return field.patternMessage ?? say.pattern
  if (field.kind === 'phone' && !/^1\d{10}$/.test(value.trim())) return say.phone
  return undefined
}

function problemOfNumber(field: FormField, value: number): string | undefined {
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
  return field.required && items.length === 0 ? say.photos : undefined
}

function missing(field: FormField): string {
  const chosen = ['select', 'multiselect', 'date', 'rating', 'yesno'].includes(field.kind)
  return chosen ? words.form.problems.choose : words.form.problems.required
}

function sendable(field: FormField, value: unknown): unknown {
  if (field.kind === 'photos') return sentIds(photosIn(value))
  if (field.kind === 'number') return Number(value)
  return typeof value === 'string' ? value.trim() : value
}

function isBlank(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() === ''
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}
