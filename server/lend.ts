import { appointmentRuleFacts } from './domain/appointments/rule-facts.ts'
import { assetRuleFacts } from './domain/assets/rule-facts.ts'
import { bookingRuleFacts } from './domain/bookings/rule-facts.ts'
import { useConsents } from './domain/customers/consent.ts'
import { refusedByAll, refusedUse } from './domain/customers/consents.ts'
import { customerWords } from './domain/customers/words.ts'
import { loyaltyWords } from './domain/loyalty/words.ts'
import { orderRuleFacts } from './domain/orders/rule-facts.ts'
import { usePreferences } from './domain/profile/details.ts'
import { looksIn } from './domain/segments/look.ts'
import { customerRuleFacts } from './domain/segments/rule-facts.ts'
import { talkingPoints } from './domain/segments/talks.ts'
import { segmentWords } from './domain/segments/words.ts'
import { ticketRuleFacts } from './domain/tickets/rule-facts.ts'
import { useAccess } from './engines/access/access.ts'
import type { PackHead } from './engines/packs/pack.ts'
import { accessRules, preferences, purposes } from './engines/packs/privacy.ts'
import { type RuleWord, ruleFacts, ruleWords, useProfiling } from './engines/rules/hooks.ts'
import { ownWords, useConsent } from './engines/rules/notify.ts'
import { useTalk } from './engines/rules/talk.ts'
import { lendLooks } from './engines/staff/looks.ts'
import type { Words } from './lib/render.ts'

/** What nouns lend to the rules: the words that rules can say, and what conditions may ask for. Packs are checked by it. */
export function lendToRules(words: Words): void {
  ruleWords(ownWords)
  ruleWords(customerWords)
  ruleWords(segmentWords as RuleWord[])
  ruleWords(loyaltyWords(words) as RuleWord[])
  ruleFacts('order', orderRuleFacts)
  ruleFacts('customer', customerRuleFacts)
  useTalk(talkingPoints(words))
  lendLooks(looksIn(words))
  ruleFacts('ticket', ticketRuleFacts)
  ruleFacts('asset', assetRuleFacts)
  ruleFacts('booking', bookingRuleFacts)
  ruleFacts('appointment', appointmentRuleFacts)
}

/** Hands over what the packs in force say of personal data: who may see what, and what customers are asked. */
export function lendPrivacy(packs: { heads: PackHead[] }): void {
  useAccess(() => accessRules(packs))
  useConsents(() => purposes(packs))
  usePreferences(() => preferences(packs))
  useProfiling(async (tx, customerId) => (await refusedUse(tx, customerId, 'profiling'))?.title)
  useConsent(async (tx, customerId, { kind, class: kindOf, via }) => {
    const rule = packs.heads.map(({ ways }) => ways[kind]).find((told) => told !== undefined)
    const ways = rule === undefined ? undefined : 'each' in rule ? rule.each : rule
    return (await refusedByAll(tx, customerId, { class: kindOf, via }, ways))?.title
  })
}
