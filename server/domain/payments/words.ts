import { z } from 'zod'
import type { FlowSubject, FlowWord } from '../../engines/flows/hooks.ts'
import { opened } from '../../lib/crypto.ts'
import { OUTCOMES } from './difference.ts'
import { settleDifference } from './differences.ts'

const settle: FlowWord<{ field: string }> = {
  name: 'settle_difference',
  args: z.strictObject({
    /** The field of the step's form in which finance chose what is done: explained, returned, again, by_hand. */
    field: z.string().min(1),
  }),
  shows: ({ field }) => [field],
  async run(tx, { run, step }, { field }) {
    const chosen = opened(step.answers?.[field])
    const outcome = OUTCOMES.find((one) => one === chosen)
    // Whoever tries a flow out has no difference to settle.
    if (run.subjectType !== 'difference') return
    if (!outcome) throw new Error(`"${String(chosen)}" settles no difference`)
    const by = step.finishedBy ? { type: 'staff' as const, id: step.finishedBy } : { type: 'system' as const }
    await settleDifference(tx, run.subjectId, outcome, by)
  },
}

/** The words that money lends to the flows. */
export const moneyWords = [settle] as FlowWord[]

/** Finance's work on what does not agree: no customer hears of it. */
export const differenceSubject: FlowSubject = {
  async stepOpened() {},
  async stepFinished() {},
  async questionAsked() {},
  async runEnded() {},
}
