import { type Flow, stepOf } from '../../engines/flows/flow.ts'
import { liveSteps, runOf, stepsOf, turnOf } from '../../engines/flows/flows.ts'
import type { FlowRun } from '../../engines/flows/run.ts'
import type { FlowStep } from '../../engines/flows/step.ts'
import { enqueueAll } from '../../engines/messages/outbox.ts'
import type { Tx } from '../../lib/tx.ts'
import { TicketWatcher } from './relations.ts'
import { tellsOf } from './reporters.ts'
import type { Ticket } from './ticket.ts'

/** What customers are told: of which step, under which key, to whom (everybody who reported it if not told otherwise). */
export interface Telling {
  kind: string
  /** Names the telling: the same key again says nothing. */
  key: string
  step: string
  data: Record<string, unknown>
  to?: string[]
}

/** Tells the customers of a ticket something about its run. */
export async function tellCustomers(tx: Tx, flow: Flow, run: FlowRun, telling: Telling): Promise<void> {
  if (!run.customerId) return
  const people = telling.to ?? (await tellsOf(tx, run.subjectId, run.customerId))
  await enqueueAll(
    tx,
    people.map((id) => ({
      key: id === run.customerId ? telling.key : `${telling.key}:${id}`,
      channel: 'customer' as const,
      to: id,
      kind: telling.kind,
      subjectId: run.subjectId,
      data: {
        ...telling.data,
        number: run.facts.number,
        title: flow.title,
        step: stepOf(flow, telling.step).title,
        at: tx.now,
      },
    })),
  )
}

/** Tells the customers of a ticket something where no step tells it. */
export async function tellOfTicket(
  tx: Tx,
  ticket: Ticket,
  telling: Omit<Telling, 'step' | 'data'> & { data?: Record<string, unknown> },
): Promise<void> {
  const run = await runOf(tx, ticket.id)
  const [live] = run ? await liveSteps(tx, run.id) : []
  const step = live ?? (run && (await stepsOf(tx, run.id)).at(-1))
  if (!step) return
  const turn = await turnOf(tx, step.id)
  const data = { progress: turn.definition.progress, ...telling.data }
  await tellCustomers(tx, turn.flow, turn.run, { ...telling, step: step.name, data })
}

/** Those who watch a ticket. */
export function watchersOf(tx: Tx, ticketId: string): Promise<TicketWatcher[]> {
  return tx.find(TicketWatcher, 'WHERE ticketId = ? ORDER BY id', [ticketId])
}

/** Tells those who watch a ticket how it goes on. */
export function tellWatchers(tx: Tx, watchers: TicketWatcher[], step: FlowStep, ended: boolean): Promise<void> {
  return enqueueAll(
    tx,
    watchers.map(({ staffId }) => ({
      key: `watched:${step.id}:${ended ? 'end' : step.seq}:${staffId}`,
      channel: 'staff' as const,
      to: staffId,
      kind: 'watched',
      subjectId: step.id,
      data: { ended },
    })),
  )
}
