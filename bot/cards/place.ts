import { arriveStep } from '../../server/engines/dispatch/arrival.ts'
import { declineStep, offersOf, offerTo, placeOf } from '../../server/engines/dispatch/dispatch.ts'
import { openingForm } from '../../server/engines/flows/flow.ts'
import { turnOf } from '../../server/engines/flows/flows.ts'
import { guardReader } from '../../server/engines/flows/guards.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { Card, CardKind, Press } from '../card.ts'
import { answer } from '../here.ts'

const MAP = 'https://apis.map.qq.com/uri/v1/marker'

/** Where to go and how far it is, and for whom it was left over, who was asked before; nothing where there is no place. */
export async function placeFacts(tx: Tx, turn: Turn, message: Message, words: Words): Promise<Card['facts']> {
  const place = placeOf(turn.run)
  if (!place && !turn.flow.dispatch) return []
  const asked = turn.flow.dispatch ? await offersOf(tx, turn.step.id) : []
  const own = asked.findLast(({ staffId }) => staffId === message.recipientId)
  const facts: Card['facts'] = []
  const add = (key: string, data: Record<string, unknown>) =>
    facts.push({ label: words.text(`cards/step.label.${key}`), text: words.text(`cards/step.${key}`, data) })
  if (place) add('place', { address: place.address ?? '', ...farness(own?.why.metres) })
  if (asked.length > 0 && !own) {
    const names = await Promise.all(asked.map(async ({ staffId }) => (await staffById(tx, staffId))?.name ?? ''))
    add('asked', { names })
  }
  return facts
}

/** Whether a fact tells who was asked before: the card is of whoever it was left over for. */
export function tellsWhoWasAsked(words: Words): (fact: Card['facts'][number]) => boolean {
  const asked = words.text('cards/step.label.asked')
  return ({ label }) => label === asked
}

/** Whether a fact of the case with this label is its place. */
export function tellsPlace({ flow }: Turn, label: string): boolean {
  return Boolean(openingForm(flow)?.fields.some((field) => field.kind === 'location' && field.label === label))
}

function farness(metres: number | undefined): { km?: string; metres?: number } {
  if (metres === undefined) return { km: '', metres: 0 }
  return metres >= 1000
    ? { km: (metres / 1000).toFixed(1), metres: 0 }
    : { km: '', metres: Math.ceil(metres / 10) * 10 }
}

/** How it stands with whoever was sent by a rule: yet to say yes or no, on the way; undefined where neither is so. */
export async function whereSent(tx: Tx, { flow, step }: Turn): Promise<'offered' | 'on_the_way' | undefined> {
  const offer = flow.dispatch && step.assigneeId ? await offerTo(tx, step.id, step.assigneeId) : undefined
  if (!offer) return undefined
  if (step.acceptedAt === null) return offer.state === 'offered' ? 'offered' : undefined
  return offer.lat !== null && offer.arrivedAt === null ? 'on_the_way' : undefined
}

/** What only those do who were sent to a place. */
export const placePresses: CardKind['press'] = {
  arrive: async (tx, { staff, message }) => arriveStep(tx, await turnOf(tx, message.subjectId), staff),
  decline: async (tx, { staff, message }) => declineStep(tx, await turnOf(tx, message.subjectId), staff),
  map: sendMap,
}

/** Sends whoever presses it the place on a map. */
async function sendMap(tx: Tx, { staff, message }: Press): Promise<void> {
  const turn = await turnOf(tx, message.subjectId)
  await guardReader(tx, turn, staff)
  await answer(tx, {
    key: `map:${newId(tx.now)}`,
    channel: 'staff',
    to: staff.id,
    kind: 'map',
    subjectId: turn.step.id,
    urgent: true,
  })
}

/** A place as a link that the phone's map opens. */
export const mapKind: CardKind = {
  kind: 'map',
  async draw(tx, { subjectId }, words) {
    const { run } = await turnOf(tx, subjectId)
    const place = placeOf(run)
    if (!place) return undefined
    const { number, title } = run.facts
    const marker = `coord:${place.lat},${place.lng};title:${number};addr:${place.address || title}`
    const url = `${MAP}?${new URLSearchParams({ marker, referer: 'yingke' })}`
    const text = words.text('cards/step.map', { number, address: place.address ?? '' })
    return { text, link: { to: url, label: words.text('cards/step.map_link') } }
  },
}
