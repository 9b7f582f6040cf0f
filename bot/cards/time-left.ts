import type { Turn } from '../../server/engines/flows/hooks.ts'
import { calendarOf, pausesOf } from '../../server/engines/flows/ladder.ts'
import type { Tx } from '../../server/lib/tx.ts'

export interface TimeLeft {
  /** The clock stands: the customer was asked. */
  waiting: boolean
  late: boolean
  /** Working time to the limit, or since. */
  ms: number
}

/** How much working time a step has left at an instant. */
export async function timeLeft(tx: Tx, { flow, step }: Turn, now: number): Promise<TimeLeft> {
  if (step.dueAt === null) return { waiting: true, late: false, ms: 0 }
  const late = step.dueAt <= now
  const [from, to] = late ? [step.dueAt, now] : [now, step.dueAt]
  return { waiting: false, late, ms: calendarOf(flow).between(from, to, await pausesOf(tx, step.id)) }
}
