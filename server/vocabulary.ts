import { assetSubject, assetWords, findAsset, letGo } from './domain/assets/words.ts'
import { customerSubject } from './domain/customers/words.ts'
import { countClaims } from './domain/leads/leads.ts'
import { leadWords } from './domain/leads/words.ts'
import { isPromise, keepPromises } from './domain/loyalty/points.ts'
import { quoteFile } from './domain/quotes/prices.ts'
import { quoteWords } from './domain/quotes/words.ts'
import { countEvents, hearsOfCustomers } from './domain/segments/hear.ts'
import { lendFacts, tierFact } from './domain/segments/lent.ts'
import { segmentLookups } from './domain/segments/lookups.ts'
import { ticketFacts } from './domain/tickets/customer-facts.ts'
import { lendAssets } from './domain/tickets/facts.ts'
import { ticketSubject, ticketWords } from './domain/tickets/words.ts'
import { lendClaims } from './engines/dispatch/claims.ts'
import { onEvents } from './engines/events/events.ts'
import { flowSubject, flowWords, whenStopped } from './engines/flows/hooks.ts'
import { addPackFile } from './engines/packs/pack-files.ts'
import { lendSegments } from './engines/staff/segments.ts'
import { lendMovers } from './movers.ts'

/** Lends the engines what the nouns know. Packs are checked against these words, so it comes before they are read. */
export function lendVocabulary(): void {
  for (const words of [ticketWords, assetWords, quoteWords, leadWords]) flowWords(words)
  flowSubject('ticket', ticketSubject)
  flowSubject('asset', assetSubject)
  flowSubject('customer', customerSubject)
  whenStopped(letGo)
  lendAssets(findAsset)
  lendFacts('customers', tierFact)
  lendFacts('tickets', ticketFacts)
  lendSegments(segmentLookups)
  onEvents(countEvents, hearsOfCustomers)
  onEvents(keepPromises, isPromise)
  lendClaims(countClaims)
  lendMovers()
  addPackFile(quoteFile())
}
