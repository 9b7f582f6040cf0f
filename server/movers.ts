import { lendMover, pointing } from './domain/customers/movers.ts'
import {
  consentMover,
  emailMover,
  engineMover,
  identityMover,
  keyMover,
  lookAlikeMover,
  readMover,
  sessionMover,
  stopMover,
} from './domain/customers/moves.ts'
import { ruleMover } from './domain/customers/rule-move.ts'
import { couponMover } from './domain/loyalty/move.ts'
import { pointsMover } from './domain/loyalty/move-points.ts'
import { privacyMover } from './domain/privacy/move.ts'
import { detailMover, documentMover } from './domain/profile/move.ts'
import { rideCardMover, rideMover } from './domain/rides/move.ts'
import { segmentMover } from './domain/segments/move.ts'
import { cartMover } from './domain/stock/move.ts'
import { ticketMover } from './domain/tickets/move.ts'

/** What each noun does when two customers turn out to be one, in this order; undone the other way round. */
export function lendMovers(): void {
  lendMover('identities', identityMover)
  lendMover('sessions', sessionMover)
  lendMover('engines', engineMover)
  lendMover('stops', stopMover)
  lendMover('consents', consentMover)
  lendMover('reads', readMover)
  lendMover('emails', emailMover)
  lendMover('details', detailMover)
  lendMover('documents', documentMover)
  lendMover('privacy', privacyMover)
  lendMover('keys', keyMover)
  lendMover('look_alikes', lookAlikeMover)
  lendMover('tickets', ticketMover)
  lendMover('companies', pointing({ table: 'company_contacts', column: 'customerId' }))
  lendMover('leads', pointing({ table: 'leads', column: 'customerId' }))
  lendMover('quotes', pointing({ table: 'quotes', column: 'customerId' }))
  lendMover('orders', pointing({ table: 'orders', column: 'customerId', versioned: true }))
  lendMover('papers', pointing({ table: 'order_papers', column: 'customerId' }))
  lendMover('rentals', pointing({ table: 'rentals', column: 'customerId', versioned: true }))
  lendMover('contracts', pointing({ table: 'contracts', column: 'customerId', versioned: true }))
  lendMover('ledger', pointing({ table: 'ledger_moves', column: 'customerId' }))
  lendMover('payments', pointing({ table: 'payments', column: 'customerId', versioned: true }))
  lendMover('deposits', pointing({ table: 'deposits', column: 'customerId', versioned: true }))
  lendMover('bookings', pointing({ table: 'bookings', column: 'customerId', versioned: true }))
  lendMover('appointments', pointing({ table: 'appointments', column: 'customerId', versioned: true }))
  lendMover('coupons', couponMover)
  lendMover('points', pointsMover)
  lendMover('carts', cartMover)
  lendMover('rides', rideMover)
  lendMover('ride_cards', rideCardMover)
  lendMover('rules', ruleMover)
  lendMover('segments', segmentMover)
}
