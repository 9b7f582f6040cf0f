import { eventsOf } from '../../server/engines/events/events.ts'
import { turnOf } from '../../server/engines/flows/flows.ts'
import { guardReader } from '../../server/engines/flows/guards.ts'
import { enqueue, enqueueAll } from '../../server/engines/messages/outbox.ts'
import { openLink } from '../../server/engines/staff/link.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { Press } from '../card.ts'

/** What the menu of every card offers beside acting: the pictures, the history, the page for long answers. */
export const moreOf = { photos, history, page }

async function photos(tx: Tx, { staff, message }: Press): Promise<void> {
  const turn = await turnOf(tx, message.subjectId)
  await guardReader(tx, turn, staff)
  const { facts } = turn.run
  await enqueueAll(
    tx,
    facts.photos.map((picture) => ({
      key: `photo:${newId(tx.now)}`,
      channel: 'staff' as const,
      to: staff.id,
      kind: 'photo',
      subjectId: picture,
      urgent: true,
    })),
  )
}

async function history(tx: Tx, { staff, message }: Press): Promise<void> {
  const turn = await turnOf(tx, message.subjectId)
  await guardReader(tx, turn, staff)
  const events = await eventsOf(tx, turn.run.subjectId)
  await enqueue(tx, {
    key: `history:${newId(tx.now)}`,
    channel: 'staff',
    to: staff.id,
    kind: 'history',
    subjectId: turn.step.id,
    urgent: true,
    data: { events: events.map(({ id }) => id).slice(-20) },
  })
}

async function page(tx: Tx, { staff, message }: Press): Promise<void> {
  const turn = await turnOf(tx, message.subjectId)
  await guardReader(tx, turn, staff)
  const token = await openLink(tx, staff.id, turn.step.id)
  await enqueue(tx, {
    key: `page:${newId(tx.now)}`,
    channel: 'staff',
    to: staff.id,
    kind: 'page',
    subjectId: turn.step.id,
    urgent: true,
    data: { token },
  })
}
