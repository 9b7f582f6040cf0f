import { formOptions, hasCandidates } from '../../server/engines/flows/guards.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { Card } from '../card.ts'
import { onCard, typedOnCard } from '../questions.ts'
import { whereSent } from './place.ts'

/** What it is called not to take an offered step. */
export function declineText({ definition }: Pick<Turn, 'definition'>, words: Words): string {
  const own = `cards/step.button.decline_${definition.step}`
  return words.text(words.has(own) ? own : 'cards/step.button.decline', { step: definition.title })
}

/** What whoever has a step can do on its card. */
export async function ways(tx: Tx, turn: Turn, words: Words): Promise<Pick<Card, 'buttons' | 'select' | 'inputs'>> {
  const { definition, step } = turn
  const text = (key: string) => words.text(`cards/step.button.${key}`, { step: definition.title })
  const field = await selectField(tx, turn, words)
  const sent = await whereSent(tx, turn)
  const actions = definition.actions.filter((action) => {
    if (action === 'accept') return step.acceptedAt === null
    if (action === 'arrive') return sent === 'on_the_way'
    return action !== 'ask' || step.state === 'open'
  })
  if (actions.includes('transfer') && !(await hasCandidates(tx, turn))) actions.splice(actions.indexOf('transfer'), 1)
  const keys: string[] = sent === 'offered' ? [...actions, 'decline'] : actions
  const main =
    step.acceptedAt === null ? 'accept' : sent === 'on_the_way' && keys.includes('arrive') ? 'arrive' : 'finish'
  return {
    select: field,
    inputs: step.acceptedAt === null ? [] : inputsOf(turn),
    buttons: keys.map((key) => ({
      key,
      text: words.has(`cards/step.button.${key}_${step.name}`) ? text(`${key}_${step.name}`) : text(key),
      look: key === main ? ('main' as const) : ('plain' as const),
    })),
  }
}

/** What can be typed on the card of whoever has taken the step. */
function inputsOf({ flow, definition }: Turn): Card['inputs'] {
  const form = definition.form ? flow.forms[definition.form] : undefined
  const typed = form?.fields.filter(typedOnCard) ?? []
  return typed.map(({ name, label, hint }) => ({ name, label, hint: hint ?? '' }))
}

/** Whether a step's answers go to somebody who approves them: what comes back from there is corrected, not thought of anew. */
function isSubmitted({ flow, definition }: Turn): boolean {
  return definition.next.some(({ to }) => flow.steps.some(({ step, approval }) => step === to && approval))
}

/** The form's first choice stands on the card itself as a drop-down. */
async function selectField(tx: Tx, turn: Turn, words: Words): Promise<Card['select']> {
  const form = turn.definition.form && turn.flow.forms[turn.definition.form]
  const field = form ? form.fields.find(onCard) : undefined
  if (!form || !field) return undefined
  const options = field.kind === 'person' ? ((await formOptions(tx, form))[field.name] ?? []) : (field.options ?? [])
  const before =
    (isSubmitted(turn) ? turn.run.answers[turn.step.name] : undefined)?.[field.name] ??
    turn.run.answers.form?.[field.name]
  const chosen = options.some(({ value }) => value === before) ? String(before) : undefined
  return { name: field.name, title: field.label, options, chosen, unchosen: words.text('cards/step.unchosen') }
}
