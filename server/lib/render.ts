import { type Clock, systemClock } from './clock.ts'
import { FORMAT_WORDS, formatHelpers } from './format.ts'
import { type Compiler, type Template, TemplateError, templateCompiler } from './template.ts'
import { Leaf, readWordFiles, type WordProblem, type WordTree } from './word-files.ts'

/** What templates see. `now` (ms UTC), if it is there, is what the helpers `date` and `datetime` call today. */
export type WordData = Record<string, unknown>

/** All that people read, by key: `<folder>/<file>` for a file, `.<name>` for each step into it. */
export interface Words {
  /** Renders one text: `words.text('messages/errors.too_many', data)`; throws if a variable or the key is missing. */
  text(key: string, data?: WordData): string
  /** Renders every text of a file or of a part of it; lists and groups, numbers and truths are kept as they are. */
  tree(key: string, data?: WordData): unknown
  has(key: string): boolean
  /** Renders a text that stands elsewhere (in a pack), in the same language; throws if a variable is missing. */
  say(source: string, data?: WordData): string
  /** Reads the folder again and swaps at once; throws WordsError and keeps the old words if anything is broken. */
  reload(): void
}

export interface WordsOptions {
  /** The zone of the dates that people read. */
  zone?: string
  clock?: Clock
}

/** The words cannot be used; `problems` is the whole list. */
export class WordsError extends Error {
  constructor(readonly problems: WordProblem[]) {
    super(problems.map(({ file, line, reason }) => `${file}:${line}: ${reason}`).join('\n'))
  }
}

/** Texts of packs are few; what was edited away shall not stay for ever. */
const MOST_TOLD = 1_000

/** What keeps a text of a pack from being rendered, or undefined: how it is written, not what it is given. */
export function textProblem(source: string): string | undefined {
  try {
    checking(source, false)
    return undefined
  } catch (error) {
    if (error instanceof TemplateError) return error.message
    throw error
  }
}

const checking = templateCompiler(formatHelpers({ say: () => '', zone: 'UTC', clock: systemClock }))

/** A part of the words, ready to render. */
type Rendered = Template | Rendered[] | { [key: string]: Rendered } | number | boolean | null

/** Loads the words of a templates folder (`cards`, `messages`, `pages`, `documents`, `posters`, `mail`); throws WordsError. */
export function loadWords(dir: string, options: WordsOptions = {}): Words {
  let index = readIndex(dir, options)
  const told = new Map<string, Template>()
  const { zone = 'Asia/Shanghai', clock = systemClock } = options
  const compile = templateCompiler(
    formatHelpers({ say: (word, data) => renderText(index, `messages/format.${word}`, data), zone, clock }),
  )
  return {
    text: (key, data = {}) => renderText(index, key, data),
    say(source, data = {}) {
      const template = told.get(source) ?? compile(source, false)
      if (told.size >= MOST_TOLD) told.clear()
      told.set(source, template)
      return template(data)
    },
    tree: (key, data = {}) => renderTree(find(index, key), key, data),
    has: (key) => index.has(key),
    reload() {
      index = readIndex(dir, options)
    },
  }
}

function readIndex(dir: string, { zone = 'Asia/Shanghai', clock = systemClock }: WordsOptions): Map<string, Rendered> {
  const problems: WordProblem[] = []
  const index = new Map<string, Rendered>()
  // The helpers speak with the words of their own generation.
  const say = (word: string, data: WordData): string => renderText(index, `messages/format.${word}`, data)
  const compiler = templateCompiler(formatHelpers({ say, zone, clock }))
  for (const [key, tree] of readWordFiles(dir, problems)) add(index, key, tree, compiler, problems)
  for (const word of FORMAT_WORDS) {
    if (typeof index.get(`messages/format.${word}`) !== 'function') {
      problems.push({ file: 'messages/format.yaml', line: 1, reason: `the text "${word}" is missing` })
    }
  }
  if (problems.length > 0)
    throw new WordsError(problems.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line))
  return index
}

/** Compiles a tree and enters it and all its parts under their keys. */
function add(
  index: Map<string, Rendered>,
  key: string,
  tree: WordTree,
  compile: Compiler,
  problems: WordProblem[],
): Rendered {
  const below = (name: string, part: WordTree): Rendered => add(index, `${key}.${name}`, part, compile, problems)
  let made: Rendered
  if (tree instanceof Leaf) made = compileLeaf(tree, compile, problems)
  else if (Array.isArray(tree)) made = tree.map((part, i) => below(String(i), part))
  else if (typeof tree === 'object' && tree !== null) {
    made = Object.fromEntries(Object.entries(tree).map(([name, part]) => [name, below(name, part)]))
  } else made = tree
  index.set(key, made)
  return made
}

function compileLeaf({ text, written, html, file, line }: Leaf, compile: Compiler, problems: WordProblem[]): Rendered {
  try {
    return compile(text, html)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    const told = written === text ? error : (mistakeIn(written, html, compile) ?? error)
    problems.push({ file, line: line + told.line - 1, reason: told.message })
    return null
  }
}

/** What is wrong with a text, if it is this. */
function mistakeIn(text: string, html: boolean, compile: Compiler): TemplateError | undefined {
  try {
    compile(text, html)
    return undefined
  } catch (error) {
    return error instanceof TemplateError ? error : undefined
  }
}

function renderText(index: Map<string, Rendered>, key: string, data: WordData): string {
  const part = find(index, key)
  if (typeof part === 'object') throw new Error(`${key} is ${part === null ? 'empty' : 'a group or list'}, not a text`)
  return String(renderTree(part, key, data))
}

function renderTree(part: Rendered, key: string, data: WordData): unknown {
  if (typeof part === 'function') {
    try {
      return part(data)
    } catch (error) {
      throw new Error(`${key}: ${(error as Error).message}`, { cause: error })
    }
  }
  if (Array.isArray(part)) return part.map((one, i) => renderTree(one, `${key}.${i}`, data))
  if (typeof part !== 'object' || part === null) return part
  return Object.fromEntries(Object.entries(part).map(([name, one]) => [name, renderTree(one, `${key}.${name}`, data)]))
}

function find(index: Map<string, Rendered>, key: string): Rendered {
  const part = index.get(key)
  if (part !== undefined) return part
  const nearest = [...index.keys()]
    .map((other) => ({ other, distance: editDistance(key, other) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ other }) => other)
  throw new Error(`there are no words "${key}"; the nearest are ${nearest.join(', ')}`)
}

/** How many characters must be put in, taken out or changed to turn one text into the other. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const above = row
    row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, change)
    }
  }
  return row[b.length] ?? 0
}
