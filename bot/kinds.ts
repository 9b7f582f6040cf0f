import type { CardKind } from './card.ts'
import { escalationCard } from './cards/escalation.ts'
import { notices } from './cards/notices.ts'
import { stepCards } from './cards/step.ts'

/** Every kind of message to staff, by name. To add one: write its object, name it here. */
export const kinds = new Map<string, CardKind>(
  [...stepCards, escalationCard, ...notices].map((kind) => [kind.kind, kind]),
)
