import { seatCandidates } from '../server/engines/flows/approval.ts'
import { photosWanted } from '../server/engines/flows/evidence.ts'
import { candidates, formOptions } from '../server/engines/flows/guards.ts'
import type { Turn } from '../server/engines/flows/hooks.ts'
import { pictureFields, picturesGiven } from '../server/engines/flows/pictures.ts'
import { describeAnswers, guarded } from '../server/engines/forms/answers.ts'
import { fieldKind } from '../server/engines/forms/fields.ts'
import type { Field, Option } from '../server/engines/forms/form.ts'
import { opened } from '../server/lib/crypto.ts'
import { Invalid } from '../server/lib/errors.ts'
import type { Tx } from '../server/lib/tx.ts'
import { timeMeant } from '../server/lib/when.ts'
import { type ApprovalAction, approvalQuestions } from './cards/approval-questions.ts'

/** What the bot asks in the chat, because the platform's cards have no free-text field. */
export type Action = 'finish' | 'ask' | 'transfer' | 'extend' | ApprovalAction

export interface Question {
  name: string
  /** The prompt's words in cards/chat.yaml, and what goes into them. */
  prompt: string
  label: string
  field: Field
  options: Option[]
  /** Of a field that takes photos: how many the step has for it, and how many it cannot be finished without. */
  photos?: { given: number; wanted: number }
  /** What is most likely meant: a short yes says it. */
  wished?: unknown
}

/** Whether a field is answered on the card, as its drop-down, rather than in the chat. */
export function onCard(field: Field): boolean {
  return (field.kind === 'select' || field.kind === 'person') && !field.showWhen
}

/** The questions of an action, in order: for finishing, the form's required fields that the card cannot hold. */
export async function questionsFor(tx: Tx, action: Action, turn: Turn): Promise<Question[]> {
  switch (action) {
    case 'ask':
      return [free('text', 'ask')]
    case 'transfer': {
      const people = await (turn.definition.approval ? seatCandidates : candidates)(tx, turn)
      return [
        choice(
          'person',
          'transfer',
          people.map(({ id, name }) => ({ value: id, label: name })),
        ),
      ]
    }
    case 'extend':
      return [
        choice(
          'by',
          'extend',
          turn.flow.extensions.map(({ label, ms }) => ({ value: String(ms), label })),
        ),
        free('reason', 'reason'),
      ]
    case 'reject':
    case 'return':
    case 'add_signer': {
      const asked = await approvalQuestions(tx, action, turn)
      return asked.map(({ name, prompt, options }) => (options ? choice(name, prompt, options) : free(name, prompt)))
    }
    case 'finish': {
      const form = turn.definition.form ? turn.flow.forms[turn.definition.form] : undefined
      if (!form) return []
      const people = await formOptions(tx, form)
      const card = form.fields.find(onCard)
      const asked = form.fields.filter(
        (field) => field.required || field.requiredWhen || field === card || photosWanted(turn, field) > 0,
      )
      const given = asked.some(({ kind }) => kind === 'photos') ? await picturesGiven(tx, turn.step.id) : undefined
      return asked.map((field) => {
        const options = people[field.name] ?? field.options ?? []
        const { name, label } = field
        const question = {
          name,
          prompt: promptOf(field, options),
          label,
          field,
          options,
          wished: wishedBy(turn, field),
        }
        if (field.kind !== 'photos') return question
        const photos = { given: given?.get(name)?.length ?? 0, wanted: Math.max(1, photosWanted(turn, field)) }
        return { ...question, photos }
      })
    }
  }
}

/** What was chosen and typed on the card, each in the sense of its question. Throws Invalid at the first that is wrong. */
export function answersOnCard(
  questions: Question[],
  chosen: Record<string, string>,
  now: number,
): Record<string, unknown> {
  const answers: Record<string, unknown> = {}
  for (const question of questions) {
    const given = chosen[question.name]
    // A card holds no pictures: a text in their place is none of ours.
    if (given === undefined || PICTURES.has(question.field.kind)) continue
    const option = question.options.find(({ value }) => value === given)
    answers[question.name] = option ? guarded(question.field, option.value) : understood(question, given, now)
  }
  return answers
}

/** Whether a field can be typed into a card's own input. */
export function typedOnCard(field: Field): boolean {
  return field.required && TYPED.has(field.kind) && !field.showWhen
}

const PICTURES = new Set(['photos', 'signature'])
const TYPED = new Set(['text', 'longtext', 'number', 'money', 'date', 'datetime', 'phone', 'asset', 'id_number'])

