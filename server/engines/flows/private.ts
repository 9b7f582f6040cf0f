import { Conflict, Forbidden } from '../../lib/errors.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { noteRead } from '../access/reads.ts'
import { record } from '../events/events.ts'
import { type Described, describeAnswers, isPrivate } from '../forms/answers.ts'
import type { Staff } from '../staff/staff.ts'
import { mayAct, person } from './guards.ts'
import type { Turn } from './hooks.ts'
import { about } from './rows.ts'

/** Whether a run holds private answers, which cards and pages show masked. */
export function holdsPrivate(turn: Turn): boolean {
  return privateForms(turn).some(({ fields, answers }) => fields.some(({ name }) => answers[name] !== undefined))
}

/**
 * The private answers of a run in full, for whoever has the step to do; each look is recorded, with what was seen (D12).
 * Throws Conflict or Forbidden.
 */
export async function showPrivate(tx: Tx, turn: Turn, staff: Staff, words: Words): Promise<Described[]> {
  const { run, step } = turn
  if (!step.isLive()) throw new Conflict('step_done', { at: step.finishedAt })
  if (!(await mayAct(tx, turn, staff))) throw new Forbidden('step_not_yours', { assignee: '' })
  const told = privateForms(turn).flatMap(({ fields, answers }) =>
    describeAnswers({ fields }, answers, { words, whole: true }),
  )
  const labels = [...new Set(told.map(({ label }) => label))]
  if (run.customerId)
    await noteRead(
      tx,
      { staff: staff.id },
      { customerId: run.customerId, door: 'page', fields: ['answers'], why: 'answers' },
    )
  await record(tx, 'answers.shown', { ...about(run), by: person(staff), data: { step: step.name, labels } })
  return told
}

/** The private fields of the opening form and of the steps' forms, each with what was answered; signatures hold nothing to read. */
function privateForms({ flow, run }: Turn) {
  const named = [{ step: 'form', form: flow.form }, ...flow.steps]
  return named.map(({ step, form }) => ({
    fields: ((form && flow.forms[form]?.fields) || []).filter((one) => one.kind !== 'signature' && isPrivate(one)),
    answers: run.answers[step] ?? {},
  }))
}
