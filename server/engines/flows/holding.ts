import type { Tx } from '../../lib/tx.ts'
import { SYSTEM } from '../events/events.ts'
import { cutEventsOf } from '../events/holding.ts'
import type { Holding, Leaving } from '../privacy/holding.ts'
import { BATCH, slots, tellRows } from '../privacy/rows.ts'
import { StepSubmission, StepVote } from './approval-vote.ts'
import { FlowRun } from './run.ts'
import { FlowStep } from './step.ts'
import { stopRun } from './walk.ts'

/** The work that was done for a customer: who did what, and how long it took, stays; what it was about does not. */
export const flowHolding: Holding = {
  name: 'flows',
  tell: (tx, customerId, after) =>
    tellRows(tx, FlowRun, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ flow, facts, answers, state, startedAt, endedAt }) => ({
        flow,
        number: facts.number,
        title: facts.title,
        text: facts.text,
        answers: Object.fromEntries(Object.entries(answers).map(([step, { by: _by, ...given }]) => [step, given])),
        state,
        startedAt,
        endedAt,
      }),
    }),
  async erase(tx, leaving) {
    const runs = await tx.find(FlowRun, `WHERE customerId = ? ORDER BY id LIMIT ${BATCH}`, [leaving.customerId])
    for (const run of runs) {
      // What customers have not asked for themselves may still be under way.
      if (run.state === 'running' && run.parentStepId === null) await stopRun(tx, run, SYSTEM, 'erased')
      await cutRun(tx, run.id, leaving)
    }
    return { kept: runs.length, more: runs.length === BATCH }
  },
}

async function cutRun(tx: Tx, id: string, leaving: Leaving): Promise<void> {
  const { customerId, alias } = leaving
  const run = await tx.get(FlowRun, id)
  if (!run) return
  const steps = await tx.find(FlowStep, 'WHERE runId = ?', [id])
  const ids = steps.map((step) => step.id)
  for (const step of steps) if (step.answers) await tx.update(FlowStep, step.id, { answers: null })
  if (ids.length > 0) {
    const facts = { title: '', text: '', rows: [] }
    for (const { id: stepId } of await tx.find(StepSubmission, `WHERE id IN (${slots(ids)})`, ids))
      await tx.update(StepSubmission, stepId, { facts })
    for (const vote of await tx.find(StepVote, `WHERE stepId IN (${slots(ids)}) AND words IS NOT NULL`, ids))
      await tx.update(StepVote, vote.id, { words: null })
  }
  await cutEventsOf(tx, [run.subjectId, id, ...ids], leaving)
  const { number, title, safety } = run.facts
  await tx.update(FlowRun, id, {
    facts: { number, title, text: '', customer: '', phone: '', rows: [], safety, photos: [] },
    answers: {},
    about: null,
    customerId: alias,
    subjectId: run.subjectId === customerId ? alias : run.subjectId,
    version: run.version + 1,
  })
}
