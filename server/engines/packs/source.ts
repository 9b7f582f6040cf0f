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

/** Reads a YAML file; what the parser objects to becomes a problem. */
export function readSource(root: string, path: string, problems: PackProblem[]): Source | undefined {
  const file = relative(root, path)
  const lines = new LineCounter()
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    problems.push({ file, line: 1, field: '', reason: 'the file cannot be read' })
    return undefined
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  for (const error of document.errors) {
    problems.push({ file, line: lines.linePos(error.pos[0]).line, field: '', reason: error.message })
  }
  if (document.errors.length > 0) return undefined
  return {
    file,
    value: document.toJS({ maxAliasCount: 100 }),
    problem(path, reason) {
      // The nearest enclosing part that exists: a missing key has no line of its own.
      for (let length = path.length; length >= 0; length--) {
        const node = document.getIn(path.slice(0, length) as string[], true) as
          | { range?: [number, number, number] }
          | undefined
        if (node?.range)
          return { file, line: lines.linePos(node.range[0]).line, field: path.map(String).join('.'), reason }
      }
      return { file, line: 1, field: path.map(String).join('.'), reason }
    },
  }
}

/** Checks a file against a schema; each issue becomes a problem with its line. */
export function parseSource<T>(source: Source, schema: z.ZodType<T>, problems: PackProblem[]): T | undefined {
  const parsed = schema.safeParse(source.value)
  if (parsed.success) return parsed.data
  for (const issue of parsed.error.issues) problems.push(source.problem(issue.path, issue.message))
  return undefined
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
