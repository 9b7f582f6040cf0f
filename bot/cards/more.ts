import { eventsOf } from '../../server/engines/events/events.ts'
import { turnOf } from '../../server/engines/flows/flows.ts'
import { guardReader } from '../../server/engines/flows/guards.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import { pictureTrail } from '../../server/engines/flows/pictures.ts'
import { enqueue, enqueueAll } from '../../server/engines/messages/outbox.ts'
import { openLink } from '../../server/engines/staff/link.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import type { Staff } from '../../server/engines/staff/staff.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { Press } from '../card.ts'
import { showContact } from './contact.ts'
import { sendDocument } from './documents.ts'

/** What the menu of every card offers beside acting: pictures, documents, the history, the page for long answers. */
export const moreOf = { photos, history, page, documents, contact: showContact }

/** The pictures of a case: the customer's, then what each step has brought, with who photographed it and when. */
async function photos(tx: Tx, { staff, message }: Press): Promise<void> {
  const turn = await turnOf(tx, message.subjectId)
  await guardReader(tx, turn, staff)
  const { number, photos: customers } = turn.run.facts
  const trail = await pictureTrail(tx, turn)
  const say = (line: string, data: object) => toSay(tx, staff, turn, { line, number, ...data })
  if (customers.length > 0) {
    const count = customers.length
    await enqueueAll(tx, [say('photos_customer', { count }), ...customers.map((id) => toShow(tx, staff, id))])
  }
  for (const { ids, by, ...group } of trail) {
    const name = by ? ((await staffById(tx, by))?.name ?? '') : ''
    const line = say('photos_step', { ...group, by: name, count: ids.length })
    await enqueueAll(tx, [line, ...ids.map((id) => toShow(tx, staff, id))])
  }
  if (customers.length === 0 && trail.length === 0) await enqueue(tx, say('photos_none', {}))
}

function toSay(tx: Tx, staff: Staff, turn: Turn, data: Record<string, unknown>) {
  const message = { channel: 'staff' as const, to: staff.id, kind: 'say', subjectId: turn.step.id, urgent: true }
  return { ...message, key: `say:${newId(tx.now)}`, data }
}

function toShow(tx: Tx, staff: Staff, picture: string) {
  const message = { channel: 'staff' as const, to: staff.id, kind: 'photo', subjectId: picture, urgent: true }
  return { ...message, key: `photo:${newId(tx.now)}` }
}

async function documents(tx: Tx, { staff, message }: Press): Promise<void> {
  const turn = await turnOf(tx, message.subjectId)
  await guardReader(tx, turn, staff)
  await sendDocument(tx, staff.id, turn.run.subjectId)
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
