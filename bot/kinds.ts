import type { CardKind } from './card.ts'
import { auditCard } from './cards/audit.ts'
import { commandCards } from './cards/commands.ts'
import { companyCard } from './cards/companies.ts'
import { contactCard } from './cards/contact.ts'
import { customerLookCards } from './cards/customer-look.ts'
import { customerCards } from './cards/customers.ts'
import { decisionCards } from './cards/decisions.ts'
import { digestNotice } from './cards/digest.ts'
import { documentCards } from './cards/documents.ts'
import { escalationCard } from './cards/escalation.ts'
import { linkingCards } from './cards/linking.ts'
import { mergeCards } from './cards/merges.ts'
import { notices } from './cards/notices.ts'
import { privacyCards } from './cards/privacy.ts'
import { roomNotice } from './cards/room-notice.ts'
import { roomKinds } from './cards/rooms.ts'
import { ruleCards } from './cards/rules.ts'
import { segmentCards } from './cards/segments.ts'
import { stepCards } from './cards/step.ts'
import { summaryNotice } from './cards/summary.ts'
import { tasksCard } from './cards/tasks.ts'
import { ticketCard } from './cards/ticket.ts'
import { violationCard } from './cards/violation.ts'

/** Every kind of message to staff, by name. To add one: write its object, name it here. */
export const kinds = new Map<string, CardKind>(
  [
    ...stepCards,
    escalationCard,
    ...notices,
    ...linkingCards,
    ...commandCards,
    tasksCard,
    ticketCard,
    ...customerCards,
    ...mergeCards,
    companyCard,
    ...customerLookCards,
    ...segmentCards,
    ...decisionCards,
    ...roomKinds,
    roomNotice,
    ...documentCards,
    contactCard,
    auditCard,
    digestNotice,
    summaryNotice,
    ...ruleCards,
    ...privacyCards,
    violationCard,
  ].map((kind) => [kind.kind, kind]),
)
