import type { Words } from '../../lib/render.ts'
import type { DispatchRule } from '../dispatch/rule.ts'
import { type Branch, type Flow, openingForm } from '../flows/flow.ts'
import type { Approval } from '../flows/step-source.ts'
import type { AnswerPlace, NamedDay } from '../flows/wait.ts'
import { conditionWords, nameAt } from './draw-words.ts'

const KEY = 'messages/pack-draw'

export type Shape = 'start' | 'end' | 'task' | 'approval' | 'wait' | 'run' | 'bar'

/** One thing in the picture of a flow. */
export interface Part {
  id: string
  shape: Shape
  title: string
  /** What stands below the title, line by line. */
  notes: string[]
}

/** A way from one thing to another. */
export interface Way {
  from: string
  to: string
  label: string
  /** Taken when a time limit has passed. */
  late?: true
}

/** What the picture reads of a step, whatever else it is. */
interface Drawn {
  step: string
  title?: string
  role?: string
  limitMs?: number | null
  limits?: { urgentMs?: number; before?: AnswerPlace }
  assign?: unknown
  parallel?: string[]
  wait?: { for: string | string[]; timeout: string; until?: unknown }
  overtaken_by?: { to: string }
  run?: string
  approval?: Approval
  evidence?: { of: string; photos: number }[]
  form?: string
  next: Branch[]
}

/** A flow as things and ways between them. */
export function graphOf(flow: Flow, words: Words, titles: ReadonlyMap<string, string>): { parts: Part[]; ways: Way[] } {
  const steps = flow.steps as Drawn[]
  const forks = forksOf(steps)
  const say = (key: string, data: Record<string, unknown> = {}) => words.text(`${KEY}.${key}`, data)
  const parts: Part[] = [
    {
      id: 'start:',
      shape: 'start',
      title: flow.openedBy === 'system' ? say('start_system') : say('start', { form: openingForm(flow)?.title ?? '' }),
      notes: [],
    },
  ]
  const ways: Way[] = [{ from: 'start:', to: steps[0]?.step ?? 'end', label: '' }]
  for (const step of steps) {
    const targetOf = (to: string) => (to === 'join' ? joinOf(forks.get(step.step) ?? '') : to)
    parts.push({
      id: step.step,
      shape: shapeOf(step),
      title: titleOf(step, say),
      notes: notesOf(step, flow, words, titles),
    })
    for (const branch of step.parallel ?? []) ways.push({ from: step.step, to: branch, label: '' })
    if (step.parallel) parts.push({ id: joinOf(step.step), shape: 'bar', title: say('joined'), notes: [] })
    const from = step.parallel ? joinOf(step.step) : step.step
    for (const { when, to } of step.next) {
      const otherwise = step.next.length > 1 ? say('otherwise') : ''
      ways.push({ from, to: targetOf(to), label: when ? conditionWords(when, flow, words) : otherwise })
    }
    if (step.wait) {
      const named = typeof step.wait.until === 'object' && step.wait.until !== null && 'answers' in step.wait.until
      const label = say(named ? 'day_came' : 'timeout')
      ways.push({ from, to: targetOf(step.wait.timeout), label, late: true })
    }
    if (step.overtaken_by) ways.push({ from, to: targetOf(step.overtaken_by.to), label: say('overtaken'), late: true })
  }
  parts.push({ id: 'end', shape: 'end', title: say('end'), notes: [] })
  return { parts, ways: merged(ways, say) }
}

/** Two ways between the same things become one: the picture shows each way once. */
function merged(ways: Way[], say: (key: string, data: Record<string, unknown>) => string): Way[] {
  const found = new Map<string, Way>()
  for (const way of ways) {
    const key = `${way.from} ${way.to} ${way.late ?? ''}`
    const same = found.get(key)
    found.set(key, same ? { ...same, label: say('group.or', { parts: [same.label, way.label] }) } : way)
  }
  return [...found.values()]
}

const joinOf = (fork: string): string => `join:${fork}`

/** The innermost fork in which each step stands. */
function forksOf(steps: Drawn[]): Map<string, string> {
  const byName = new Map(steps.map((step) => [step.step, step]))
  const found = new Map<string, string>()
  const visit = (name: string, fork: string): void => {
    const step = byName.get(name)
    if (!step || found.get(name) === fork) return
    found.set(name, fork)
    const late = [step.wait?.timeout, step.overtaken_by?.to].filter((to) => to !== undefined)
    const on = [...step.next.map(({ to }) => to), ...late]
    for (const next of on) visit(next, fork)
  }
  // In order: a fork within another one stands later and takes its own steps over.
  for (const step of steps) for (const branch of step.parallel ?? []) visit(branch, step.step)
  return found
}

function shapeOf(step: Drawn): Shape {
  if (step.parallel) return 'bar'
  if (step.wait) return 'wait'
  if (step.run) return 'run'
  return step.approval ? 'approval' : 'task'
}

