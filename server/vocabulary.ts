import { appointmentFile } from './domain/appointments/agenda.ts'
import { appointmentHolding } from './domain/appointments/holding.ts'
import { appointmentSubject, appointmentWords } from './domain/appointments/words.ts'
import { whenAssetChanges } from './domain/assets/assets.ts'
import { assetSubject, assetWords, findAsset, letGo } from './domain/assets/words.ts'
import { hearOfAsset } from './domain/bookings/cars.ts'
import { bookingHolding } from './domain/bookings/holding.ts'
import { bookingPaid } from './domain/bookings/paid.ts'
import { rentalFile } from './domain/bookings/rental-file.ts'
import { contactHolding } from './domain/companies/holding.ts'
import { companyLookups } from './domain/companies/lookups.ts'
import { talkCare } from './domain/customers/care.ts'
import { consentHolding, customerHolding, identityHolding, readHolding } from './domain/customers/holding.ts'
import { customerSubject } from './domain/customers/words.ts'
import { leadCare } from './domain/leads/care.ts'
import { leadHolding } from './domain/leads/holding.ts'
import { countClaims } from './domain/leads/leads.ts'
import { leadWords } from './domain/leads/words.ts'
import { ledgerHolding } from './domain/ledger/holding.ts'
import { loyaltyLook } from './domain/loyalty/customer-look.ts'
import { couponHolding, pointsHolding } from './domain/loyalty/holding.ts'
import { isPromise, keepPromises } from './domain/loyalty/points.ts'
import { orderHolding, paperHolding } from './domain/orders/holding.ts'
import { whenOrderTold } from './domain/orders/orders.ts'
import { depositHolding, paymentHolding } from './domain/payments/holding.ts'
import { moneyFile } from './domain/payments/money-file.ts'
import { whenPaid } from './domain/payments/payments.ts'
import { differenceSubject, moneyWords } from './domain/payments/words.ts'
import { documentFacts } from './domain/profile/facts.ts'
import { detailHolding, documentHolding } from './domain/profile/holding.ts'
import { quoteHolding } from './domain/quotes/holding.ts'
import { quoteLook } from './domain/quotes/look.ts'
import { quoteFile } from './domain/quotes/prices.ts'
import { quoteWords } from './domain/quotes/words.ts'
import { contractHolding, rentalHolding } from './domain/rentals/holding.ts'
import { contractFile } from './domain/rentals/rules.ts'
import { bookingSubject } from './domain/rentals/subject.ts'
import { rentalWords } from './domain/rentals/words.ts'
import { cardPaid } from './domain/rides/cards.ts'
import { rideCardHolding, rideHolding } from './domain/rides/holding.ts'
import { hearPayments } from './domain/rides/pay.ts'
import { publishPlans } from './domain/rides/public.ts'
import { ridePaid } from './domain/rides/settle.ts'
import { ridesFile } from './domain/rides/terms.ts'
import { rideWords } from './domain/rides/words.ts'
import { countEvents, hearsOfCustomers } from './domain/segments/hear.ts'
import { segmentHolding } from './domain/segments/holding.ts'
import { lendFacts, tierFact } from './domain/segments/lent.ts'
import { lendLook } from './domain/segments/look.ts'
import { segmentLookups } from './domain/segments/lookups.ts'
import { hearCarts, isCart } from './domain/stock/carts.ts'
import { hearOrder } from './domain/stock/hear-orders.ts'
import { cartHolding } from './domain/stock/holding.ts'
import { ticketFacts } from './domain/tickets/customer-facts.ts'
import { lendAssets } from './domain/tickets/facts.ts'
import { commentHolding, ticketHolding } from './domain/tickets/holding.ts'
import { ticketLook } from './domain/tickets/look.ts'
import { ticketSubject, ticketWords } from './domain/tickets/words.ts'
import { lendCare } from './engines/access/care.ts'
import { lendClaims } from './engines/dispatch/claims.ts'
import { onEvents } from './engines/events/events.ts'
import { eventHolding } from './engines/events/holding.ts'
import { pictureHolding } from './engines/files/holding.ts'
import { stepCare } from './engines/flows/care.ts'
import { flowHolding } from './engines/flows/holding.ts'
import { flowSubject, flowWords, whenStopped } from './engines/flows/hooks.ts'
import { messageHolding } from './engines/messages/holding.ts'
import { addPackFile } from './engines/packs/pack-files.ts'
import { lendHoldings } from './engines/privacy/holding.ts'
import { followUpCare } from './engines/rules/care.ts'
import { followUpHolding, ruleHolding } from './engines/rules/holding.ts'
import { lendCompanies } from './engines/staff/companies.ts'
import { memoHolding } from './engines/staff/holding.ts'
import { lendSegments } from './engines/staff/segments.ts'
import { lendMovers } from './movers.ts'

/** Lends the engines what the nouns know. Packs are checked against these words, so it comes before they are read. */
export function lendVocabulary(): void {
  for (const words of [ticketWords, assetWords, quoteWords, leadWords, moneyWords, rentalWords]) flowWords(words)
  for (const words of [rideWords, appointmentWords]) flowWords(words)
  flowSubject('ticket', ticketSubject)
  flowSubject('asset', assetSubject)
  flowSubject('customer', customerSubject)
  flowSubject('difference', differenceSubject)
  flowSubject('booking', bookingSubject)
  flowSubject('appointment', appointmentSubject)
  whenStopped(letGo)
  lendAssets(findAsset)
  lendFacts('customers', tierFact)
  lendFacts('tickets', ticketFacts)
  lendFacts('documents', documentFacts)
  lendLook('loyalty', loyaltyLook)
  lendLook('tickets', ticketLook)
  lendLook('quotes', quoteLook)
  lendSegments(segmentLookups)
  onEvents(countEvents, hearsOfCustomers)
  onEvents(keepPromises, isPromise)
  whenOrderTold(hearOrder)
  onEvents(hearCarts, isCart)
  lendClaims(countClaims)
  lendMovers()
  addPackFile(rentalFile())
  addPackFile(appointmentFile())
  whenAssetChanges(hearOfAsset)
  lendCare('flows', stepCare)
  lendCare('rules', followUpCare)
  lendCare('leads', leadCare)
  lendCare('customers', talkCare)
  lendCompanies(companyLookups)
  addPackFile(quoteFile())
  addPackFile(moneyFile())
  addPackFile(contractFile())
  addPackFile(ridesFile())
  publishPlans()
  whenPaid('booking', bookingPaid)
  hearPayments({ ride: ridePaid, card: cardPaid })
  lendHoldings(
    // What lets them in goes first; messages, rules and calls are found by the work that they belong to.
    ...[identityHolding, detailHolding, documentHolding, pictureHolding, messageHolding, quoteHolding, leadHolding],
    ...[orderHolding, paperHolding, contactHolding, paymentHolding, depositHolding, ledgerHolding],
    ...[contractHolding, rentalHolding, rideHolding, rideCardHolding, cartHolding],
    ...[
      memoHolding,
      ruleHolding,
      followUpHolding,
      flowHolding,
      commentHolding,
      ticketHolding,
      couponHolding,
      pointsHolding,
    ],
    ...[bookingHolding, appointmentHolding],
    ...[consentHolding, readHolding, segmentHolding, eventHolding, customerHolding],
  )
}
