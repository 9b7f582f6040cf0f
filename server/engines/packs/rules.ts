import { join } from 'node:path'
import { type Condition, pathsOf } from '../../lib/condition.ts'
import type { Zone } from '../../lib/geo.ts'
import { textProblem } from '../../lib/render.ts'
import type { FlowSource } from '../flows/flow.ts'
import { ruleFactTypes, ruleWord, ruleWordNames } from '../rules/hooks.ts'
import { type Rule, type RuleSource, ruleSchema } from '../rules/rule.ts'
import { type DoStep, isDo, isWaitFor, type Step } from '../rules/steps.ts'
import type { Trigger } from '../rules/trigger.ts'
import { namesIn, namesListed } from './names.ts'
import { type PackProblem, parseSource, readSource, type Source, unknown, yamlFiles } from './source.ts'

/** How deep lists of steps may nest. */
const DEPTH = 6
type Path = PropertyKey[]
type Must = (ok: unknown, path: Path, reason: string) => void

interface Surroundings {
  roles: string[]
  calendars: string[]
  flows: FlowSource[]
  zones: ReadonlyMap<string, Zone[]>
}

/** Reads and checks a pack's `rules/*.yaml`. */
export function readRules(
  root: string,
  folder: string,
  { roles, calendars, flows, zones }: Surroundings,
  problems: PackProblem[],
): RuleSource[] {
  const seen = new Map<string, string>()
  const known = {
    role: roles,
    flow: flows.map(({ flow }) => flow),
    coupon: namesIn(folder, 'coupon'),
    segment: namesIn(folder, 'segment'),
    stage: namesListed(folder, 'stage'),
  }
  return yamlFiles(join(folder, 'rules')).flatMap((path) => {
    const source = readSource(root, path, problems)
    const rule = source && parseSource(source, ruleSchema, problems)
    if (!rule || !source) return []
    const must = mustOf(source, problems)
    const other = seen.get(rule.rule)
    must(!other, ['rule'], `"${rule.rule}" is defined in ${other} already`)
    seen.set(rule.rule, source.file)
    if (rule.calendar)
      must(calendars.includes(rule.calendar), ['calendar'], unknown('calendar', rule.calendar, calendars))
    checkRule(rule, known, must)
    for (const [trigger, path] of triggersOf(rule)) {
      checkZone(trigger, [...path, 'near'], zones, must)
      const [key, name] = 'segment' in trigger ? ['segment', trigger.segment] : ['in', 'in' in trigger && trigger.in]
      if (name) must(known.segment.includes(name), [...path, key], unknown('segment', name, known.segment))
    }
    return [rule]
  })
}

/** Every event that a rule listens to, with the place where it is named. */
export function eventsOf(rule: Rule): { name: string; path: Path }[] {
  const named = (event: string | string[], path: Path) => [event].flat().map((name) => ({ name, path }))
  const triggers = rule.on.flatMap((trigger, i) => ('event' in trigger ? named(trigger.event, ['on', i, 'event']) : []))
  const stops = (rule.stop?.reasons ?? []).flatMap(({ event }) => (event ? named(event, ['stop_when']) : []))
  const waits: { name: string; path: Path }[] = []
  eachStep(rule.steps, ['steps'], (step, path) => {
    if (!isWaitFor(step)) return
    step.wait_for.first_of.forEach(({ event }, i) => {
      waits.push(...named(event, [...path, 'wait_for', 'first_of', i]))
    })
  })
  return [...triggers, ...stops, ...waits]
}

function checkRule(rule: RuleSource, known: Record<string, string[]>, must: Must): void {
  const types = ruleFactTypes()
  const groups = ['event', 'run', ...types]
  const about = (condition: Condition | undefined, path: Path, allowed = groups) => {
    for (const field of condition ? pathsOf(condition) : []) {
      const [group = ''] = field.split('.')
      must(allowed.includes(group), path, unknown('group of facts', group, allowed))
    }
  }
  for (const [trigger, path] of triggersOf(rule)) {
    if ('where' in trigger) about(trigger.where, [...path, 'where'], ['event'])
    const watched = 'date' in trigger ? 'date' : 'field' in trigger ? 'field' : undefined
    const field = watched && String((trigger as Record<string, unknown>)[watched])
    const type = field?.split('.')[0] ?? ('each' in trigger ? trigger.each : undefined)
    if (type) must(types.includes(type), [...path, watched ?? 'each'], unknown('group of facts', type, types))
  }
  about(rule.if, ['if'])
  for (const [stop, path] of stopsOf(rule)) {
    about(stop.where, [...path, 'where'], ['event'])
    about(stop.if, [...path, 'if'])
  }
  rule.on_stop.forEach((step, i) => {
    checkDo(step, ['on_stop', i], known, must, about)
  })
  eachStep(rule.steps, ['steps'], (step, path, place) => {
    must(place.depth <= DEPTH, path, `is nested deeper than ${DEPTH} levels`)
    if (isDo(step)) return checkDo(step, path, known, must, about)
    if ('end' in step) return must(place.last, path, 'what stands behind "end" is never done')
    if (isWaitFor(step)) {
      step.wait_for.first_of.forEach((one, i) => {
        about(one.if, [...path, 'wait_for', 'first_of', i, 'if'])
      })
    } else if ('branch' in step) {
      step.branch.forEach((way, i) => {
        about(way.if, [...path, 'branch', i, 'if'])
      })
    } else if ('wait' in step && typeof step.wait === 'object' && 'date' in step.wait) {
      about({ [step.wait.date]: null }, [...path, 'wait', 'date'])
    }
  })
}

