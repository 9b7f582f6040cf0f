import {
  approveStep,
  guardSeat,
  rejectStep,
  seatCandidates,
  submittedTo,
  withdrawSubmission,
} from '../../server/engines/flows/approval.ts'
import { ballotOf, rolesOf, submissionOf } from '../../server/engines/flows/approval-open.ts'
import type { StepVote } from '../../server/engines/flows/approval-vote.ts'
import { openingForm } from '../../server/engines/flows/flow.ts'
import { turnOf } from '../../server/engines/flows/flows.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import { FlowRun } from '../../server/engines/flows/run.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { ask } from '../ask.ts'
import type { Card, Press } from '../card.ts'
import { type Action, questionsFor } from '../questions.ts'
import { returnOptions } from './approval-questions.ts'

type Fact = Card['facts'][number]

const WORDS = 'cards/approval'
/** Where a reason can be typed on the card itself. */
const REASON = 'reason'
/** WeCom shows no longer facts (PLATFORMS.md §1.3). */
const FACT_ROOM = 26
const LOOKS: Record<string, 'main' | 'danger'> = { approve: 'main', reject: 'danger' }

/** The buttons of an approval, and the one of whoever submitted to it. */
export const approvalPresses = { approve, reject, return: sendBack, add_signer: addSigner, withdraw }

/** Asks an approver in the chat for what their button needs; what is known already is not asked. */
export async function askApprover(tx: Tx, press: Press, action: Action, known: Record<string, string> = {}) {
  const { staff, message } = press
  const turn = await turnOf(tx, message.subjectId)
  await guardSeat(tx, turn, staff, action as 'reject')
  const questions = (await questionsFor(tx, action, turn)).filter(({ name }) => known[name] === undefined)
  await ask(tx, { staff, turn, action, questions, answers: known })
}

/** The turn with the subject as it was submitted: this is what is decided on. */
export async function asSubmitted(tx: Tx, turn: Turn): Promise<Turn> {
  const submission = turn.definition.approval && (await submissionOf(tx, turn.step.id))
  if (!submission) return turn
  const run = Object.assign(new FlowRun(), turn.run, { facts: { ...turn.run.facts, ...submission.facts } })
  return { ...turn, run }
}

/** Whether the subject is no longer what was submitted. */
export async function changedSince(tx: Tx, turn: Turn): Promise<boolean> {
  const told = ({ title, text, rows }: FlowRun['facts']) => JSON.stringify([title, text, rows])
  return told((await asSubmitted(tx, turn)).run.facts) !== told(turn.run.facts)
}

/** The amount, and round by round who is asked and what they said, as somebody sees it who looks at it. */
export async function approvalFacts(tx: Tx, turn: Turn, viewer: string, words: Words): Promise<Fact[]> {
  const { votes, open, round: present } = await ballotOf(tx, turn)
  const amount = (await submissionOf(tx, turn.step.id))?.amount ?? null
  const roles = rolesOf(turn)
  const facts: Fact[] = []
  if (amount !== null) {
    const label = amountLabel(turn, words)
    facts.push({ label, text: words.text(`${WORDS}.amount`, { fen: amount }) })
  }
  for (const [round, role] of roles.entries()) {
    // Once it is decided, whoever did not speak is not asked any more.
    const over = round < present || !turn.step.isLive()
    const seats = votes.filter((vote) => vote.round === round && vote.decision !== 'moved' && !(over && !vote.decision))
    if (seats.length === 0) continue
    // That they are asked, and what they said, nobody need tell the one who is asked alone.
    if (seats.every(({ staffId }) => staffId === viewer)) continue
    facts.push({ label: turn.flow.roles[role] ?? role, text: await seatsText(tx, seats, open, words) })
  }
  const { words: said } = turn.step.answers ?? {}
  if (said) facts.push({ label: words.text(`${WORDS}.reason`), text: String(said) })
  return facts
}

/** The amount that was agreed to where the house found it and not the customer named it, for the steps after. */
export function agreedAmount({ flow, run }: Turn, words: Words): Fact | undefined {
  const decided = flow.steps.findLast(({ approval, step }) => approval && run.answers[step])
  const [step = '', field = ''] = decided?.approval?.amount?.split('.') ?? []
  const given = flow.steps.find((one) => one.step === step)?.form
  const label = given && flow.forms[given]?.fields.find(({ name }) => name === field)?.label
  const fen = run.answers[step]?.[field]
  if (!label || typeof fen !== 'number' || run.answers[decided?.step ?? '']?.decision !== 'approved') return undefined
  return { label, text: words.text(`${WORDS}.amount`, { fen }) }
}

/** What an approval came to, for the cards of the steps after it. */
export async function outcomeText(tx: Tx, answers: Record<string, unknown>, words: Words): Promise<string> {
  const ids = Array.isArray(answers.by) ? answers.by.map(String) : []
  const names = await Promise.all(ids.map((id) => nameOf(tx, id)))
  const { decision = '', words: said = '' } = answers
  return words.text(`${WORDS}.outcome`, { names, decision, said })
}

