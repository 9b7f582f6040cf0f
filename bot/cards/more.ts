import { eventsOf } from '../../server/engines/events/events.ts'
import { turnOf } from '../../server/engines/flows/flows.ts'
import { guardReader } from '../../server/engines/flows/guards.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import { pictureTrail } from '../../server/engines/flows/pictures.ts'
import { openLink } from '../../server/engines/staff/link.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import type { Staff } from '../../server/engines/staff/staff.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { Press } from '../card.ts'
import { answer } from '../here.ts'
import { showContact } from './contact.ts'
import { sendDocument } from './documents.ts'

/** So many happenings are told; fewer when they take more room than a text has. */
const MOST_EVENTS = 60

/** What the menu of every card offers beside acting: pictures, documents, the history, the page for long answers. */
export const moreOf = { photos, history, page, documents, contact: showContact }

/** The pictures of a case, the customer's first, then those of each step; a line before them says which is which. */
async function photos(tx: Tx, { staff, message }: Press): Promise<void> {
  const turn = await turnOf(tx, message.subjectId)
  await guardReader(tx, turn, staff)
  const groups = await pictureGroups(tx, turn)
  let count = 0
  const told = groups.map(({ ids, ...group }) => {
    const from = count + 1
    count += ids.length
    return { ...group, from, to: count }
  })
  const data = { line: 'photos_are', number: turn.run.facts.number, count, groups: told }
  const about = { channel: 'staff' as const, to: staff.id, kind: 'say', subjectId: turn.step.id, urgent: true, data }
  const pictures = groups.flatMap(({ ids }) => ids.map((id) => toShow(tx, staff, id)))
  await answer(tx, { ...about, key: `say:${newId(tx.now)}` }, ...pictures)
}

/** The pictures of a case by whom they are: of the customer without a step, of staff with step, field, name and time. */
export async function pictureGroups(tx: Tx, turn: Turn) {
  const { photos } = turn.run.facts
  const customers = photos.length > 0 ? [{ stepId: '', step: '', label: '', by: '', at: 0, ids: photos }] : []
  const trail = await pictureTrail(tx, turn)
  const named = trail.map(async ({ by, ...group }) => ({
    ...group,
    by: by ? ((await staffById(tx, by))?.name ?? '') : '',
  }))
  return [...customers, ...(await Promise.all(named))]
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
  await answer(tx, {
    key: `history:${newId(tx.now)}`,
    channel: 'staff',
    to: staff.id,
    kind: 'history',
    subjectId: turn.step.id,
    urgent: true,
    data: { events: events.map(({ id }) => id).slice(-MOST_EVENTS), older: events.length > MOST_EVENTS },
  })
}

async function page(tx: Tx, { staff, message }: Press): Promise<void> {
  const turn = await turnOf(tx, message.subjectId)
  await guardReader(tx, turn, staff)
  const token = await openLink(tx, staff.id, turn.step.id)
  await answer(tx, {
    key: `page:${newId(tx.now)}`,
    channel: 'staff',
    to: staff.id,
    kind: 'page',
    subjectId: turn.step.id,
    urgent: true,
    data: { token },
  })
}
