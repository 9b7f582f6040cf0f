import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Document, isMap, isPair, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml'

/** A place in a file of a pack, as its author sees it. */
export interface Place {
  line: number
  column: number
  /** How many characters of the line it takes. */
  length: number
  /** The whole line. */
  quote: string
  /** What stands there, if it is one value. */
  value?: unknown
}

/** A file of a pack that tells the place of each of its parts. */
export interface Page {
  /** The place of a part by its path (`steps.2.limit`), or of the nearest part around it. */
  at(field: string): Place
  /** The place of a key itself, with `field` the group in which it stands. */
  key(field: string, name: string): Place
  /** The beginning of what stands in a line. */
  line(line: number): Place
  /** What the parser objects to in this line: the name that the parser gives it. */
  objection(line: number): { code: string; place: Place } | undefined
  /** The names of the parts from the file down to a place; keys that contain dots are one name. */
  names(field: string): string[]
}

/** Opens a file of a pack; one that cannot be read is empty. */
export function openPage(root: string, file: string): Page {
  const text = readText(join(root, file))
  const rows = text.split(/\r?\n/)
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false })

  function place(from: number, to: number, value?: unknown): Place {
    const { line, col } = counter.linePos(from)
    const quote = rows[line - 1] ?? ''
    const length = Math.max(1, Math.min(to - from, quote.trimEnd().length - col + 1))
    return { line, column: col, length, quote, value }
  }
  const placeOf = (node: Node | undefined): Place => {
    const [from, to] = node?.range ?? [0, 1]
    return place(from, to, isScalar(node) ? node.value : undefined)
  }
  const lineAt = (line: number): Place => {
    const quote = rows[line - 1] ?? ''
    const column = Math.max(1, quote.search(/\S/) + 1)
    return { line, column, length: Math.max(1, quote.trim().length), quote }
  }
  return {
    at: (field) => placeOf(walk(document, field).node),
    key(field, name) {
      const { node } = walk(document, field)
      const pair = isMap(node) ? node.items.find((one) => nameOf(one) === name) : undefined
      return placeOf((pair?.key as Node | undefined) ?? node)
    },
    line: lineAt,
    objection(line) {
      const error = document.errors.find(({ pos }) => counter.linePos(pos[0]).line === line)
      return error && { code: error.code, place: place(error.pos[0], error.pos[1]) }
    },
    names: (field) => walk(document, field).names,
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Follows a path as far as it goes. Its parts are joined by dots, which keys may contain too: the longest key wins. */
function walk(document: Document, field: string): { node?: Node; names: string[] } {
  let node = (document.contents ?? undefined) as Node | undefined
  const names: string[] = []
  for (let rest = field === '' ? [] : field.split('.'); rest.length > 0; ) {
    const step = stepInto(node, rest)
    if (!step) return { node, names: [...names, ...rest] }
    node = step.node
    names.push(step.name)
    rest = rest.slice(step.taken)
  }
  return { node, names }
}

function stepInto(node: Node | undefined, rest: string[]): { node: Node; name: string; taken: number } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(rest[0])] as Node | undefined
    return item && { node: item, name: rest[0] ?? '', taken: 1 }
  }
  if (!isMap(node)) return undefined
  for (let taken = rest.length; taken > 0; taken--) {
    const name = rest.slice(0, taken).join('.')
    const pair = node.items.find((one) => nameOf(one) === name)
    if (pair?.value) return { node: pair.value as Node, name, taken }
  }
  return undefined
}

function nameOf(pair: Pair): string {
  return isPair(pair) && isScalar(pair.key) ? String(pair.key.value) : ''
}