/** Why nothing can be done at this person's copy of an approval, or undefined while it is their turn. */
export async function approvalClosed(tx: Tx, turn: Turn, staffId: string, words: Words): Promise<string | undefined> {
  const { step, run } = turn
  const { votes, open, round } = await ballotOf(tx, turn)
  const text = (key: string, data: Record<string, unknown> = {}) =>
    words.text(`${WORDS}.closed.${key}`, { at: step.finishedAt ?? 0, now: tx.now, ...data })
  if (step.state === 'done') {
    return text('done', { by: await nameOf(tx, step.finishedBy), decision: step.answers?.decision ?? '' })
  }
  if (step.state === 'cancelled') return text(run.state === 'cancelled' ? 'cancelled' : 'withdrawn')
  if (open.some((seat) => seat.staffId === staffId)) return undefined
  const own = votes.findLast((seat) => seat.staffId === staffId && seat.decision !== 'moved')
  if (own?.decision) return text('given', { decision: own.decision })
  if (own && own.round < round) return text('passed')
  if (own) return text('waits', { by: await nameOf(tx, open[0]?.staffId ?? null) })
  const given = votes.findLast((seat) => seat.byId === staffId && seat.seat === 'role')
  return text('moved', { by: await nameOf(tx, given?.staffId ?? step.assigneeId) })
}

/** Whether a person has spoken at this approval: nobody is told of their own deed. */
export async function hasSpoken(tx: Tx, turn: Turn, staffId: string): Promise<boolean> {
  const { votes } = await ballotOf(tx, turn)
  return votes.some((seat) => seat.staffId === staffId && seat.decision !== null && seat.decision !== 'moved')
}

/** The buttons of an approval, and where the platform has it the field for a reason. */
export async function approvalWays(tx: Tx, turn: Turn, words: Words): Promise<Pick<Card, 'buttons' | 'inputs'>> {
  const somebody = (await seatCandidates(tx, turn)).length > 0
  const actions = turn.definition.actions.filter((action) => {
    if (action === 'return') return returnOptions(turn).length > 0
    return somebody || (action !== 'transfer' && action !== 'add_signer')
  })
  const hint = words.text(`${WORDS}.reason_hint`, { returns: actions.includes('return') })
  const input = { name: REASON, label: words.text(`${WORDS}.reason`), hint }
  return {
    inputs: [input],
    buttons: actions.map((key) => ({
      key,
      text: words.text(`${WORDS}.button.${key}`),
      look: LOOKS[key] ?? ('plain' as const),
    })),
  }
}

/** What whoever submitted to an approval can still do: take it back, while nobody has acted. */
export async function submitterMenu(tx: Tx, turn: Turn, staffId: string, words: Words): Promise<Card['menu']> {
  if (turn.step.finishedBy !== staffId || !(await submittedTo(tx, turn))) return []
  return [{ key: 'withdraw', text: words.text(`${WORDS}.menu.withdraw`) }]
}

async function approve(tx: Tx, { staff, message, chosen }: Press): Promise<void> {
  await approveStep(tx, await turnOf(tx, message.subjectId), staff, chosen[REASON])
}

async function reject(tx: Tx, press: Press): Promise<void> {
  const words = press.chosen[REASON]
  if (!words) return askApprover(tx, press, 'reject')
  await rejectStep(tx, await turnOf(tx, press.message.subjectId), press.staff, words)
}

async function sendBack(tx: Tx, press: Press): Promise<void> {
  const steps = returnOptions(await turnOf(tx, press.message.subjectId))
  const [only] = steps
  const reason = press.chosen[REASON]
  const to = steps.length === 1 && only ? { to: only.value } : undefined
  return askApprover(tx, press, 'return', { ...to, ...(reason && { reason }) })
}

function addSigner(tx: Tx, press: Press): Promise<void> {
  return askApprover(tx, press, 'add_signer')
}

async function withdraw(tx: Tx, { staff, message }: Press): Promise<void> {
  await withdrawSubmission(tx, await turnOf(tx, message.subjectId), staff)
}

/** What the form in which the amount stands calls it, else what the words do. */
function amountLabel({ flow, definition }: Turn, words: Words): string {
  const [step, field] = definition.approval?.amount?.split('.') ?? []
  const given = flow.steps.find((one) => one.step === step)?.form
  const form = step === 'form' ? openingForm(flow) : given && flow.forms[given]
  const asked = form ? form.fields.find(({ name }) => name === field)?.label : undefined
  const key = `${WORDS}.label.${step}_${field}`
  return words.has(key) ? words.text(key) : (asked ?? words.text(`${WORDS}.label.amount`))
}

async function seatsText(tx: Tx, seats: StepVote[], open: StepVote[], words: Words): Promise<string> {
  const told: string[] = []
  for (const { staffId, byId, seat, decision, id } of seats) {
    const state = decision ?? (open.some((one) => one.id === id) ? 'open' : 'waits')
    const added = seat === 'role' ? '' : await nameOf(tx, byId)
    told.push(words.text(`${WORDS}.seat`, { name: await nameOf(tx, staffId), state, added }))
  }
  const all = words.text(`${WORDS}.seats`, { told })
  if (all.length <= FACT_ROOM) return all
  const count = (decision: StepVote['decision']) => seats.filter((seat) => seat.decision === decision).length
  return words.text(`${WORDS}.count`, { agreed: count('approve'), refused: count('reject'), silent: count(null) })
}

async function nameOf(tx: Tx, staffId: string | null): Promise<string> {
  return (staffId && (await staffById(tx, staffId))?.name) || ''
}
