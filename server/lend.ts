import { assetRuleFacts } from './domain/assets/rule-facts.ts'
import { customerFacts } from './domain/customers/facts.ts'
import { customerWords } from './domain/customers/words.ts'
import { loyaltyWords } from './domain/loyalty/words.ts'
import { segmentWords } from './domain/segments/words.ts'
import { ticketRuleFacts } from './domain/tickets/rule-facts.ts'
import { type RuleWord, ruleFacts, ruleWords } from './engines/rules/hooks.ts'
import { ownWords } from './engines/rules/notify.ts'
import type { Words } from './lib/render.ts'

/** What nouns lend to the rules: the words that rules can say, and what conditions may ask for. Packs are checked by it. */
export function lendToRules(words: Words): void {
  ruleWords(ownWords)
  ruleWords(customerWords)
  ruleWords(segmentWords as RuleWord[])
  ruleWords(loyaltyWords(words) as RuleWord[])
  ruleFacts('customer', customerFacts)
  ruleFacts('ticket', ticketRuleFacts)
  ruleFacts('asset', assetRuleFacts)
}
