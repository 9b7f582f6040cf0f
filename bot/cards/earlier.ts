import type { Flow, StepDefinition } from '../../server/engines/flows/flow.ts'
import { formOptions } from '../../server/engines/flows/guards.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import { FlowStep } from '../../server/engines/flows/step.ts'
import { describeAnswers } from '../../server/engines/forms/answers.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { type Card, clip } from '../card.ts'
import { onCard } from '../questions.ts'
import { outcomeText } from './approval.ts'

type Fact = Card['facts'][number]

/** An answer as a card tells it, and of which kind of field it is. */
type Brought = Fact & { kind?: string }

/** How many logged steps a card tells of, and how much of each. */
const MOST_LINES = 4
const LINE_ROOM = 60
/** So many of the steps before are told of in short; at length one is, however long ago it was. */
const MOST_STEPS = 2
const FACT_ROOM = 26
/** Pictures have a menu of their own. */
const APART = ['photos', 'signature']
const WRITTEN = ['text', 'longtext']
/** Kinds whose answers speak for themselves; of others the label is told too. */
const PLAIN = ['select', 'text', 'longtext', 'items']

/**
 * What a finished step has brought, or for whoever goes on, decides or has decided what the steps before have, this
 * one's last round among them: the newest first. Of the step before the newest what was written, not what was chosen to
 * come here; of those before it what is long.
 */
export async function earlier(tx: Tx, turn: Turn, words: Words): Promise<Brought[]> {
  const { flow, run, step, definition } = turn
  const own = step.state === 'done' && !definition.approval
  const until = step.finishedAt ?? Number.POSITIVE_INFINITY
  const answered = flow.steps
    .filter((one) => run.answers[one.step] && (!own || one.step === step.name))
    .filter((one) => Number(run.answers[one.step]?.at ?? 0) <= until)
    .toReversed()
    .sort((a, b) => Number(run.answers[b.step]?.at ?? 0) - Number(run.answers[a.step]?.at ?? 0))
  const told: Brought[] = []
  let steps = 0
  for (const one of answered) {
    const found = await brought(tx, turn, one, words)
    if (steps === 0) told.push(...found)
    else told.push(...found.filter((fact) => isLong(fact) || (steps < MOST_STEPS && fact.kind !== 'select')))
    if (found.length > 0) steps += 1
  }
  return told
}

/** What one step has brought, what tells most first: what was chosen on its card, with the words about it. */
async function brought(
  tx: Tx,
  { flow, run, step, definition }: Turn,
  { step: name, form: formName, approval, title }: StepDefinition,
  words: Words,
): Promise<Brought[]> {
  const own = name === step.name
  const answers = run.answers[name] ?? {}
  const form = formName ? flow.forms[formName] : undefined
  if (approval && !own) return [{ label: title, text: await outcomeText(tx, answers, words) }]
  if (!form) return []
  const done = step.state === 'done'
  // What is to be chosen anew stands on the card already.
  const anew = done ? undefined : flow.forms[definition.form ?? '']?.fields.find(onCard)?.name
  const described = describeAnswers(form, answers, { options: done ? await formOptions(tx, form) : {}, words })
    // Whoever was named for a step knows it.
    .filter(({ kind }) => !APART.includes(kind) && (done || kind !== 'person'))
    .filter((one) => !own || one.name !== anew)
  // A form that begins with a choice asks what came of it.
  const [first] = form.fields
  const verdict = described.find(({ name: field }) => first && onCard(first) && field === first.name)
  const note = described.findLast(({ kind }) => WRITTEN.includes(kind))
  const rest = described.filter((one) => one !== verdict && one !== note).toReversed()
  if (verdict && note && !isLong(note)) {
    const text = words.text('cards/step.verdict', { verdict: verdict.text, note: note.text })
    return [{ label: verdict.label, text, kind: note.kind }, ...rest]
  }
  const [entered, chosen] = [rest.filter(({ kind }) => kind !== 'select'), rest.filter(({ kind }) => kind === 'select')]
  return [...(note ? [verdict, note, ...entered] : [...entered, verdict]), ...chosen].filter((one) => one !== undefined)
}

/** Whether an answer is longer than a card's fact shows it: WeCom cuts there (PLATFORMS.md §1.3). */
export const isLong = ({ text }: Fact): boolean => text.length > FACT_ROOM

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
