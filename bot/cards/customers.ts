import type { Sight } from '../../server/engines/access/access.ts'
import { noteRead } from '../../server/engines/access/reads.ts'
import { record } from '../../server/engines/events/events.ts'
import { flowOf, liveSteps } from '../../server/engines/flows/flows.ts'
import type { FlowRun } from '../../server/engines/flows/run.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { hasNewer } from '../../server/engines/messages/outbox.ts'
import { type FoundCustomer, lookups } from '../../server/engines/staff/lookups.ts'
import { NotFound } from '../../server/lib/errors.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { CardKind, Look, Press } from '../card.ts'
import { glance, looked, sightOnCard } from '../customer-sight.ts'
import { answer } from '../here.ts'

/** How many customers a search shows. */
export const MOST_FOUND = 5

/** The customers that a search found, names and numbers masked; each can be looked at, and the look is recorded. */
const foundCard: CardKind = {
  kind: 'found',
  draw: drawFound,
  press: Object.fromEntries(
    Array.from({ length: MOST_FOUND }, (_, index) => [
      `view_${index}`,
      (tx: Tx, press: Press) => view(tx, press, index),
    ]),
  ),
}

export const customerCards = [foundCard]

async function view(tx: Tx, { staff, message }: Press, index: number): Promise<void> {
  const id = (message.data.ids as string[])[index]
  const customer = id ? await lookups().customer(tx, id) : undefined
  if (!customer) throw new NotFound('customer')
  await showCustomer(tx, staff.id, customer.id, 'found')
}

/** Sends what somebody may read of a customer now; the look is recorded, with what was read in full. */
export async function showCustomer(tx: Tx, staffId: string, customerId: string, why: string, more = {}): Promise<void> {
  const customer = await lookups().customer(tx, customerId)
  const sight = customer && (await sightOnCard(tx, staffId, customerId))
  if (!sight) throw new NotFound('customer')
  const { inFull } = looked(sight, customer)
  await noteRead(tx, { staff: staffId }, { customerId, door: 'card', fields: inFull, why })
  await record(tx, 'customer.viewed', {
    by: { type: 'staff', id: staffId },
    subject: { type: 'customer', id: customerId },
    customerId,
    data: { whole: inFull.includes('phone'), ...more },
  })
  await answer(tx, {
    key: `customer:${newId(tx.now)}`,
    channel: 'staff',
    to: staffId,
    kind: 'customer_look',
    subjectId: customerId,
    urgent: true,
    data: { inFull },
  })
}

async function drawFound(tx: Tx, message: Message, words: Words): Promise<Look | undefined> {
  const found = await Promise.all((message.data.ids as string[]).map((id) => glance(tx, message.recipientId, id)))
  const text = (key: string, data: object = {}) => words.text(`cards/commands.found.${key}`, { ...data, now: tx.now })
  const rows = found.flatMap((customer, index) => (customer ? [{ ...customer, n: index + 1, index }] : []))
  const head = {
    source: { text: text('source'), mood: 'plain' as const },
    title: text('title', { count: rows.length, more: message.data.more }),
    subtitle: text('subtitle', { more: message.data.more }),
    facts: rows.map((row) => ({ label: text('label', row), text: text('fact', row) })),
    menu: [],
  }
  if (message.sentAt !== null && (await hasNewer(tx, message, ['found'])))
    return { card: { ...head, closed: words.text('cards/step.closed.newer'), superseded: true, buttons: [] } }
  const buttons = rows.map((row) => ({ key: `view_${row.index}`, text: text('view', row), look: 'plain' as const }))
  return { card: { ...head, superseded: true, buttons } }
}

/** What a card tells of a customer's name and number after a noted look: what has come into sight since waits for the next one. */
export async function afterLook(tx: Tx, message: Message, customer: FoundCustomer, sight: Sight) {
  const { name, phone, inFull } = looked(sight, customer)
  const noted = new Set(message.data.inFull as string[] | undefined)
  if (inFull.every((field) => noted.has(field))) return { name, phone }
  const { name: later = '', phone: number = '' } = (await glance(tx, message.recipientId, customer.id)) ?? {}
  return { name: later, phone: number }
}

/** A matter of a customer, and where it stands. */
export async function matterOf(tx: Tx, run: FlowRun) {
  const [step] = await liveSteps(tx, run.id)
  const flow = await flowOf(tx, run.definitionId)
  const title = flow.steps.find((one) => one.step === step?.name)?.title ?? ''
  return { number: run.facts.number, title: run.facts.title, state: run.state, step: title, at: run.startedAt }
}