function checkZone(trigger: Trigger, path: Path, zones: Surroundings['zones'], must: Must): void {
  if (!('event' in trigger) || !trigger.near) return
  const { zones: file, zone } = trigger.near
  const there = zones.get(file)?.map((one) => one.zone)
  must(there, [...path, 'zones'], unknown('file of zones', file, [...zones.keys()]))
  if (there) must(there.includes(zone), [...path, 'zone'], unknown('zone', zone, there))
}

function checkDo(
  step: DoStep,
  path: Path,
  known: Record<string, string[]>,
  must: Must,
  about: (condition: Condition | undefined, path: Path) => void,
): void {
  const { do: name, if: condition, optional: _, ...args } = step
  about(condition, [...path, 'if'])
  const word = ruleWord(name)
  must(word, [...path, 'do'], unknown('word', name, ruleWordNames()))
  for (const { at, text } of textsIn(args, [])) {
    const problem = text.includes('{{') && textProblem(text)
    must(!problem, [...path, ...at], `the text ${problem}`)
  }
  // What is filled in is as long as it turns out to be: the check counts what stands around it.
  const parsed = word?.args.safeParse(JSON.parse(JSON.stringify(args).replace(/\{\{.*?\}\}/g, '…')))
  for (const { path: at, message } of parsed?.error?.issues ?? []) must(false, [...path, ...at], message)
  for (const [argument, what] of Object.entries(word?.refers ?? {})) {
    const at = argument.split('.')
    const given = at.reduce<unknown>((here, part) => (here as Record<string, unknown> | undefined)?.[part], args)
    const names = known[what]
    if (names && typeof given === 'string') must(names.includes(given), [...path, ...at], unknown(what, given, names))
  }
}

function textsIn(value: unknown, at: Path): { at: Path; text: string }[] {
  if (typeof value === 'string') return [{ at, text: value }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) =>
    textsIn(one, [...at, Array.isArray(value) ? Number(name) : name]),
  )
}

/** Shows every step, however deep it stands, with its place in the file. */
function eachStep(
  steps: Step[],
  path: Path,
  show: (step: Step, path: Path, place: { depth: number; last: boolean }) => void,
  depth = 1,
): void {
  steps.forEach((step, i) => {
    const here = [...path, i]
    show(step, here, { depth, last: i === steps.length - 1 })
    for (const [list, at] of listsOf(step)) eachStep(list, [...here, ...at], show, depth + 1)
  })
}

function listsOf(step: Step): [Step[], Path][] {
  if (isDo(step)) return []
  if (isWaitFor(step)) {
    const { first_of: ways, on_timeout: late } = step.wait_for
    return [
      ...ways.map(({ then }, i): [Step[], Path] => [then, ['wait_for', 'first_of', i, 'then']]),
      [late, ['wait_for', 'on_timeout']],
    ]
  }
  if ('branch' in step) return step.branch.map(({ then }, i) => [then, ['branch', i, 'then']])
  if ('split' in step) return step.split.map(({ then }, i) => [then, ['split', i, 'then']])
  return []
}

function triggersOf({ on }: RuleSource): [Trigger, Path][] {
  return Array.isArray(on) ? on.map((trigger, i) => [trigger, ['on', i]]) : [[on, ['on']]]
}

type Stop = { event?: string; where?: Condition; if?: Condition }

function stopsOf({ stop_when: stop }: RuleSource): [Stop, Path][] {
  if (!stop) return []
  const by = Array.isArray(stop) ? undefined : 'any' in stop ? 'any' : 'all'
  const list: Stop[] = Array.isArray(stop) ? stop : 'any' in stop ? stop.any : stop.all
  return list.map((reason, i) => [reason, ['stop_when', ...(by ? [by] : []), i]])
}

function mustOf(source: Source, problems: PackProblem[]): Must {
  return (ok, path, reason) => {
    if (!ok) problems.push(source.problem(path, reason))
  }
}
