import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'

/** A mistake in a pack, as its author needs it: where it is, what is wrong. */
export interface PackProblem {
  file: string
  line: number
  /** The path inside the file, `steps.2.limit`. */
  field: string
  reason: string
}

/** One parsed YAML file that can tell the line of each of its parts. */
export interface Source {
  file: string
  value: unknown
  problem(path: PropertyKey[], reason: string): PackProblem
}

/** What a file says, with the file that tells where it says it. */
export interface Read<T> {
  value: T
  source: Source
}

/** Texts that were read without objection, and what they say: each file of a pack is asked for several times, and anew at every edit of another. */
const known = new Map<string, unknown>()
/** What was edited away shall not stay for ever. */
const MOST_KNOWN = 2_000

/** Reads a YAML file; what the parser objects to becomes a problem. */
export function readSource(root: string, path: string, problems: PackProblem[]): Source | undefined {
  const file = relative(root, path)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    problems.push({ file, line: 1, field: '', reason: 'the file cannot be read' })
    return undefined
  }
  if (!known.has(text)) {
    const { document, lines } = parsed(text)
    for (const error of document.errors) {
      problems.push({ file, line: lines.linePos(error.pos[0]).line, field: '', reason: error.message })
    }
    if (document.errors.length > 0) return undefined
    if (known.size >= MOST_KNOWN) known.clear()
    known.set(text, frozen(document.toJS({ maxAliasCount: 100 })))
  }
  return { file, value: known.get(text), problem: (path, reason) => ({ file, ...placeIn(text, path), reason }) }
}

function parsed(text: string) {
  const lines = new LineCounter()
  return { lines, document: parseDocument(text, { lineCounter: lines, prettyErrors: false }) }
}

/** Where a part of a file stands. A missing key has no line of its own: the nearest enclosing part that exists has. */
function placeIn(text: string, path: PropertyKey[]): { line: number; field: string } {
  const field = path.map(String).join('.')
  const { document, lines } = parsed(text)
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length) as string[], true) as
      | { range?: [number, number, number] }
      | undefined
    if (node?.range) return { line: lines.linePos(node.range[0]).line, field }
  }
  return { line: 1, field }
}

/** All who read a text share what it says. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(frozen)
  }
  return value
}

/** What texts come to that a schema has no objection to: all who ask share it, as they share what the text says. */
const checked = new WeakMap<object, WeakMap<z.ZodType, unknown>>()

/** Checks a file against a schema; each issue becomes a problem with its line. */
export function parseSource<T>(source: Source, schema: z.ZodType<T>, problems: PackProblem[]): T | undefined {
  const known = typeof source.value === 'object' && source.value !== null ? checkedOf(source.value) : undefined
  if (known?.has(schema)) return known.get(schema) as T
  const parsed = schema.safeParse(source.value)
  if (parsed.success) {
    known?.set(schema, frozen(parsed.data))
    return parsed.data
  }
  for (const issue of parsed.error.issues) problems.push(source.problem(issue.path, issue.message))
  return undefined
}

function checkedOf(value: object): WeakMap<z.ZodType, unknown> {
  const known = checked.get(value) ?? new WeakMap<z.ZodType, unknown>()
  checked.set(value, known)
  return known
}

/** The YAML files of a folder, in order of their names; an absent folder has none. */
export function yamlFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}

/** The words of a mistake: a name that means nothing, and those that would. */
export function unknown(what: string, name: string, known: string[]): string {
  return `there is no ${what} "${name}"; known: ${known.join(', ') || 'none'}`
}
