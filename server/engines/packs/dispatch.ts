import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { z } from 'zod'
import type { Zone } from '../../lib/geo.ts'
import { type DispatchRule, type DispatchSource, dispatchSchema, freezeRule } from '../dispatch/rule.ts'
import { zonesOf, zonesSchema } from '../dispatch/zones.ts'
import type { FlowSource } from '../flows/flow.ts'
import type { Form } from '../forms/form.ts'
import { type PackProblem, parseSource, type Read, readSource, type Source, unknown, yamlFiles } from './source.ts'

/** The dispatch rules and zones of a pack, by their names. */
export interface DispatchShelf {
  rules: Map<string, Read<DispatchSource>>
  zones: Map<string, Zone[]>
}

/** Reads and checks a pack's `dispatch/*.yaml` and `zones/*.geojson`. */
export function readDispatch(root: string, folder: string, roles: string[], problems: PackProblem[]): DispatchShelf {
  const zones = new Map<string, Zone[]>()
  for (const path of filesOf(join(folder, 'zones'), '.geojson')) {
    const read = readOne(root, path, zonesSchema, problems)
    if (read) zones.set(`zones/${basename(path, '.geojson')}`, zonesOf(read.value))
  }
  const rules = new Map<string, Read<DispatchSource>>()
  for (const path of yamlFiles(join(folder, 'dispatch'))) {
    const read = readOne(root, path, dispatchSchema, problems)
    if (!read) continue
    const { dispatch: name } = read.value
    const other = rules.get(name)
    if (other) problems.push(read.source.problem(['dispatch'], `"${name}" is defined in ${other.source.file} already`))
    rules.set(name, read)
    checkRule(read, roles, zones, problems)
  }
  return { rules, zones }
}

const NOWHERE = '"arrive" needs "assign: { dispatch: <rule> }": nobody else is sent to a place'

/** Checks that the rules that a flow's steps name exist and fit the step: its role, the answer that tells the skills. */
export function checkDispatch(
  flow: FlowSource,
  forms: Map<string, Form>,
  { rules }: DispatchShelf,
  source: Source,
  problems: PackProblem[],
): void {
  const seen = new Set<string>()
  flow.steps.forEach(({ assign, role, actions }, index) => {
    if (typeof assign === 'string' || !('dispatch' in assign)) {
      const at = actions.indexOf('arrive')
      if (at >= 0) problems.push(source.problem(['steps', index, 'actions', at], NOWHERE))
      return
    }
    const path = ['steps', index, 'assign', 'dispatch']
    const rule = rules.get(assign.dispatch)
    if (!rule) {
      problems.push(source.problem(path, unknown('dispatch rule', assign.dispatch, [...rules.keys()])))
      return
    }
    if (rule.value.role !== role)
      problems.push(source.problem(path, `"${assign.dispatch}" sends the role "${rule.value.role}", not "${role}"`))
    if (!seen.has(assign.dispatch)) checkSkills(flow, forms, rule, problems)
    seen.add(assign.dispatch)
  })
}

/** The rules that a flow names, as they are frozen into it; undefined when it names none. */
export function rulesIn(flow: FlowSource, { rules, zones }: DispatchShelf): Record<string, DispatchRule> | undefined {
  const names = flow.steps.flatMap(({ assign }) =>
    typeof assign !== 'string' && 'dispatch' in assign ? assign.dispatch : [],
  )
  if (names.length === 0) return undefined
  return Object.fromEntries(
    [...new Set(names)].map((name) => {
      const { value } = rules.get(name) as Read<DispatchSource>
      return [name, freezeRule(value, (value.zones && zones.get(value.zones)) || [])]
    }),
  )
}

function readOne<T>(root: string, path: string, schema: z.ZodType<T>, problems: PackProblem[]): Read<T> | undefined {
  const source = readSource(root, path, problems)
  const value = source && parseSource(source, schema, problems)
  return value && source ? { value, source } : undefined
}

function checkRule(
  { value: rule, source }: Read<DispatchSource>,
  roles: string[],
  zones: Map<string, Zone[]>,
  problems: PackProblem[],
): void {
  const must = (ok: unknown, path: PropertyKey[], reason: string) => {
    if (!ok) problems.push(source.problem(path, reason))
  }
  must(roles.includes(rule.role), ['role'], unknown('role', rule.role, roles))
  must(roles.includes(rule.overflow), ['overflow'], unknown('role', rule.overflow, roles))
  const needy = Object.keys(rule.skills).length > 0
  must(!needy || rule.skill_from, ['skills'], 'skills are needed by an answer: write "skill_from: form.<field>"')
  must(!rule.skill_from || needy, ['skill_from'], 'write under "skills" which answer needs which skills')
  const known = rule.zones ? zones.get(rule.zones) : []
  must(known, ['zones'], unknown('file of zones', rule.zones ?? '', [...zones.keys()]))
  if (!known) return
  const names = known.map(({ zone }) => zone)
  const skills = [...new Set(Object.values(rule.skills).flat())]
  rule.workers.forEach((worker, i) => {
    worker.zones?.forEach((zone, k) => {
      must(names.includes(zone), ['workers', i, 'zones', k], unknown('zone', zone, names))
    })
    worker.skills?.forEach((skill, k) => {
      must(skills.includes(skill), ['workers', i, 'skills', k], unknown('skill', skill, skills))
    })
  })
}

/** The answers that tell the skills must exist in this flow, and each value that needs some must be one of their choices. */
function checkSkills(
  flow: FlowSource,
  forms: Map<string, Form>,
  { value: rule, source }: Read<DispatchSource>,
  problems: PackProblem[],
): void {
  const places = [rule.skill_from ?? []].flat()
  const fields = places.map((place, i) => {
    const [step = '', field = ''] = place.split('.')
    const form = forms.get((step === 'form' ? flow.form : flow.steps.find((one) => one.step === step)?.form) ?? '')
    const found = form?.fields.find(({ name }) => name === field)
    if (found) return found
    const known = form?.fields.map(({ name }) => `${step}.${name}`) ?? []
    const path = ['skill_from', ...(Array.isArray(rule.skill_from) ? [i] : [])]
    problems.push(source.problem(path, unknown(`answer in the flow "${flow.flow}"`, place, known)))
    return undefined
  })
  // What cannot be chosen among is typed: any value may come.
  if (fields.length === 0 || fields.some((field) => !field?.options)) return
  const choices = fields.flatMap((field) => field?.options?.map(({ value }) => value) ?? [])
  const names = fields.map((field) => field?.name).join('", "')
  for (const value of Object.keys(rule.skills)) {
    if (!choices.includes(value))
      problems.push(source.problem(['skills', value], unknown(`choice of "${names}"`, value, choices)))
  }
}

function filesOf(folder: string, ending: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(ending))
      .sort()
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}
