import { assetRuleFacts } from './domain/assets/rule-facts.ts'
import { customerFacts } from './domain/customers/facts.ts'
import { customerWords } from './domain/customers/words.ts'
import { ticketRuleFacts } from './domain/tickets/rule-facts.ts'
import { ruleFacts, ruleWords } from './engines/rules/hooks.ts'
import { ownWords } from './engines/rules/notify.ts'

/** What nouns lend to the rules: the words that rules can say, and what conditions may ask for. Packs are checked by it. */
export function lendToRules(): void {
  ruleWords(ownWords)
  ruleWords(customerWords)
  ruleFacts('customer', customerFacts)
  ruleFacts('ticket', ticketRuleFacts)
  ruleFacts('asset', assetRuleFacts)
}
