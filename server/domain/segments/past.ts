import { idsBehind } from '../../engines/events/aliases.ts'
import { Event } from '../../engines/events/event.ts'
import { flowOf, runOf } from '../../engines/flows/rows.ts'
import type { LookPart, PastEvent } from '../../engines/staff/looks.ts'
import { staffById } from '../../engines/staff/roster.ts'
import type { Tx } from '../../lib/tx.ts'
import { purposesNow } from '../customers/consent.ts'
import { book } from './book.ts'

/** That somebody has read is for those who watch over reading, not a part of the customer's past. */
const HIDDEN = ['customer.viewed', 'answers.shown', 'ticket.checked']
const PAST = `AND id < ? AND name NOT IN (${HIDDEN.map(() => '?').join(',')}) ORDER BY id DESC`
/** Behind every id. */
const NOW = '~'

/** What of an event's data a line shows, by its name there. */
const SHOWN = [
  'text',
  'number',
  'amount',
  'tag',
  'points',
  'outcome',
  'why',
  'coupon',
  'kind',
  'channel',
  'csat',
] as const

/** What has happened to a customer, newest first, a page at a time (D3). */
export async function pastOf(
  tx: Tx,
  customerId: string,
  { before = NOW, limit }: { before?: string; limit: number },
): Promise<PastEvent[]> {
  const ids = await idsBehind(tx, customerId)
  const theirs = `WHERE customerId IN (${ids.map(() => '?').join(',')})`
  const events = await tx.find(Event, `${theirs} ${PAST} LIMIT ${Math.trunc(limit)}`, [...ids, before, ...HIDDEN])
  return Promise.all(
    events.map(async (event) => ({
      id: event.id,
      at: event.at,
      name: event.name,
      actor: event.actorType,
      by: event.actorType === 'staff' && event.actorId ? ((await staffById(tx, event.actorId))?.name ?? '') : '',
      about: { ...aboutOf(event), ...(await stepOf(tx, event)) },
    })),
  )
}

/** What a step is called of which an event tells, and the number of its matter. */
async function stepOf(tx: Tx, { name, subjectId, data }: Event): Promise<LookPart> {
  const run = name.startsWith('step.') && subjectId ? await runOf(tx, subjectId) : undefined
  if (!run) return {}
  const step = (await flowOf(tx, run.definitionId)).steps.find((one) => one.step === data.step)?.title
  return { number: run.facts.number, ...(step && { step }) }
}

function aboutOf({ data }: Event): LookPart {
  const shown = SHOWN.flatMap((name) => {
    const value = data[name]
    return typeof value === 'string' || typeof value === 'number' ? [[name, value] as const] : []
  })
  const { stages = [], segments = [] } = book() ?? {}
  const segment = segments.find((one) => one.segment === data.segment)?.title
  const stage = stages.find((one) => one.stage === (data.to ?? data.stage))?.title
  const purpose = purposesNow().find((one) => one.purpose === data.purpose)?.title
  return {
    ...Object.fromEntries(shown),
    ...(segment && { segment }),
    ...(stage && { stage }),
    ...(purpose && { purpose }),
  }
}
