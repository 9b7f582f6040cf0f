import { Conflict, Invalid } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { type Actor, record } from '../events/events.ts'
import { checkAnswers } from '../forms/answers.ts'
import { touchCards } from '../messages/outbox.ts'
import type { Staff } from '../staff/staff.ts'
import { guardEvidence } from './evidence.ts'
import { formOptions, guardActor, person } from './guards.ts'
import { handOver } from './hands.ts'
import { sayWords, subjectOf, type Turn } from './hooks.ts'
import { calendarOf, pausesOf } from './ladder.ts'
import { photosAt, withPictures } from './pictures.ts'
import { about, changeRun, changeStep, resetClock } from './rows.ts'
import { FlowPause } from './step.ts'
import type { StepAction } from './step-source.ts'
import { goOn } from './walk.ts'

/** Takes a step in hand, on its own or as the beginning of another action. Taking one's own step twice changes nothing. */
export async function acceptStep(tx: Tx, turn: Turn, staff: Staff, action: StepAction = 'accept'): Promise<void> {
  await guardActor(tx, turn, staff, action)
  if (turn.step.acceptedAt !== null) return
  await sayAccepted(tx, turn, staff)
  await changeStep(tx, turn.step, { assigneeId: staff.id, acceptedAt: tx.now })
  await touchCards(tx, turn.step.id)
  await record(tx, 'step.accepted', { ...about(turn.run), by: person(staff), data: { step: turn.step.name } })
}

/** Finishes a step with its form's answers and goes on in the flow. Throws Invalid when an answer is missing or wrong. */
export async function finishStep(tx: Tx, turn: Turn, staff: Staff, given: Record<string, unknown>): Promise<void> {
  await guardActor(tx, turn, staff, 'finish')
  const answers = await checked(tx, turn, await withPictures(tx, turn, given))
  guardEvidence(turn, answers)
  await sayAccepted(tx, turn, staff)
  await completeStep(tx, turn, staff, answers, staff.id)
}

/** Ends a step with what it brought, says its words and goes on in the flow; `by` did it, one person or several. */
export async function completeStep(
  tx: Tx,
  turn: Turn,
  staff: Staff,
  answers: Record<string, unknown>,
  by: string | string[],
): Promise<void> {
  await closeStep(tx, turn, staff, answers, by)
  await sayWords(tx, turn, 'finish')
  await subjectOf(turn.run).stepFinished(tx, turn)
  await goOn(tx, turn)
}

/** Ends a step with what it brought; where the run goes from there is another matter. */
export async function closeStep(
  tx: Tx,
  turn: Turn,
  staff: Staff,
  answers: Record<string, unknown>,
  by: string | string[],
): Promise<void> {
  const { flow, run, step } = turn
  const pauses = await pausesOf(tx, step.id)
  if (step.state === 'waiting') await endPause(tx, step.id)
  await changeStep(tx, step, {
    state: 'done',
    assigneeId: staff.id,
    acceptedAt: step.acceptedAt ?? tx.now,
    finishedBy: staff.id,
    finishedAt: tx.now,
    answers,
    usedMs: calendarOf(flow).between(step.openedAt, tx.now, pauses),
    dueAt: null,
    wakeAt: null,
  })
  const photosBefore = photosAt(flow, run, step.name)
  const brought = { ...answers, ...(photosBefore > 0 && { photosBefore }), by, at: tx.now }
  await changeRun(tx, run, { answers: { ...run.answers, [step.name]: brought } })
  await touchCards(tx, step.id)
  await record(tx, 'step.finished', {
    ...about(run),
    by: person(staff),
    data: { step: step.name, answers, usedMs: step.usedMs, limitMs: step.limitMs },
  })
}

/** Hands a step to somebody else. The clock runs on: a new pair of hands is no new promise to the customer. */
export async function transferStep(tx: Tx, turn: Turn, staff: Staff, to: string): Promise<void> {
  await guardActor(tx, turn, staff, 'transfer')
  await handOver(tx, turn, staff, to)
}

/** Stops the clock and asks the customer; the answer sets it going again. */
export async function askCustomer(tx: Tx, turn: Turn, staff: Staff, text: string): Promise<void> {
  const { step, run } = turn
  await guardActor(tx, turn, staff, 'ask')
  if (step.state === 'waiting') throw new Conflict('step_waiting')
  await sayAccepted(tx, turn, staff)
  await tx.insert(FlowPause, { id: newId(tx.now), stepId: step.id, fromAt: tx.now, toAt: null })
  await changeStep(tx, step, {
    state: 'waiting',
    assigneeId: staff.id,
    acceptedAt: step.acceptedAt ?? tx.now,
    dueAt: null,
    wakeAt: null,
  })
  await touchCards(tx, step.id)
  await record(tx, 'customer.asked', { ...about(run), by: person(staff), data: { step: step.name, text } })
  await subjectOf(run).questionAsked(tx, turn, { staffId: staff.id, staffName: staff.name, text })
}

/** The customer has answered: the clock runs again from where it stood, and the assignee is told. */
export async function resumeStep(tx: Tx, turn: Turn, by: Actor): Promise<void> {
  if (turn.step.state !== 'waiting') return
  await endPause(tx, turn.step.id)
  await resetClock(tx, turn, { state: 'open' })
  await touchCards(tx, turn.step.id)
  await record(tx, 'step.resumed', { ...about(turn.run), by, data: { step: turn.step.name } })
}

/** Says the words of taking a step in hand, unless somebody has it in hand already. */
export async function sayAccepted(tx: Tx, turn: Turn, staff: Staff): Promise<void> {
  if (turn.step.acceptedAt !== null) return
  await sayWords(tx, turn, 'accept', { staff, claims: turn.step.assigneeId === null })
}

async function checked(tx: Tx, turn: Turn, given: Record<string, unknown>): Promise<Record<string, unknown>> {
  const form = turn.definition.form && turn.flow.forms[turn.definition.form]
  if (!form) return {}
  const { values, problems } = checkAnswers(form, given, { options: await formOptions(tx, form), now: tx.now })
  const [first] = problems
  if (first) throw new Invalid(first.field, first.why, first.data)
  return values
}

async function endPause(tx: Tx, stepId: string): Promise<void> {
  await tx.run('UPDATE flow_pauses SET toAt = ? WHERE stepId = ? AND toAt IS NULL', [tx.now, stepId])
}
