import { Ticket } from '../../server/domain/tickets/ticket.ts'
import { Event } from '../../server/engines/events/event.ts'
import { FlowRun } from '../../server/engines/flows/run.ts'
import { FlowStep } from '../../server/engines/flows/step.ts'
import { Message } from '../../server/engines/messages/message.ts'
import type { Database } from '../../server/lib/db.ts'
import { type Case, tagIn } from './crash-cases.ts'

/** What the product remembers at the end. */
export interface Ledger {
  tickets: Ticket[]
  runs: FlowRun[]
  steps: FlowStep[]
  events: Event[]
  messages: Message[]
}

const STEPS = ['register', 'assign', 'solution', 'talk', 'resolve', 'follow_up']

/** Reads the whole ledger. */
export function readLedger(db: Database): Promise<Ledger> {
  return db.read(async (tx) => ({
    tickets: await tx.find(Ticket, 'ORDER BY id'),
    runs: await tx.find(FlowRun, 'ORDER BY id'),
    steps: await tx.find(FlowStep, 'ORDER BY runId, seq'),
    events: await tx.find(Event, 'ORDER BY id'),
    messages: await tx.find(Message, 'ORDER BY id'),
  }))
}

/** What is still to be done by itself: messages to send, cards to repair, rungs to fire. */
export async function unrest(db: Database): Promise<Record<string, number>> {
  const count = async (from: string) => {
    const [row] = await db.read((tx) => tx.query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${from}`))
    return Number(row?.n)
  }
  return {
    messages: await count('messages WHERE nextAt IS NOT NULL'),
    cards: await count(`messages WHERE refreshAt IS NOT NULL AND state IN ('sent', 'confirmed')`),
    rungs: await count('flow_steps WHERE wakeAt IS NOT NULL'),
  }
}

/** Every complaint is there once, complete or waiting where it should. Returns what is wrong. */
export function wrongTickets({ tickets, runs, steps }: Ledger, cases: Case[]): string[] {
  const problems: string[] = []
  for (const matter of cases) {
    const mine = tickets.filter(({ answers }) => tagIn(String(answers.description)) === matter.tag)
    const [ticket] = mine
    if (!ticket || mine.length > 1) {
      problems.push(`${matter.tag} was opened ${mine.length} times`)
      continue
    }
    const own = runs.filter(({ subjectId }) => subjectId === ticket.id)
    const path = steps.filter(({ runId }) => runId === own[0]?.id)
    const last = path.at(-1)
    const is = [
      ticket.status,
      ticket.csat,
      ...own.map(({ state }) => state),
      path.map(({ name }) => name).join(),
      last?.state,
      matter.fate === 'forsaken' ? last?.level : 0,
    ].join(' ')
    const should = endOf(matter)
    if (!should.test(is)) problems.push(`${matter.tag} (${matter.fate}) stands at: ${is}`)
    const open = path.slice(0, -1).filter(({ state }) => state !== 'done')
    if (open.length > 0) problems.push(`${matter.tag} has open steps before the last one`)
  }
  return problems
}

function endOf({ fate }: Case): RegExp {
  if (fate === 'silent') return /^waiting_customer {2}running register,assign,solution waiting 0$/
  if (fate === 'forsaken') return /^processing {2}running register open 2$/
  if (fate === 'withdrawn') return /^withdrawn {2}cancelled register\S* cancelled 0$/
  return new RegExp(`^resolved 5 ended ${STEPS.join()} done 0$`)
}

/** Whatever happens once has happened once, and the ledger agrees with the steps. Returns what is wrong. */
export function wrongEvents({ tickets, runs, steps, events }: Ledger): string[] {
  const problems: string[] = []
  const seen = new Map<string, number>()
  for (const event of events) {
    const key = keyOf(event)
    seen.set(key, (seen.get(key) ?? 0) + 1)
  }
  for (const [key, times] of seen) if (times > 1) problems.push(`happened ${times} times: ${key}`)
  const expect = (key: string, should: boolean) => {
    if ((seen.get(key) ?? 0) !== Number(should)) problems.push(`happened ${seen.get(key) ?? 0} times: ${key}`)
  }
  for (const ticket of tickets) {
    expect(`ticket.opened ${ticket.id}`, true)
    expect(`ticket.resolved ${ticket.id}`, ticket.status === 'resolved')
    expect(`ticket.rated ${ticket.id}`, ticket.ratedAt !== null)
    expect(`ticket.withdrawn ${ticket.id}`, ticket.status === 'withdrawn')
  }
  for (const run of runs) expect(`flow.ended ${run.subjectId}`, run.state === 'ended')
  for (const step of steps) {
    const subjectId = runs.find(({ id }) => id === step.runId)?.subjectId
    expect(`step.opened ${subjectId} ${step.name}`, true)
    expect(`step.finished ${subjectId} ${step.name}`, step.state === 'done')
    expect(`step.overdue ${step.id} 1`, step.overdueAt !== null)
    for (const level of [1, 2]) expect(`step.escalated ${step.id} ${level}`, step.level >= level)
  }
  return problems
}

/** What may happen only once: a thing to a ticket, to a step or to a customer, a rung of a step. */
function keyOf({ name, subjectId, customerId, data }: Event): string {
  if (data.stepId) return `${name} ${data.stepId} ${data.level ?? data.share}`
  if (name.startsWith('step.') || name === 'customer.asked') return `${name} ${subjectId} ${data.step}`
  // A customer comes into a segment, and into a stage of life, once in so short a time.
  if (['segment', 'stage'].includes(name.split('.')[0] ?? '')) return `${name} ${customerId} ${subjectId}`
  // A ticket may rightly be told many things, a customer may sign in anew.
  return `${name} ${subjectId}`
}

/** Every level of every chain has put one card into the outbox for each who had to know. Returns what is wrong. */
export function wrongChains({ events, messages }: Ledger): string[] {
  // A card that takes the place of one that could not be changed any more is no second call.
  const cards = messages.filter(({ kind, data }) => kind === 'escalation' && !data.replaces)
  return events
    .filter(({ name }) => name === 'step.escalated')
    .flatMap(({ data }) =>
      (data.to as string[]).flatMap((staffId) => {
        const own = cards.filter(
          (card) => card.subjectId === data.stepId && card.recipientId === staffId && card.data.level === data.level,
        )
        return own.length === 1 ? [] : [`step ${data.stepId} level ${data.level}: ${own.length} cards for ${staffId}`]
      }),
    )
}
