import { readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'

/** The folders of words within the templates folder. */
const FOLDERS = ['cards', 'messages', 'pages', 'documents']

/** A text that stands in a file and is a template. */
export class Leaf {
  constructor(
    readonly text: string,
    readonly file: string,
    /** The line on which the text's own first line stands. */
    readonly line: number,
    readonly html: boolean,
  ) {}
}

/** What a file holds: templates, and the numbers and truths between them, in lists and groups. */
export type WordTree = Leaf | WordTree[] | { [key: string]: WordTree } | number | boolean | null

export interface WordProblem {
  file: string
  line: number
  reason: string
}

/** Files as they were read last, if nothing was wrong: of a folder that is read again most have not changed. */
const known = new Map<string, { source: string; tree: WordTree }>()

/** Reads all files of words, by key (`messages/errors`); what is wrong is added to `problems`. */
export function readWordFiles(dir: string, problems: WordProblem[]): Map<string, WordTree> {
  const found = new Map<string, WordTree>()
  for (const folder of FOLDERS) {
    for (const name of namesIn(join(dir, folder))) {
      const extension = extname(name)
      if (extension !== '.yaml' && extension !== '.hbs') continue
      const file = `${folder}/${name}`
      const key = `${folder}/${basename(name, extension)}`
      const source = readFileSync(join(dir, file), 'utf8')
      if (key.includes('.')) problems.push({ file, line: 1, reason: 'a file name may not contain a further dot' })
      else if (found.has(key)) problems.push({ file, line: 1, reason: `there is another file for ${key}` })
      else if (extension === '.hbs') found.set(key, new Leaf(source, file, 1, folder === 'pages'))
      else found.set(key, readYaml(source, file, problems))
    }
  }
  return found
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function readYaml(source: string, file: string, problems: WordProblem[]): WordTree {
  const before = known.get(file)
  if (before?.source === source) return before.tree
  const wrong = problems.length
  const tree = parseYaml(source, file, problems)
  if (problems.length === wrong) known.set(file, { source, tree })
  return tree
}

function parseYaml(source: string, file: string, problems: WordProblem[]): WordTree {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false })
  for (const error of document.errors) {
    problems.push({ file, line: lines.linePos(error.pos[0]).line, reason: error.message })
  }
  if (document.errors.length > 0) return null

  const lineOf = (node: Node): number => lines.linePos(node.range?.[0] ?? 0).line
  function grow(node: unknown): WordTree {
    if (isAlias(node)) return grow(node.resolve(document))
    if (isSeq(node)) return node.items.map(grow)
    if (isMap(node)) {
      const group: [string, WordTree][] = []
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : ''
        if (name === '' || name.includes('.')) {
          const line = lineOf(key as Node)
          problems.push({ file, line, reason: `"${name}" cannot be a key: no dots, and not empty` })
        }
        group.push([name, grow(value)])
      }
      return Object.fromEntries(group)
    }
    if (!isScalar(node)) return null
    const { value } = node
    if (typeof value !== 'string') return value as number | boolean | null
    // The text of a block begins on the line after its | or >.
    const block = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED'
    return new Leaf(value, file, lineOf(node) + (block ? 1 : 0), false)
  }
  return grow(document.contents)
}
