import type { Flow, StepDefinition } from '../../server/engines/flows/flow.ts'
import { formOptions } from '../../server/engines/flows/guards.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import { FlowStep } from '../../server/engines/flows/step.ts'
import { describeAnswers } from '../../server/engines/forms/answers.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { type Card, clip } from '../card.ts'
import { outcomeText } from './approval.ts'

type Fact = Card['facts'][number]

/** How many logged steps a card tells of, and how much of each. */
const MOST_LINES = 4
const LINE_ROOM = 60
/** Kinds whose answers speak for themselves; of others the label is told too. */
const PLAIN = ['select', 'text', 'longtext', 'items']

/** What a finished step has brought, or for whoever goes on, what the steps before have, and by which kind of field. */
export async function earlier(
  tx: Tx,
  { flow, run, step }: Turn,
  words: Words,
): Promise<(Fact & { kind?: string }) | undefined> {
  const told = step.state === 'done' ? flow.steps.filter((one) => one.step === step.name) : flow.steps
  for (const { step: name, form: formName, approval, title } of told.toReversed()) {
    const decided = approval && name !== step.name && run.answers[name]
    if (decided) return { label: title, text: await outcomeText(tx, decided, words) }
    const form = formName ? flow.forms[formName] : undefined
    const answers = run.answers[name]
    if (!form || !answers) continue
    const described = describeAnswers(form, answers, { options: await formOptions(tx, form), words })
    // Pictures have a menu of their own, and whoever was named for a step knows it.
    const last = described.findLast(({ kind }) => kind !== 'photos' && (kind !== 'person' || step.state === 'done'))
    if (last) return { label: last.label, text: last.text, kind: last.kind }
  }
  return undefined
}

/** What was answered at the logged steps of a matter, a line each, the newest first; for cards of logged steps only. */
export async function logOf(tx: Tx, { flow, run, definition }: Turn, words: Words): Promise<string[]> {
  const logged = flow.steps.filter(({ log, approval }) => log || approval)
  if (!definition.log) return []
  const done = await tx.find(
    FlowStep,
    `WHERE runId = ? AND state = 'done' AND name IN (${logged.map(() => '?').join(',')})
     ORDER BY seq DESC LIMIT ${MOST_LINES}`,
    [run.id, ...logged.map(({ step }) => step)],
  )
  const lines: string[] = []
  for (const { name, finishedAt, finishedBy, answers } of done) {
    const step = logged.find((one) => one.step === name)
    const by = (finishedBy && (await staffById(tx, finishedBy))?.name) || ''
    const said = step?.approval
      ? await outcomeText(tx, { ...answers, by: [] }, words)
      : await saidAt(tx, flow, step, answers ?? {}, words)
    lines.push(clip(words.text('cards/step.logged', { at: finishedAt ?? 0, by, said }), LINE_ROOM))
  }
  return lines
}

/** What was answered at a step, in one line. */
export async function saidAt(
  tx: Tx,
  flow: Flow,
  step: StepDefinition | undefined,
  answers: Record<string, unknown>,
  words: Words,
): Promise<string> {
  const form = step?.form ? flow.forms[step.form] : undefined
  if (!form) return ''
  const described = describeAnswers(form, answers, { options: await formOptions(tx, form), words })
  const parts = described
    .filter(({ kind }) => kind !== 'photos')
    .map(({ kind, label, text }) => ({ label: PLAIN.includes(kind) ? '' : label, text }))
  return words.text('cards/step.said_at', { parts })
}
