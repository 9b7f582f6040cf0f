import { type Mover, point, pointBack, pointing } from '../customers/movers.ts'
import { Ride } from './ride.ts'

const RIDES = { table: 'rides', column: 'customerId', versioned: true }

/** Rides go over as they are; where both are riding at this moment, both go on. */
export const rideMover: Mover = {
  tables: ['rides'],
  async move(tx, fromId, toId) {
    const ids = await point(tx, RIDES, fromId, toId)
    await rename(toId)
    return ids.length > 0 ? ids : undefined

    async function rename(owner: string): Promise<void> {
      const open = await tx.find(Ride, 'WHERE openFor = ?', [fromId])
      for (const { id } of open) {
        const taken = await tx.first(Ride, 'WHERE openFor = ?', [owner])
        await tx.update(Ride, id, { openFor: taken ? `${owner}:${id}` : owner })
      }
    }
  },
  async back(tx, fromId, toId, moved) {
    const ids = moved as string[]
    await pointBack(tx, RIDES, fromId, toId, ids)
    for (const ride of await tx.find(Ride, 'WHERE customerId = ? AND openFor IS NOT NULL', [fromId]))
      if (ids.includes(ride.id)) await tx.update(Ride, ride.id, { openFor: fromId })
  },
}

/** Cards go over as they are. */
export const rideCardMover: Mover = pointing({ table: 'ride_cards', column: 'customerId' })
