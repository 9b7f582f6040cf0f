import { join } from 'node:path'
import type { z } from 'zod'
import { dispatchSchema } from '../dispatch/rule.ts'
import { flowSchema } from '../flows/flow.ts'
import { flowWord } from '../flows/hooks.ts'
import { formSchema } from '../forms/form.ts'
import { ruleWord } from '../rules/hooks.ts'
import { ruleSchema } from '../rules/rule.ts'
import { openPage, type Page, type Place } from './check-place.ts'
import { type Told, tellReason, unquoted } from './check-reasons.ts'
import { type Measures, packWarnings } from './check-warnings.ts'
import { readPack } from './pack.ts'
import { schemaOfFile } from './pack-files.ts'
import type { PackProblem } from './source.ts'
import { keysAt, nameMeant, nearest, shareMeant, spanMeant, type Tongue, timeMeant } from './suggest.ts'

/** A mistake or a warning with all that helps its author. */
export interface Remark extends PackProblem {
  level: 'mistake' | 'warning'
  column: number
  /** How many characters of the line it is about. */
  length: number
  /** The line as it stands in the file. */
  quote: string
  /** The words under `say` in templates/messages/pack-errors.yaml, and what they tell. */
  code: string
  data: Record<string, string>
  /** What was most likely meant, as it would stand in the file. */
  suggestion?: string
  /** The words that would have been right. */
  known?: string[]
}

/** What checking needs to know of the language and of the keys that have examples. */
export interface CheckWords extends Tongue, Measures {
  /** The keys for which the words know an example line. */
  examples: string[]
}

/** The schemas by the folder in which their files stand, or by the file. */
const SCHEMAS: Record<string, z.ZodType> = {
  flows: flowSchema,
  forms: formSchema,
  dispatch: dispatchSchema,
  rules: ruleSchema,
}

/** What others call the thing that stands in a file, by its folder. */
const WHAT: Record<string, string> = { flows: 'flow', forms: 'form', dispatch: 'dispatch rule' }

/** What is wrong with the files of a pack that other rooms read. */
export type OtherCheck = (name: string) => PackProblem[]

/**
 * Reads packs and explains everything that is wrong with them; those that can be used get their warnings. `others` reads
 * what is not ours to read, by `schemas` of its own.
 */
export function checkPacks(
  root: string,
  names: string[],
  words: CheckWords,
  others: OtherCheck,
  schemas: Record<string, z.ZodType> = {},
): Remark[] {
  const all = { ...SCHEMAS, ...schemas }
  return names.flatMap((name) => {
    const problems: PackProblem[] = []
    const pack = readPack(root, name, problems)
    if (pack) problems.push(...others(name))
    const pages = new Map<string, Page>()
    const pageOf = (file: string): Page => {
      const page = pages.get(file) ?? openPage(root, file)
      pages.set(file, page)
      return page
    }
    const mistakes = problems.flatMap((problem) => explain(problem, pageOf(problem.file), words, all))
    const warnings = pack ? packWarnings(join(root, name), name, pack, words) : []
    return [
      ...withoutEchoes(mistakes),
      ...warnings.map(({ code, data, ...rest }) => {
        const { value: _, ...place } = pageOf(rest.file).at(rest.field)
        return { ...rest, ...place, level: 'warning' as const, reason: `warning: ${code}`, code, data }
      }),
    ]
  })
}

function explain(problem: PackProblem, page: Page, words: CheckWords, schemas: Record<string, z.ZodType>): Remark[] {
  const { field, line } = problem
  const remark = (place: Place, told: Told, suggestion?: string): Remark => {
    const { value, ...where } = place
    const data = { key: page.names(field).at(-1) ?? '', value: shown(value), ...told.data }
    return {
      ...problem,
      ...where,
      level: 'mistake',
      code: told.code,
      data,
      known: told.known,
      ...(suggestion && { suggestion }),
    }
  }
  const objection = page.objection(line)
  if (objection) {
    const told = { code: `yaml_${objection.code.toLowerCase()}`, data: { reason: problem.reason } }
    return [remark(objection.place, told)]
  }
  const told = tellReason(problem.reason)
  if (told.code === 'unknown_key') {
    const known = knownKeys(problem.file, page, field, words, schemas)
    return unquoted(told.data.names ?? '').map((name) =>
      remark(page.key(field, name), { ...told, data: { name } }, nearest(name, known)),
    )
  }
  const place = page.at(field)
  return [remark(place, told, suggestionFor(told, place, words))]
}

/** The keys that are understood at a place: those of its schema, of the word that is said there, or any we know. */
function knownKeys(
  file: string,
  page: Page,
  field: string,
  words: CheckWords,
  schemas: Record<string, z.ZodType>,
): string[] {
  const said = String(page.at(`${field}.do`).value ?? '')
  const word = file.split('/')[1] === 'rules' ? ruleWord(said) : flowWord(said)
  if (word) return keysAt(word.args, [])
  const place = file.split('/')[1] ?? ''
  const schema = schemas[place] ?? schemaOfFile(place)
  const known = schema ? keysAt(schema, page.names(field)) : []
  return known.length > 0 ? known : words.examples
}

function suggestionFor(told: Told, { value }: Place, words: CheckWords): string | undefined {
  const text = String(value ?? '')
  if (told.known) return nearest(told.data.name ?? text, told.known)
  if (['span', 'whole_days', 'time_span'].includes(told.code)) return spanMeant(text, words)
  if (told.code === 'share') return shareMeant(text)
  if (told.code === 'time') return timeMeant(text)
  if (['name', 'form_name', 'field_name'].includes(told.code)) return nameMeant(text)
  if (told.code === 'option_text') return `'${text}'`
  if (told.code === 'no_form_fits' && typeof value === 'string') return nearest(text, ['pool', 'least_busy'])
  return undefined
}

/**
 * Leaves out what only follows from another mistake: the key that is missing because it is misspelled, the form that is
 * not there because its own file has mistakes, the step that cannot be reached because a name is wrong, and all that a
 * parser stumbles over after it has lost its way.
 */
function withoutEchoes(remarks: Remark[]): Remark[] {
  const misspelled = new Set(
    remarks
      .filter(({ code }) => code === 'unknown_key')
      .map(({ file, field, suggestion }) => `${file} ${[field, suggestion].filter(Boolean).join('.')}`),
  )
  const broken = remarks.map(({ file }) => {
    const [, folder = '', name] = /\/(\w+)\/([^/]+)\.ya?ml$/.exec(file) ?? []
    return `${WHAT[folder]} ${name}`
  })
  const astray = new Set(remarks.filter(leadsAstray).map(({ file }) => file))
  return remarks.filter((remark, index) => {
    const { code, file, field, data } = remark
    if (code.startsWith('yaml_')) return remarks.findIndex((one) => one.file === file) === index
    if (['unreachable', 'no_way_on', 'runs_round'].includes(code)) return !astray.has(file)
    if (code === 'missing') return !misspelled.has(`${file} ${field}`)
    return code !== 'unknown' || !broken.includes(`${data.what} ${data.name}`)
  })
}

function shown(value: unknown): string {
  return value === undefined ? '' : String(value)
}

/** Whether a mistake sends a flow where its author did not mean it to go. */
function leadsAstray({ code, data }: Remark): boolean {
  if (code === 'unknown') return data.what === 'step'
  return ['step_twice', 'join_outside', 'branch_ends', 'other_branch'].includes(code)
}