function titleOf(step: Drawn, say: (key: string) => string): string {
  return step.parallel ? say('parallel') : step.title || step.step
}

function notesOf(step: Drawn, flow: Flow, words: Words, titles: ReadonlyMap<string, string>): string[] {
  const say = (key: string, data: Record<string, unknown> = {}) => words.text(`${KEY}.${key}`, data)
  if (step.parallel) return []
  if (step.run) return [say('run', { flow: titles.get(step.run) ?? step.run })]
  if (step.wait) {
    const events = [step.wait.for].flat().map((name) => eventName(name, words))
    return [say('wait', { event: say('group.or', { parts: events }) }), ...untilOf(step.wait.until, flow, words)]
  }
  const limit = typeof step.limitMs === 'number' ? say('limit', { limitMs: step.limitMs }) : ''
  const { urgentMs, before } = step.limits ?? {}
  return [
    say('who', { role: flow.roles[step.role ?? ''] ?? step.role ?? '', limit }),
    ...(urgentMs ? [say('urgent_limit', { urgentMs })] : []),
    ...(before ? [say('before', { name: nameAt(`${before.step}.${before.field}`, flow, words) })] : []),
    ...handsOf(step.assign, flow, words),
    ...evidenceOf(step, flow, words),
    ...(step.approval ? approvalNotes(step.role ?? '', step.approval, flow, words) : []),
  ]
}

/** The photos without which a step cannot be finished. */
function evidenceOf({ evidence, form = '' }: Drawn, flow: Flow, words: Words): string[] {
  const labels = (evidence ?? []).map(({ of }) => flow.forms[form]?.fields.find(({ name }) => name === of)?.label ?? of)
  return labels.length > 0 ? [words.text(`${KEY}.evidence`, { labels })] : []
}

/** Up to which amount one signature is enough, and where it may be sent back to. */
function approvalNotes(role: string, { limits, above, return_to }: Approval, flow: Flow, words: Words): string[] {
  const fen = limits[role]
  const roles = above.map((name) => flow.roles[name] ?? name)
  const titles = return_to.map((name) => flow.steps.find(({ step }) => step === name)?.title ?? name)
  return [
    ...(fen !== undefined && roles.length > 0 ? [words.text(`${KEY}.above`, { fen, roles })] : []),
    ...(titles.length > 0 ? [words.text(`${KEY}.returns`, { titles })] : []),
  ]
}

/** How its hands are chosen, where that is worth a word. */
function handsOf(assign: unknown, flow: Flow, words: Words): string[] {
  const titleAt = (name: string) => flow.steps.find(({ step }) => step === name)?.title ?? name
  const say = (way: string, name: string) => [words.text(`${KEY}.hands.${way}`, { name })]
  if (assign === 'least_busy') return say('least_busy', '')
  if (typeof assign !== 'object' || assign === null) return []
  const { doer, named, dispatch } = assign as { doer?: string | string[]; named?: string; dispatch?: string }
  const [first, ...others] = [doer ?? []].flat()
  return [
    ...(first ? say(others.length > 0 ? 'last_doer' : 'doer', titleAt(first)) : []),
    ...(named ? say('named', titleAt(named.split('.')[0] ?? '')) : []),
    ...(dispatch ? dispatchOf(dispatch, flow, words) : []),
  ]
}

/** What a dispatch rule looks at, and how long whoever it finds has to take the work. */
function dispatchOf(name: string, flow: Flow, words: Words): string[] {
  const rule = flow.dispatch?.[name] as DispatchRule | undefined
  if (!rule) return []
  const { weights, skills, zones } = rule
  const counts = {
    ...weights,
    ...(Object.keys(skills).length === 0 && { skill: 0 }),
    ...(zones.length === 0 && { zone: 0 }),
  }
  const by = HANDS_BY.filter((reason) => counts[reason] > 0).map((reason) => words.text(`${KEY}.hands_by.${reason}`))
  return [words.text(`${KEY}.hands.dispatch`, { by, withinMs: rule.acceptMs.default })]
}

const HANDS_BY = ['distance', 'skill', 'zone', 'load'] as const

/** How long a step waits at most: so long, or to the day that an answer names. */
function untilOf(until: unknown, flow: Flow, words: Words): string[] {
  const { ms, answers, else: otherwise } = (until ?? {}) as Partial<NamedDay> & { ms?: number }
  if (typeof ms === 'number') return [words.text(`${KEY}.at_most`, { untilMs: ms })]
  const [first] = answers ?? []
  if (!first || !otherwise) return []
  const name = nameAt(`${first.step}.${first.field}`, flow, words)
  return [words.text(`${KEY}.to_day`, { name }), words.text(`${KEY}.no_day`, { untilMs: otherwise.ms })]
}

/** What happens outside, in the words of whoever reads the picture. */
function eventName(event: string, words: Words): string {
  const key = `${KEY}.event.${event.replace('.', '_')}`
  return words.has(key) ? words.text(key) : event
}
