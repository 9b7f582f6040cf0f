import type { Staff } from '../server/engines/staff/staff.ts'
import type { Tx } from '../server/lib/tx.ts'

/** A message that answers a command: of some kind, about something, drawn when it is delivered. */
export interface Answer {
  kind: string
  subjectId: string
  data?: Record<string, unknown>
  /** The platform on which it is told; without one, where the person wants it. */
  via?: string
}

/** One thing that staff can ask for in the chat. Commands are objects in a list; each has words of its own in help. */
export interface Command {
  name: string
  /** What people type, Chinese and English; the first is what others call it. */
  words: string[]
  /** Where it stands in help. */
  group: 'work' | 'customers' | 'figures' | 'me'
  /** Whether a group may read the answer; everything else is answered in private. */
  open?: boolean
  /** It takes nothing behind its word: with more behind it, the text means something else. */
  alone?: boolean
  may?(tx: Tx, staff: Staff): Promise<boolean>
  /** `rest` is what was typed behind the word. Throws an AppError that tells the right form. */
  run(tx: Tx, staff: Staff, rest: string): Promise<Answer[]>
}

/** What a text means: a command (`whole`: beyond doubt), several that it may mean, or none, with the nearest. */
export type Understood =
  | { command: Command; rest: string; whole: boolean }
  | { among: Command[] }
  | { nearest: Command | undefined }

/** A line of the chat as an answer, its words under cards/commands.line. */
export function line(staff: Staff, name: string, data: Record<string, unknown> = {}): Answer {
  return { kind: 'line', subjectId: staff.id, data: { ...data, line: name } }
}

/** Wide letters, digits and signs; Chinese punctuation stays what it is, for what is typed may be read by others. */
const WIDE = /[\uff01-\uff5e](?<![，：；！？（）])/g
const WIDE_BY = 0xfee0

/** What was typed without what phones and group chats put around it: wide letters, a mention, a slash, blanks. */
export function tidy(text: string): string {
  return text
    .replace(WIDE, (wide) => String.fromCharCode(wide.charCodeAt(0) - WIDE_BY))
    .replace(/(?<=\d)：(?=\d)/g, ':')
    .replace(/^(\s*@\S+\s)+/, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^\/ ?/, '')
    .replace(/[。.!！]+$/, '')
}

/** Finds the command that a text begins with; forgives an unfinished word and one wrong letter. */
export function understand(text: string, commands: Command[]): Understood {
  const said = tidy(text)
  const all = commands.flatMap((command) => command.words.map((word) => ({ command, word })))
  const exact = all.find(({ word }) => word === said.toLowerCase())
  if (exact) return { command: exact.command, rest: '', whole: isWhole(exact) }
  const begun = all
    .flatMap(({ command, word }) => ({ command, word, rest: behind(said, word) }))
    .filter(({ command, rest }) => rest !== undefined && !(command.alone && rest))
    .sort((a, b) => b.word.length - a.word.length)[0]
  if (begun) return { command: begun.command, rest: begun.rest ?? '', whole: false }
  for (const guess of [unfinished, misspelt]) {
    const found = guess(said, all)
    const among = [...new Set(found.map(({ command }) => command))]
    const [first] = found
    if (first && among.length === 1) return { command: first.command, rest: first.rest, whole: false }
    if (among.length > 1) return { among }
  }
  return { nearest: nearest(said, all) }
}

/** Its Chinese or English name to the letter, and it wants nothing more: other words may be answers to something. */
function isWhole({ command, word }: Word): boolean {
  return command.alone === true && command.words.indexOf(word) < 2
}

type Word = { command: Command; word: string }

/** What stands behind a word at the beginning of a text; undefined when the text begins otherwise. */
function behind(said: string, word: string): string | undefined {
  if (!said.toLowerCase().startsWith(word)) return undefined
  const rest = said.slice(word.length)
  if (/^[a-z]/i.test(rest) && /[a-z]$/.test(word)) return undefined
  return rest.replace(/^[\s:,，、：]+/, '')
}

function unfinished(said: string, all: Word[]) {
  const lower = said.toLowerCase()
  if (lower.length < (isChinese(lower) ? 1 : 3)) return []
  return all.filter(({ word }) => word.startsWith(lower)).map((one) => ({ ...one, rest: '' }))
}

/** A wrong letter in a word of two characters could mean anything: those are only named as the nearest. */
function misspelt(said: string, all: Word[]) {
  return all.flatMap(({ command, word }) => {
    if (word.length < (isChinese(word) ? 3 : 4)) return []
    const rest = [0, 1, -1].map((more) => behindMisspelt(said, word, more)).find((one) => one !== undefined)
    return rest === undefined ? [] : [{ command, word, rest }]
  })
}

/** What stands behind a misspelt word, if its end can be told: by a blank or the end of the text. */
function behindMisspelt(said: string, word: string, more: number): string | undefined {
  const end = word.length + more
  if (said.length !== end && said[end] !== ' ') return undefined
  return oneAway(said.slice(0, end).toLowerCase(), word) ? said.slice(end).trim() : undefined
}

function nearest(said: string, all: Word[]): Command | undefined {
  const lower = said.toLowerCase()
  const contained = all
    .filter(({ word }) => lower.includes(word) && (isChinese(word) || word.length > 3))
    .sort((a, b) => b.word.length - a.word.length)[0]
  const head = lower.split(' ')[0] ?? ''
  // One letter away from a single letter is anything.
  const alike = all.find(({ word }) => word.length > 1 && (oneAway(lower, word) || oneAway(head, word)))
  return (contained ?? alike)?.command
}

/** Whether one letter put in, left out, changed, or two exchanged turn one text into the other. */
function oneAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false
  let from = 0
  while (from < Math.min(a.length, b.length) && a[from] === b[from]) from++
  const [x, y] = [a.slice(from), b.slice(from)]
  if (x.slice(1) === y || x === y.slice(1) || x.slice(1) === y.slice(1)) return true
  return x[0] === y[1] && x[1] === y[0] && x.slice(2) === y.slice(2)
}

function isChinese(text: string): boolean {
  return /\p{Script=Han}/u.test(text)
}
