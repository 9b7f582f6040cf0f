import { Invalid } from '../../lib/errors.ts'
import type { Field } from '../forms/form.ts'
import type { Turn } from './hooks.ts'

/**
 * Lets a step be finished only with the photos that its flow asks for as evidence. The answers hold the step's own
 * pictures only (`withPictures`): one that was given for another step, or for another field, is not among them. Throws
 * Invalid, naming the field.
 */
export function guardEvidence(turn: Turn, answers: Record<string, unknown>): void {
  for (const { of: name, photos } of turn.definition.evidence ?? []) {
    const given = answers[name]
    needPhotos(turn, name, Array.isArray(given) ? given.length : 0, photos)
  }
}

/** Throws Invalid when a field has fewer photos than are wanted. */
export function needPhotos({ flow, definition }: Turn, name: string, count: number, photos: number): void {
  if (count >= photos) return
  const form = definition.form ? flow.forms[definition.form] : undefined
  const label = form?.fields.find((field) => field.name === name)?.label ?? name
  throw new Invalid(name, 'evidence_missing', { label, photos, count, missing: photos - count })
}

/** How many photos of a field a step cannot be finished without. */
export function photosWanted({ definition }: Turn, { name, required, min }: Field): number {
  const asked = definition.evidence?.find(({ of }) => of === name)?.photos ?? 0
  return asked > 0 || required ? Math.max(asked, min ?? 1) : 0
}