/** What the words mean for a field: an option or a suggestion by its number, else the field's own check. Throws Invalid. */
export function understood(question: Question, text: string, now: number): unknown {
  const { field, options } = question
  const words = text.trim()
  if (question.wished !== undefined && YES.test(words)) return passed(question, question.wished, now)
  if (options.length > 0 && field.kind === 'multiselect') {
    return guarded(field, [...new Set(words.split(/[\s,，、;；]+/).map((one) => chosenBy(question, one)))])
  }
  if (options.length > 0) return guarded(field, chosenBy(question, words))
  return passed(question, field.suggest?.[Number(words) - 1] ?? words, now)
}

/** The value of an option, said by its number or its name. Throws Invalid. */
function chosenBy({ field, options, label }: Question, words: string): string {
  const option = options[Number(words) - 1] ?? options.find((one) => one.label === words || one.value === words)
  if (!option) throw new Invalid(field.name, 'choose_number', { label, count: options.length })
  return option.value
}

const YES = /^(好的?|是的?|对|可以|按需求|ok|yes)$/i

/** A value that the field's own check lets pass, in its plain form. Throws Invalid. */
export function passed({ field, options, label }: Question, value: unknown, now: number): unknown {
  const checked = fieldKind(field.kind)?.check(field, value, { options, now })
  if (!checked || 'why' in checked)
    throw new Invalid(field.name, checked?.why ?? 'wrong_value', { label, ...checked?.data })
  return guarded(field, checked.value)
}

function promptOf(field: Field, options: Option[]): string {
  if (field.kind === 'location') return field.typed ? 'place_typed' : 'place'
  if (field.kind === 'photos') return field.listed ? 'shot' : 'photos'
  if (field.kind === 'signature') return field.kind
  if (field.kind === 'date' || field.kind === 'datetime') return 'day'
  if (fieldKind(field.kind)?.menu || field.kind === 'number' || field.kind === 'money') return field.kind
  if (field.kind === 'multiselect') return 'choose_some'
  return options.length > 0 ? 'choose' : 'text'
}

/** Whether a question need not be put (any more): it is answered, or the step has the photos for it already. */
export function isAnswered({ name, photos }: Question, answers: Record<string, unknown>): boolean {
  return photos ? photos.given >= photos.wanted : answers[name] !== undefined
}

/** What most likely is meant, from what the run knows already; nothing that would not pass. */
function wishedBy({ run }: Turn, field: Field): unknown {
  const kind = fieldKind(field.kind)
  if (!field.wish || !kind) return undefined
  const at = (place: string) => opened(run.answers[place.split('.')[0] ?? '']?.[place.split('.')[1] ?? ''])
  const wished =
    typeof field.wish === 'string'
      ? at(field.wish)
      : kind.wished?.(field, Object.fromEntries(Object.entries(field.wish).map(([part, path]) => [part, at(path)])))
  return wished === undefined || 'why' in kind.check(field, wished, { options: field.options ?? [] })
    ? undefined
    : wished
}

/** What goes into the words of a question. */
export function promptData(
  { label, options, field, photos, wished }: Question,
  action: Action,
  turn: Turn,
  now: number,
) {
  const pictures = photoFields(action, turn)
  const listed = pictures.filter((one) => one.listed).map(({ name }) => name)
  return {
    label,
    hint: field.hint ?? '',
    // Those of a list are asked for one by one.
    photos: pictures.length > listed.length,
    nth: listed.indexOf(field.name) + 1,
    of: listed.length,
    given: photos?.given ?? 0,
    several: (photos?.wanted ?? 0) > 1 ? photos?.wanted : 0,
    options: options.map((option, index) => ({ n: index + 1, label: option.label, hint: option.hint ?? '' })),
    menu: (fieldKind(field.kind)?.menu?.(field) ?? []).map((line, index) => ({ ...line, n: index + 1 })),
    wished: describeAnswers({ fields: [field] }, { [field.name]: wished })[0]?.text ?? '',
    suggested: (field.suggest ?? []).flatMap((label, index) => {
      const at = timeMeant(label, now)?.at
      return at === undefined ? [] : { n: index + 1, label, at }
    }),
  }
}

/** Where pictures can go that are sent while this action is being asked for. */
export function photoFields(action: Action, { flow, definition }: Turn): Field[] {
  if (action !== 'finish') return []
  return pictureFields(flow, definition.form).filter(({ kind }) => kind === 'photos')
}

function free(name: string, prompt: string): Question {
  const field: Field = { name, kind: 'longtext', label: name, required: true, maxLength: 500 }
  return { name, prompt, label: '', field, options: [] }
}

function choice(name: string, prompt: string, options: Option[]): Question {
  return { name, prompt, label: '', field: { name, kind: 'select', label: name, required: true, options }, options }
}
