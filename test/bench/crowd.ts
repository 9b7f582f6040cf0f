import type { Customer } from '../../server/domain/customers/customer.ts'
import { Ticket } from '../../server/domain/tickets/ticket.ts'
import { openTicket } from '../../server/domain/tickets/tickets.ts'
import { Event } from '../../server/engines/events/event.ts'
import { eventsOf } from '../../server/engines/events/events.ts'
import { FlowRun } from '../../server/engines/flows/run.ts'
import { FlowStep } from '../../server/engines/flows/step.ts'
import { Message } from '../../server/engines/messages/message.ts'
import type { House } from '../../server/house.ts'
import { HOUR } from '../../server/lib/clock.ts'
import type { Database } from '../../server/lib/db.ts'

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

/** SQL for what a column of the copies holds, by table and column; `n.i` is the copy's number, `p.` the pattern's row. */
export type Changes = Record<string, Record<string, string>>

/** The case as it stands when it is over, in the copies for which `over` holds. */
export function closedWhere(over: string): Changes {
  const when = (value: string, column: string) => `CASE WHEN ${over} THEN ${value} ELSE p.${column} END`
  return {
    tickets: { status: when(`'resolved'`, 'status'), closedAt: when('p.openedAt', 'closedAt') },
    flow_runs: { state: when(`'ended'`, 'state'), endedAt: when('p.startedAt', 'endedAt') },
    flow_steps: {
      state: when(`'done'`, 'state'),
      dueAt: when('NULL', 'dueAt'),
      wakeAt: when('NULL', 'wakeAt'),
      finishedAt: when('p.openedAt', 'finishedAt'),
      finishedBy: when('p.assigneeId', 'finishedBy'),
    },
  }
}

/** The id of a copy's row: the pattern's time, a mark that tells the pattern's rows apart, the copy's number. */
export function copyId({ id }: { id: string }, mark: string, i: number): string {
  return `${id.slice(0, 10)}${mark}${String(i).padStart(7, '0')}0000000`
}

/**
 * Fills the database with copies of a case whose messages were delivered, each with keys of its own. Copied within the
 * database, since 200,000 cases are 1.4 million rows.
 */
export async function fill(db: Database, pattern: Case, count: number, changes: Changes = {}): Promise<void> {
  const { ticket, run, step, events, messages } = pattern
  const sql = dialectOf(db)
  const id = ({ id }: { id: string }, mark: string) => sql.join(`'${id.slice(0, 10)}${mark}'`, sql.digits, `'0000000'`)
  const renamed = (column: string) =>
    `REPLACE(REPLACE(p.${column}, '${step.id}', ${id(step, 'S0')}), '${ticket.id}', ${id(ticket, 'T0')})`
  const number = sql.join(`'${ticket.number.slice(0, 8)}'`, sql.scattered)
  const delivered = {
    state: `'sent'`,
    attempts: '1',
    nextAt: 'NULL',
    // Long ago: what was just sent counts against the platform's limits of a minute and an hour.
    triedAt: `p.createdAt - ${2 * HOUR}`,
    sentAt: `p.createdAt - ${2 * HOUR}`,
    shown: `CASE WHEN p.channel = 'staff' THEN '${'x'.repeat(43)}' END`,
    responseCode: `CASE WHEN p.channel = 'staff' THEN ${id(step, 'C0')} END`,
    responseCodeAt: `CASE WHEN p.channel = 'staff' THEN p.createdAt END`,
  }
  const parts: Part[] = [
    [Ticket, ticket, { id: id(ticket, 'T0'), number }],
    [FlowRun, run, { id: id(run, 'R0'), subjectId: id(ticket, 'T0') }],
    [FlowStep, step, { id: id(step, 'S0'), runId: id(run, 'R0') }],
    ...events.map((event, i) => [Event, event, { id: id(event, `E${i}`), subjectId: id(ticket, 'T0') }] as Part),
    ...messages.map((message, i) => {
      const own = { id: id(message, `M${i}`), dedupKey: renamed('dedupKey'), subjectId: renamed('subjectId') }
      return [Message, message, { ...delivered, ...own }] as Part
    }),
  ]
  for (const [entity, row, own] of parts) {
    const { tableName, columns } = db.source.getMetadata(entity)
    const names = columns.map(({ databaseName }) => databaseName)
    const given = { ...own, ...changes[tableName] }
    await db.write((tx) =>
      tx.run(
        `INSERT INTO ${tableName} (${names.join(', ')})
         SELECT ${names.map((name) => given[name] ?? `p.${name}`).join(', ')}
         FROM ${numbers(count)} n, ${tableName} p WHERE n.i < ? AND p.id = ?`,
        [count, row.id],
      ),
    )
  }
}

type Part = [entity: new () => object, row: { id: string }, columns: Record<string, string>]

const DIGIT = `(${Array.from({ length: 10 }, (_, d) => `SELECT ${d} AS d`).join(' UNION ALL ')})`

/** A table of the numbers below the next power of ten, in any SQL. */
function numbers(count: number): string {
  const places = Array.from({ length: String(count - 1).length }, (_, place) => ({
    name: `d${place}`,
    worth: 10 ** place,
  }))
  const sum = places.map(({ name, worth }) => `${name}.d * ${worth}`).join(' + ')
  return `(SELECT ${sum} AS i FROM ${places.map(({ name }) => `${DIGIT} ${name}`).join(', ')})`
}

/** What the two databases write differently. */
function dialectOf({ dialect }: Database) {
  const seven = (number: string) => (dialect === 'mysql' ? `LPAD(${number}, 7, '0')` : `printf('%07d', ${number})`)
  return {
    join: (...texts: string[]) => (dialect === 'mysql' ? `CONCAT(${texts.join(', ')})` : texts.join(' || ')),
    digits: seven('n.i'),
    /** Ticket numbers do not ascend: 7919 has no divisor in common with ten. */
    scattered: seven('(n.i * 7919) % 10000000'),
  }
}
