import { Invalid } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { picturesOf } from '../files/files.ts'
import type { Turn } from './hooks.ts'

/** Lets a step be finished only with the photos that its flow asks for as evidence. Throws Invalid, naming the field. */
export async function guardEvidence(tx: Tx, turn: Turn, answers: Record<string, unknown>): Promise<void> {
  const { definition, flow } = turn
  const form = definition.form ? flow.forms[definition.form] : undefined
  for (const { of: name, photos } of definition.evidence ?? []) {
    const given = answers[name]
    const ids = Array.isArray(given) ? given.map(String) : []
    const pictures = await picturesOf(tx, ids)
    const count = pictures.filter(({ safety, state }) => safety !== 'blocked' && state !== 'lost').length
    if (count >= photos) continue
    const label = form?.fields.find((field) => field.name === name)?.label ?? name
    throw new Invalid(name, 'evidence_missing', { label, photos, count, missing: photos - count })
  }
}
