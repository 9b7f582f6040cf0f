import type { Holding } from '../../engines/privacy/holding.ts'
import { blankRows, dropRows, sum, tellRows } from '../../engines/privacy/rows.ts'
import { RideCard } from './card.ts'
import { Ride } from './ride.ts'

/** Rides: how long and what they came to is kept for the books; who rode and where to goes. */
export const rideHolding: Holding = {
  name: 'rides',
  tell: (tx, customerId, after) =>
    tellRows(tx, Ride, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ number, code, state, startedAt, endedAt, meters, lat, lng, zone, amount, refunded }) => {
        return { number, code, state, startedAt, endedAt, meters, lat, lng, zone, amount, refunded }
      },
    }),
  async open(tx, customerId) {
    const open = await tx.find(
      Ride,
      `WHERE customerId = ? AND state IN ('unlocking', 'riding', 'ended') ORDER BY id LIMIT 20`,
      [customerId],
    )
    return open.map((ride) => ({
      why: ride.isOpen() ? 'ride_open' : 'ride_unpaid',
      data: { number: ride.number },
    }))
  },
  erase: (tx, { customerId, alias }) =>
    blankRows(tx, Ride, 'customerId = ?', [customerId], ({ version, openFor }) => ({
      customerId: alias,
      openFor: openFor?.replace(customerId, alias) ?? null,
      lat: null,
      lng: null,
      zone: null,
      version: version + 1,
    })),
}

/** Cards: what was bought is kept for the books, without its owner. */
export const rideCardHolding: Holding = {
  name: 'ride_cards',
  tell: (tx, customerId, after) =>
    tellRows(tx, RideCard, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ title, state, price, startsAt, endsAt }) => ({ title, state, price, startsAt, endsAt }),
    }),
  erase: async (tx, { customerId, alias }) =>
    sum([
      await dropRows(tx, 'ride_card_turns', 'id LIKE ?', [`${customerId}:%`]),
      await blankRows(tx, RideCard, 'customerId = ?', [customerId], ({ buyKey }) => ({
        customerId: alias,
        buyKey: buyKey?.replace(customerId, alias) ?? null,
      })),
    ]),
}
