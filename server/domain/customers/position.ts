import type { Form } from '../../engines/forms/form.ts'
import { Invalid } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { refusedUse } from './consents.ts'

/** Whether the position of a customer's phone may be kept: they agree, or what they ask for needs it and its pack says why. */
export async function keepsPosition(tx: Tx, customerId: string, needs?: string): Promise<boolean> {
  return needs !== undefined || (await refusedUse(tx, customerId, 'location')) === undefined
}

/**
 * Answers without the positions of the phone that may not be kept. What was chosen on the map or written stays: that was
 * told, and not taken. Throws Invalid where nothing is left that says where it is.
 */
export async function withoutPositions(
  tx: Tx,
  customerId: string,
  form: Form,
  answers: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const taken = form.fields.filter(({ kind, name }) => kind === 'location' && isTaken(answers[name]))
  const kept = { ...answers }
  for (const { name, label, needs } of taken) {
    if (await keepsPosition(tx, customerId, needs)) continue
    const { address } = kept[name] as { address?: unknown }
    if (!address) throw new Invalid(name, 'place_refused', { label })
    kept[name] = { address }
  }
  return kept
}

/** Whether an answer holds a position that the phone gave, and nobody chose on a map. */
function isTaken(place: unknown): boolean {
  if (typeof place !== 'object' || place === null || !('lat' in place)) return false
  return !('by' in place) || place.by !== 'map'
}
