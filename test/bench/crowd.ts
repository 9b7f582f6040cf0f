import { randomBytes } from 'node:crypto'
import type { Customer } from '../../server/domain/customers/customer.ts'
import { Ticket } from '../../server/domain/tickets/ticket.ts'
import { openTicket } from '../../server/domain/tickets/tickets.ts'
import { Event } from '../../server/engines/events/event.ts'
import { eventsOf } from '../../server/engines/events/events.ts'
import { FlowRun } from '../../server/engines/flows/run.ts'
import { FlowStep } from '../../server/engines/flows/step.ts'
import { Message } from '../../server/engines/messages/message.ts'
import type { House } from '../../server/house.ts'
import type { Database } from '../../server/lib/db.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Tx } from '../../server/lib/tx.ts'

const BATCH = 500

/** What the house keeps of one ticket whose first step is open. */
export interface Case {
  ticket: Ticket
  run: FlowRun
  step: FlowStep
  events: Event[]
  messages: Message[]
}

/** A complaint as a customer files it. */
export const COMPLAINT = {
  type: 'quality',
  urgency: 'normal',
  description: '车锁打不开，扫码三次都失败，等了二十分钟没有人来处理',
  order: 'R20261123001',
}

/** Opens a ticket by the verb that every door uses. */
export function fileComplaint({ db, shelf }: Pick<House, 'db' | 'shelf'>, customer: Customer): Promise<Ticket> {
  const form = shelf.form('complaint')
  const flow = shelf.flowFor('complaint')
  return db.write((tx) => openTicket(tx, customer, { form, flow, answers: COMPLAINT, safety: 'pass' }))
}

/** Opens a ticket and returns the rows that it left: the pattern of which a crowd is cut. */
export async function patternOf(house: House, customer: Customer): Promise<Case> {
  const { id } = await fileComplaint(house, customer)
  return house.db.write(async (tx) => {
    const [run] = await tx.find(FlowRun, 'WHERE subjectId = ?', [id])
    const [step] = run ? await tx.find(FlowStep, 'WHERE runId = ?', [run.id]) : []
    if (!run || !step) throw new Error('the ticket has no run')
    const pattern = {
      ticket: (await tx.get(Ticket, id)) as Ticket,
      run,
      step,
      events: await eventsOf(tx, id),
      messages: await tx.find(Message, 'WHERE subjectId IN (?, ?) ORDER BY id', [id, step.id]),
    }
    // The pattern's own messages are not sent: nothing in the crowd waits for delivery.
    await tx.run(`UPDATE messages SET state = 'obsolete', nextAt = NULL WHERE nextAt IS NOT NULL`)
    return pattern
  })
}

/**
 * Fills the database with copies of a case, each with keys of its own and its messages delivered; `change` makes of a
 * copy what it shall be (whose, since when, how far) before it is stored.
 */
export async function fill(db: Database, pattern: Case, count: number, change: (copy: Case, i: number) => void) {
  for (let from = 0; from < count; from += BATCH) {
    const size = Math.min(BATCH, count - from)
    await db.write((tx) => {
      const copies = Array.from({ length: size }, (_, i) => {
        const copy = copyOf(pattern, tx.now)
        change(copy, from + i)
        return copy
      })
      return store(tx, copies)
    })
  }
}

/** The case as it stands when it is over: ticket resolved, run ended, step done. */
export function close({ ticket, run, step }: Case, at: number): void {
  Object.assign(ticket, { status: 'resolved', closedAt: at, updatedAt: at })
  Object.assign(run, { state: 'ended', endedAt: at })
  Object.assign(step, { state: 'done', dueAt: null, wakeAt: null, finishedAt: at, finishedBy: step.assigneeId })
}

function copyOf(pattern: Case, now: number): Case {
  const ticketId = newId(now)
  const runId = newId(now)
  const stepId = newId(now)
  const renamed = (text: string) => text.replace(pattern.step.id, stepId).replace(pattern.ticket.id, ticketId)
  const number = `${pattern.ticket.number.slice(0, 8)}${randomBytes(5).toString('hex').toUpperCase()}`
  return {
    ticket: { ...pattern.ticket, id: ticketId, number } as Ticket,
    run: { ...pattern.run, id: runId, subjectId: ticketId, facts: { ...pattern.run.facts, number } },
    step: { ...pattern.step, id: stepId, runId } as FlowStep,
    events: pattern.events.map((event) => ({ ...event, id: newId(now), subjectId: ticketId })),
    messages: pattern.messages.map((message) => ({
      ...message,
      id: newId(now),
      dedupKey: renamed(message.dedupKey),
      subjectId: renamed(message.subjectId),
      state: 'sent',
      attempts: 1,
      nextAt: null,
      triedAt: now - 120_000,
      sentAt: now - 120_000,
      shown: message.channel === 'staff' ? randomBytes(32).toString('base64url') : null,
      platformRef: randomBytes(16).toString('hex'),
      responseCode: message.channel === 'staff' ? randomBytes(32).toString('base64url') : null,
      responseCodeAt: message.channel === 'staff' ? now - 120_000 : null,
    })),
  }
}

async function store(tx: Tx, copies: Case[]): Promise<void> {
  await tx.insert(
    Ticket,
    copies.map(({ ticket }) => ticket),
  )
  await tx.insert(
    FlowRun,
    copies.map(({ run }) => run),
  )
  await tx.insert(
    FlowStep,
    copies.map(({ step }) => step),
  )
  await tx.insert(
    Event,
    copies.flatMap(({ events }) => events),
  )
  await tx.insert(
    Message,
    copies.flatMap(({ messages }) => messages),
  )
}
