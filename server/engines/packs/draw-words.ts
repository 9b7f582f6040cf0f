import type { Condition } from '../../lib/condition.ts'
import type { Words } from '../../lib/render.ts'
import type { Flow } from '../flows/flow.ts'
import type { Field } from '../forms/form.ts'

const KEY = 'messages/pack-draw'

/** A condition as people say it: labels in place of names, options as they are read. */
export function conditionWords(condition: Condition, flow: Flow, words: Words): string {
  const parts = Object.entries(condition).map(([path, wanted]) => {
    if (!path.startsWith('$')) return fieldWords(path, wanted, flow, words)
    const inner = (wanted as Condition[]).map((part) => conditionWords(part, flow, words))
    return words.text(`${KEY}.group.${path.slice(1)}`, { parts: inner })
  })
  return words.text(`${KEY}.group.and`, { parts })
}

function fieldWords(path: string, wanted: unknown, flow: Flow, words: Words): string {
  const field = fieldAt(path, flow)
  const name = nameAt(path, flow, words)
  const tests = isTests(wanted) ? Object.entries(wanted) : [['$eq', wanted] as const]
  const parts = tests.map(([operator, value]) => testWords(name, operator, value, field, words))
  return words.text(`${KEY}.group.and`, { parts })
}

function testWords(name: string, operator: string, value: unknown, field: Field | undefined, words: Words): string {
  if (operator === '$not') {
    const inner = Object.entries(value as object).map(([one, is]) => testWords(name, one, is, field, words))
    return words.text(`${KEY}.group.nor`, { parts: inner })
  }
  const list = Array.isArray(value) ? value : [value]
  const values = list.map((one) => valueWords(one, field, words))
  const sense = operator === '$exists' && value === false ? 'absent' : operator.slice(1)
  return words.text(`${KEY}.test.${sense}`, { name, values })
}

function valueWords(value: unknown, field: Field | undefined, words: Words): string {
  const option = field?.options?.find((one) => one.value === value)
  if (option) return words.text(`${KEY}.quoted`, { text: option.label })
  if (field?.kind === 'money' && typeof value === 'number') {
    return words.text(`${KEY}.money`, { amount: String(value / 100) })
  }
  if (typeof value === 'boolean') return words.text(`${KEY}.${value ? 'yes' : 'no'}`)
  if (typeof value === 'number') return String(value)
  return words.text(`${KEY}.quoted`, { text: named('value', String(value), words) })
}

/** What an answer is called: its field's label, or what the words call what is no field. */
export function nameAt(path: string, flow: Flow, words: Words): string {
  return fieldAt(path, flow)?.label ?? named('path', path.split('.').at(-1) ?? path, words)
}

/** What a name that is no field's stands for, if the words know it. */
function named(group: string, name: string, words: Words): string {
  return words.has(`${KEY}.${group}.${name}`) ? words.text(`${KEY}.${group}.${name}`) : name
}

function fieldAt(path: string, flow: Flow): Field | undefined {
  const [place = '', name] = path.split('.')
  const form = place === 'form' ? flow.form : flow.steps.find(({ step }) => step === place)?.form
  return form ? flow.forms[form]?.fields.find((field) => field.name === name) : undefined
}

function isTests(wanted: unknown): wanted is object {
  return typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted)
}
