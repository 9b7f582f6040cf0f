import { readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { compileMjml, MjmlError, titleOf } from './mjml.ts'

/** The folders of words within the templates folder. */
const FOLDERS = ['cards', 'messages', 'pages', 'documents', 'posters']
/** Whole texts, by the ending of their file: whether they are written in a language of tags, in which values are escaped. */
const TEXTS: Record<string, (folder: string) => boolean> = {
  '.hbs': (folder) => folder === 'pages',
  '.svg': () => true,
}
/** The folder of mails, each an MJML file, and of the parts that they have in common. */
const MAILS = 'mail'
const PARTS = `${MAILS}/parts`

/** A text that stands in a file and is a template. */
export class Leaf {
  constructor(
    readonly text: string,
    readonly file: string,
    /** The line on which the text's own first line stands. */
    readonly line: number,
    readonly html: boolean,
    /** What the author wrote, where the text was made from it: mistakes are told by its lines. */
    readonly written = text,
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
      const escapes = TEXTS[extension]
      if (extension !== '.yaml' && !escapes) continue
      const file = `${folder}/${name}`
      const key = `${folder}/${basename(name, extension)}`
      const source = readFileSync(join(dir, file), 'utf8')
      if (key.includes('.')) problems.push({ file, line: 1, reason: 'a file name may not contain a further dot' })
      else if (found.has(key)) problems.push({ file, line: 1, reason: `there is another file for ${key}` })
      else if (escapes) found.set(key, new Leaf(source, file, 1, escapes(folder)))
      else found.set(key, readYaml(source, file, problems))
    }
  }
  readMails(dir, found, problems)
  return found
}

/** Adds the mails: each has a `subject` and its `html`, with the marks of Handlebars still in them. */
function readMails(dir: string, found: Map<string, WordTree>, problems: WordProblem[]): void {
  const texts = (folder: string) =>
    namesIn(join(dir, folder))
      .filter((name) => extname(name) === '.mjml')
      .map((name) => [name, readFileSync(join(dir, folder, name), 'utf8')] as const)
  const parts = Object.fromEntries(texts(PARTS).map(([name, source]) => [`parts/${name}`, source]))
  for (const [name, source] of texts(MAILS)) {
    const file = `${MAILS}/${name}`
    const title = titleOf(source)
    if (!title) problems.push({ file, line: 1, reason: 'a mail needs a <mj-title>, which becomes its subject' })
    try {
      found.set(`${MAILS}/${basename(name, '.mjml')}`, {
        subject: new Leaf(title?.text ?? '', file, title?.line ?? 1, false),
        html: new Leaf(compileMjml(source, parts), file, 1, true, source),
      })
    } catch (error) {
      if (!(error instanceof MjmlError)) throw error
      problems.push({ file, line: error.line, reason: error.message })
    }
  }
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
