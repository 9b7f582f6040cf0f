import { Conflict, TooMany } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Staff } from '../staff/staff.ts'
import { changeRun, liveSteps, signalFlows, turnOf } from './flows.ts'
import { tellAssignee } from './hands.ts'
import type { FlowRun } from './run.ts'

/**
 * Somebody asks to hurry: what only waits for that event goes on, and whoever has the step then is told, at most once in
 * the flow's span; without `by` it was the customer. Whoever calls it records the event. Throws Conflict, TooMany.
 */
export async function urgeRun(tx: Tx, run: FlowRun, event: string, by?: Staff): Promise<void> {
  const [step] = await liveSteps(tx, run.id)
  if (!step) throw new Conflict('step_done', { at: run.endedAt })
  const turn = await turnOf(tx, step.id)
  const again = (run.urgedAt ?? Number.NEGATIVE_INFINITY) + turn.flow.urgeEveryMs
  if (again > tx.now) throw new TooMany(again - tx.now)
  await changeRun(tx, turn.run.id === run.id ? turn.run : run, { urgedAt: tx.now })
  // What only waits has nobody to be told: whoever goes on with it is.
  const woken = await signalFlows(tx, { type: run.subjectType, id: run.subjectId }, event)
  const [next] = woken > 0 ? await liveSteps(tx, run.id) : [step]
  if (next) await tellAssignee(tx, await turnOf(tx, next.id), 'urged', by ? { by: by.name } : {}, true)
}
