import { join, relative } from 'node:path'
import { openingForm, spanMs } from '../flows/flow.ts'
import type { Form } from '../forms/form.ts'
import type { RoleCriteria, RoleRule } from '../staff/roles.ts'
import type { Pack } from './pack.ts'
import { eventsOf } from './rules.ts'
import { readSource, yamlFiles } from './source.ts'

/** What can be used and yet deserves a second look. */
export interface Warning {
  file: string
  line: number
  field: string
  code: string
  data: Record<string, string>
}

/** How warnings read the texts that customers read; stands in templates/messages/pack-errors.yaml. */
export interface Measures {
  units: Record<string, string[]>
  /** Words that promise a beginning within a time, and those that promise an end. */
  promise: { begun: string[]; done: string[] }
  /** The events that have words, with `_` in the place of dots. */
  events: string[]
}

/** How much WeCom shows of each part of a card before it cuts it off. */
const ROOM = { title: 26, task: 74, label: 5, fact: 26, question: 13, option: 10 }
/** A title is framed as 【step】title. */
const FRAME = 2

type Flow = Pack['flows'][number]
type Say = (field: string, code: string, data: Record<string, string>) => void

/** Everything in a usable pack that its author should look at again. */
export function packWarnings(folder: string, name: string, pack: Pack, measures: Measures): Warning[] {
  const warnings: Warning[] = []
  const sayIn =
    (file: string): Say =>
    (field, code, data) =>
      warnings.push({ file, line: 0, field, code, data })
  const forms = filesBy(folder, name, 'forms', 'form')
  const flows = filesBy(folder, name, 'flows', 'flow')
  roleWarnings(pack, sayIn(`${name}/pack.yaml`))
  for (const flow of pack.flows) {
    const say = sayIn(flows.get(flow.flow) ?? '')
    const opening = openingForm(flow)
    for (const [index, step] of flow.steps.entries()) {
      if (step.task && size(step.task) > ROOM.task) say(`steps.${index}.task`, 'card_text', room(step.task, ROOM.task))
      const title = `${step.title ?? ''}${opening ? longestTitle(opening) : ''}`
      if (size(title) + FRAME > ROOM.title) say(`steps.${index}.title`, 'card_title', room(title, ROOM.title - FRAME))
    }
    promiseWarnings(flow, opening, measures, say)
    branchWarnings(flow, say)
  }
  const opening = new Set(pack.flows.flatMap(({ form }) => form ?? []))
  for (const form of pack.forms) formWarnings(form, opening.has(form.form), sayIn(forms.get(form.form) ?? ''))
  const rules = filesBy(folder, name, 'rules', 'rule')
  for (const rule of pack.rules) {
    for (const { name: event, path } of eventsOf(rule)) {
      if (measures.events.includes(event.replaceAll('.', '_'))) continue
      sayIn(rules.get(rule.rule) ?? '')(path.join('.'), 'event_unknown', { name: event })
    }
  }
  return warnings
}

/** The files of a folder by the name that each gives its thing. */
function filesBy(folder: string, pack: string, kind: string, key: string): Map<string, string> {
  const root = join(folder, '..')
  return new Map(
    yamlFiles(join(folder, kind)).map((path) => {
      const value = readSource(root, path, [])?.value as Record<string, unknown> | undefined
      return [String(value?.[key]), relative(root, path) || pack]
    }),
  )
}

function roleWarnings({ head }: Pack, say: Say): void {
  for (const [role, { title, members }] of Object.entries(head.roles)) {
    if (!members.some(canFit)) say(`roles.${role}.members`, 'role_unheld', { role, title })
  }
}

/** Whether there can be a person whom a rule fits. */
function canFit({ except, ...rule }: RoleRule): boolean {
  const lists = [rule.position, rule.department, rule.users].filter((list) => list !== undefined)
  if (rule.users && rule.users.length > 0) return rule.users.some((user) => !except?.users?.includes(user))
  if (lists.length === 0 && rule.leader === undefined) return false
  return lists.every((list) => list.some((part) => part !== '')) && !shutOut(rule, except ?? {})
}

/** Whether whoever meets a rule is taken out by its exception. */
function shutOut(rule: RoleCriteria, except: RoleCriteria): boolean {
  if (rule.leader !== undefined && rule.leader === except.leader) return true
  const covered = (wanted: string[] | undefined, taken: string[] | undefined) =>
    wanted?.every((part) => taken?.some((one) => part.toLowerCase().includes(one.toLowerCase()))) ?? false
  return covered(rule.position, except.position) || covered(rule.department, except.department)
}

