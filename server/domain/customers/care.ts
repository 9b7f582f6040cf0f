import type { Care } from '../../engines/access/care.ts'
import { Event } from '../../engines/events/event.ts'

/** Who spoke with a customer last looks after them. */
export const talkCare: Care = {
  async owner(tx, customerId) {
    const last = await tx.first(
      Event,
      `WHERE customerId = ? AND name = 'interaction.recorded' AND actorType = 'staff' ORDER BY id DESC`,
      [customerId],
    )
    return last?.actorId ? [last.actorId] : []
  },
}
