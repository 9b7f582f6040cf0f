import { arrivalOf } from '../../engines/dispatch/arrival.ts'
import { type Flow, type StepDefinition, stepOf } from '../../engines/flows/flow.ts'
import { turnOf } from '../../engines/flows/flows.ts'
import type { FlowRun } from '../../engines/flows/run.ts'
import type { FlowStep } from '../../engines/flows/step.ts'
import { Staff } from '../../engines/staff/staff.ts'
import { maskName } from '../../lib/format.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import type { ProgressStep, StepLook, TicketDetail } from './view.ts'

/** A run with its flow and its steps, in order. */
export interface Way {
  flow: Flow
  run: FlowRun
  steps: FlowStep[]
}

/** What people are called before the customer, by their ids: who comes to the customer by name, all others by a part of it. */
export async function namesOn(
  tx: Tx,
  { flow, steps }: Pick<Way, 'flow' | 'steps'>,
  others: string[],
): Promise<Map<string, string>> {
  const ids = [...new Set([...steps.flatMap(({ assigneeId }) => assigneeId ?? []), ...others])]
  if (ids.length === 0) return new Map()
  const people = await tx.find(Staff, `WHERE id IN (${ids.map(() => '?').join(',')})`, ids)
  const sent = new Set(steps.filter(({ name }) => isSent(stepOf(flow, name))).map(({ assigneeId }) => assigneeId))
  return new Map(people.map(({ id, name }) => [id, sent.has(id) ? name : maskName(name)]))
}

/** The steps that were walked, those at which it stands, and those that come next if all goes its usual way. */
export function progressOf(tx: Tx, words: Words, way: Way, names: Map<string, string>): ProgressStep[] {
  const { flow, run, steps } = way
  const next = run.state === 'running' ? ahead(way) : new Set<string>()
  // Where branches part nobody does anything: such a step has no title and is not shown.
  const titled = flow.steps.filter(({ title }) => title)
  return titled.flatMap((definition) => {
    const step = steps.findLast(({ name }) => name === definition.step)
    // One of which customers are not told is shown once it has begun: it may never come.
    const look = lookOf(run, step, next.has(definition.step) && definition.tell !== false)
    if (!look) return []
    // Who is only asked to come has not said yes.
    const asked = isSent(definition) && step?.acceptedAt === null
    return {
      name: definition.step,
      title: definition.title,
      state: look,
      at: look === 'upcoming' ? undefined : (step?.finishedAt ?? step?.openedAt),
      by: asked ? undefined : names.get(step?.assigneeId ?? ''),
      text: textOf(tx, words, look, definition, step),
    }
  })
}

/** Who is on it, and when they will be there. */
export async function workerOn(tx: Tx, steps: FlowStep[], names: Map<string, string>): Promise<TicketDetail['worker']> {
  const step = steps.findLast((one) => one.isLive() && one.acceptedAt !== null && one.assigneeId !== null)
  const name = step?.assigneeId && names.get(step.assigneeId)
  if (!step || !name) return null
  const { expectedAt, arrivedAt } = await arrivalOf(tx, await turnOf(tx, step.id))
  return { name, ...(expectedAt !== undefined && { expectedAt }), ...(arrivedAt !== undefined && { arrivedAt }) }
}

/** What comes after where it stands. Where ways part by what turns out, the last one is the usual one. */
function ahead({ flow, steps }: Way): Set<string> {
  const found = new Set<string>()
  const queue = steps.filter((step) => step.isLive()).flatMap(({ name }) => waysOf(stepOf(flow, name)))
  for (let name = queue.shift(); name; name = queue.shift()) {
    if (name === 'end' || name === 'join' || found.has(name)) continue
    found.add(name)
    queue.push(...waysOf(stepOf(flow, name)))
  }
  return found
}

function waysOf({ parallel = [], next }: StepDefinition): string[] {
  return [...parallel, next.at(-1)?.to ?? 'end']
}

/** Whether a step is done where the customer is. */
function isSent({ assign }: StepDefinition): boolean {
  return typeof assign === 'object' && 'dispatch' in assign
}

function lookOf(run: FlowRun, step: FlowStep | undefined, isAhead: boolean): StepLook | undefined {
  if (step?.state === 'done') return 'done'
  if (step?.state === 'open') return 'current'
  if (step?.state === 'waiting') return 'waiting'
  if (isAhead) return 'upcoming'
  return step && run.state === 'cancelled' ? 'stopped' : undefined
}

function textOf(tx: Tx, words: Words, look: StepLook, definition: StepDefinition, step?: FlowStep): string | undefined {
  if (look === 'current') {
    // Until when an outside event is waited for is no promise to the customer.
    const dueAt = step?.kind === 'task' ? step.dueAt : null
    const key = dueAt !== null && dueAt <= tx.now ? 'late' : 'current'
    return words.text(`messages/tickets.step.${key}`, { progress: definition.progress, dueAt, now: tx.now })
  }
  if (look === 'waiting') return words.text('messages/tickets.step.waiting')
  return undefined
}