/** Holds the steps' limits against what the customer reads: so soon begun, so soon done. */
function promiseWarnings(flow: Flow, opening: Form | undefined, measures: Measures, say: Say): void {
  for (const text of [flow.description, opening?.intro ?? '']) {
    for (const promise of promisesIn(text, measures)) {
      flow.steps.forEach((step, index) => {
        if (promise.kind === 'begun' && index > 0) return
        if (typeof step.limitMs !== 'number' || step.limitMs <= promise.ms) return
        say(`steps.${index}.limit`, `promise_${promise.kind}`, { title: step.title ?? '', promise: promise.text })
      })
    }
  }
}

interface Promised {
  kind: 'begun' | 'done'
  text: string
  ms: number
}

function promisesIn(text: string, { units, promise }: Measures): Promised[] {
  const unitOf = new Map(Object.entries(units).flatMap(([unit, ways]) => ways.map((way) => [way, unit] as const)))
  const ways = [...unitOf.keys()].sort((a, b) => b.length - a.length)
  const spans = new RegExp(`(\\d+(?:\\.\\d+)?)\\s*(${ways.join('|')})([^\\d。；，！\\n]{0,12})`, 'g')
  return [...text.matchAll(spans)].flatMap(([whole, amount, way = '', after = '']) => {
    const kind = (['begun', 'done'] as const).find((one) => promise[one].some((word) => after.includes(word)))
    const word = kind && promise[kind].find((one) => after.includes(one))
    const text = whole.slice(0, whole.length - after.length + after.indexOf(word ?? '') + (word ?? '').length)
    const unit = unitOf.get(way) ?? ''
    // A working day is at least this long; a shorter one only makes the limit shorter.
    return kind ? [{ kind, text, ms: spanMs(`${amount} ${unit}`, 8 * 3_600_000) }] : []
  })
}

/** Branches that compare an answer with an option that its field does not have. */
function branchWarnings(flow: Flow, say: Say): void {
  for (const [index, step] of flow.steps.entries()) {
    if (!Array.isArray(step.next)) continue
    for (const [branch, { when }] of step.next.entries()) {
      for (const [path, wanted] of Object.entries(when ?? {})) {
        const options = optionsAt(flow, path)
        if (!options || typeof wanted !== 'string' || options.includes(wanted)) continue
        say(`steps.${index}.next.${branch}.when.${path}`, 'no_such_option', {
          value: wanted,
          known: options.join(', '),
        })
      }
    }
  }
}

function optionsAt(flow: Flow, path: string): string[] | undefined {
  const [name, field] = path.split('.')
  const form = name === 'form' ? flow.form : flow.steps.find(({ step }) => step === name)?.form
  const found = form ? flow.forms[form]?.fields.find((one) => one.name === field) : undefined
  return found?.kind === 'select' ? found.options?.map(({ value }) => value) : undefined
}

/** Texts that WeCom cuts off: of an opening form the facts on the card, of a step's form its drop-down. */
function formWarnings(form: Form, opens: boolean, say: Say): void {
  const dropDown = form.fields.find(({ kind, showWhen }) => kind === 'select' && !showWhen)
  form.fields.forEach((field, index) => {
    const at = `fields.${index}`
    if (opens && ['select', 'text', 'number', 'date', 'phone'].includes(field.kind) && size(field.label) > ROOM.label)
      say(`${at}.label`, 'card_text', room(field.label, ROOM.label))
    if (!opens && field === dropDown && size(field.label) > ROOM.question)
      say(`${at}.label`, 'card_text', room(field.label, ROOM.question))
    const most = opens ? ROOM.fact : ROOM.option
    if (!opens && field !== dropDown) return
    field.options?.forEach(({ label }, option) => {
      if (size(label) > most) say(`${at}.options.${option}.label`, 'card_text', room(label, most))
    })
  })
}

/** The longest title that a case can get: the form's title with the longest option of its first choice. */
function longestTitle(form: Form): string {
  const labels = form.fields.find(({ kind }) => kind === 'select')?.options?.map(({ label }) => label) ?? []
  const longest = labels.reduce((one, other) => (size(other) > size(one) ? other : one), '')
  return longest ? `${form.title}：${longest}` : form.title
}

function room(text: string, most: number): Record<string, string> {
  return { text, size: String(size(text)), most: String(most) }
}

function size(text: string): number {
  return [...text].length
}
