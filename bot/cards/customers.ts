import { noteRead } from '../../server/engines/access/reads.ts'
import { idsBehind } from '../../server/engines/events/aliases.ts'
import { Event } from '../../server/engines/events/event.ts'
import { record } from '../../server/engines/events/events.ts'
import { flowOf, liveSteps } from '../../server/engines/flows/flows.ts'
import { FlowRun } from '../../server/engines/flows/run.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { enqueue, hasNewer } from '../../server/engines/messages/outbox.ts'
import { companies } from '../../server/engines/staff/companies.ts'
import { lookups } from '../../server/engines/staff/lookups.ts'
import { NotFound } from '../../server/lib/errors.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { type CardKind, clip, type Look, type Press } from '../card.ts'
import { glance, looked, sightOnCard, toldFact } from '../customer-sight.ts'

/** How many customers a search shows. */
export const MOST_FOUND = 5

/** What is told of a talk: three of them go into one text. */
const SAID_ROOM = 100

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

const customerCard: CardKind = { kind: 'customer', draw: drawCustomer }

export const customerCards = [foundCard, customerCard]

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
  await enqueue(tx, {
    key: `customer:${newId(tx.now)}`,
    channel: 'staff',
    to: staffId,
    kind: 'customer',
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

async function drawCustomer(tx: Tx, message: Message, words: Words): Promise<Look | undefined> {
  const customer = await lookups().customer(tx, message.subjectId)
  const sight = customer && (await sightOnCard(tx, message.recipientId, customer.id))
  if (!sight) return undefined
  const { name, phone, inFull } = looked(sight, customer)
  // What has come into sight since the look was noted waits for the next one.
  const noted = new Set(message.data.inFull as string[] | undefined)
  const later = inFull.some((field) => !noted.has(field))
    ? await glance(tx, message.recipientId, customer.id)
    : undefined
  const whole = !later && inFull.includes('phone')
  const runs = await tx.find(FlowRun, 'WHERE customerId = ? ORDER BY id DESC LIMIT 5', [customer.id])
  const matters = await Promise.all(runs.map((run) => matterOf(tx, run)))
  const ids = await idsBehind(tx, customer.id)
  const contacts = await tx.find(
    Event,
    `WHERE customerId IN (${ids.map(() => '?').join(',')}) AND name = 'interaction.recorded' ORDER BY id DESC LIMIT 3`,
    ids,
  )
  const said = contacts.map(({ at, data }) => ({
    at,
    by: data.by,
    channel: data.channel,
    text: toldFact(sight, 'notes', clip(String(data.text ?? ''), SAID_ROOM)),
  }))
  const told = said.filter(({ text }) => text !== undefined)
  const who = later ?? { name, phone }
  const firms = await companies().ofCustomer(tx, customer.id)
  return { text: words.text('cards/commands.customer', { ...who, whole, firms, matters, said: told, now: tx.now }) }
}

async function matterOf(tx: Tx, run: FlowRun) {
  const [step] = await liveSteps(tx, run.id)
  const flow = await flowOf(tx, run.definitionId)
  const title = flow.steps.find((one) => one.step === step?.name)?.title ?? ''
  return { number: run.facts.number, title: run.facts.title, state: run.state, step: title, at: run.startedAt }
}
