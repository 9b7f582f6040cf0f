import { idsBehind } from '../../server/engines/events/aliases.ts'
import { Event } from '../../server/engines/events/event.ts'
import { record } from '../../server/engines/events/events.ts'
import { flowOf, liveSteps } from '../../server/engines/flows/flows.ts'
import { FlowRun } from '../../server/engines/flows/run.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { enqueue, hasNewer } from '../../server/engines/messages/outbox.ts'
import { lookups } from '../../server/engines/staff/lookups.ts'
import { NotFound } from '../../server/lib/errors.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { type CardKind, clip, type Look, type Press } from '../card.ts'

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

/** Whether somebody has something to do for a customer now: only they read the whole number. */
async function servesNow(tx: Tx, staffId: string, customerId: string): Promise<boolean> {
  const rows = await tx.query(
    `SELECT 1 FROM flow_runs r JOIN flow_steps s ON s.runId = r.id
     WHERE r.customerId = ? AND s.assigneeId = ? AND s.state IN ('open', 'waiting')
     UNION ALL SELECT 1 FROM follow_ups WHERE customerId = ? AND staffId = ? AND state IN ('open', 'put_off') LIMIT 1`,
    [customerId, staffId, customerId, staffId],
  )
  return rows.length > 0
}

async function view(tx: Tx, { staff, message }: Press, index: number): Promise<void> {
  const id = (message.data.ids as string[])[index]
  const customer = id ? await lookups().customer(tx, id) : undefined
  if (!customer) throw new NotFound('customer')
  const whole = await servesNow(tx, staff.id, customer.id)
  await record(tx, 'customer.viewed', {
    by: { type: 'staff', id: staff.id },
    subject: { type: 'customer', id: customer.id },
    customerId: customer.id,
    data: { whole },
  })
  await enqueue(tx, {
    key: `customer:${newId(tx.now)}`,
    channel: 'staff',
    to: staff.id,
    kind: 'customer',
    subjectId: customer.id,
    urgent: true,
    data: { whole },
  })
}

async function drawFound(tx: Tx, message: Message, words: Words): Promise<Look | undefined> {
  const found = await Promise.all((message.data.ids as string[]).map((id) => lookups().customer(tx, id)))
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
  if (!customer) return undefined
  const whole = Boolean(message.data.whole) && (await servesNow(tx, message.recipientId, customer.id))
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
    text: clip(String(data.text ?? ''), SAID_ROOM),
  }))
  return { text: words.text('cards/commands.customer', { ...customer, whole, matters, said, now: tx.now }) }
}

async function matterOf(tx: Tx, run: FlowRun) {
  const [step] = await liveSteps(tx, run.id)
  const flow = await flowOf(tx, run.definitionId)
  const title = flow.steps.find((one) => one.step === step?.name)?.title ?? ''
  return { number: run.facts.number, title: run.facts.title, state: run.state, step: title, at: run.startedAt }
}
