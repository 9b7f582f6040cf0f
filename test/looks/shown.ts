import { join } from 'node:path'
import { kinds } from '../../bot/kinds.ts'
import { flowOf } from '../../server/engines/flows/flows.ts'
import { FlowRun } from '../../server/engines/flows/run.ts'
import { FlowStep } from '../../server/engines/flows/step.ts'
import { readPack } from '../../server/engines/packs/pack.ts'
import { packNames } from '../../server/engines/packs/together.ts'
import { ROOT } from '../../server/lib/config.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { Leaf, readWordFiles, type WordTree } from '../../server/lib/word-files.ts'
import { CHATS, type Story } from '../harness.ts'

const TEMPLATES = join(ROOT, 'templates')
/** Words for the chat that stand on no card and in no line: what may be typed, and what the menu below the chat says. */
const NOT_READ = /^cards\/(menu|platforms)\./
/** Said on the platform where somebody is not known, or not in the room: the scene has it on one of the two. */
const ONE_SIDED = new Set(['link_say', 'link_confirm', 'link_review', 'room_elsewhere'].map((kind) => `kind ${kind}`))
/** So much of a text must be in a picture: cards cut what is too long for them. */
const HEAD = 8

/**
 * What there is to show to staff, taken from the code and the templates, and what of it has been on a picture: each kind
 * of message, each step of each flow that people do, each text for the chat.
 */
export class Shown {
  private readonly seen = new Map<string, Set<string>>()
  /** What was drawn in the story that is open: the names of what stands on a card, by its id, or in a text. */
  private readonly cards = new Map<string, Set<string>>()
  private readonly texts = new Map<string, Set<string>>()
  private readonly pictures = new Set<string>()

  constructor() {
    for (const kind of kinds.values()) {
      const draw = kind.draw.bind(kind)
      kind.draw = async (tx, message, words) => {
        const look = await draw(tx, message, words)
        const names = [`kind ${kind.kind}`, ...(await stepOf(tx, message.subjectId))]
        if (look && 'card' in look) add(this.cards, message.id, names)
        else if (look && 'text' in look) add(this.texts, look.text, names)
        else if (look) this.pictures.add(`kind ${kind.kind}`)
        return look
      }
    }
  }

  /** Listens to what a house says from now on. */
  listen({ running }: Story): void {
    this.cards.clear()
    this.texts.clear()
    const { words } = running.house
    const text = words.text.bind(words)
    words.text = (key, data) => {
      const said = text(key, data)
      if (key.startsWith('cards/') && said.trim() !== '') add(this.texts, said, [`words ${key}`])
      return said
    }
  }

  /** Takes note of what stands on a picture of this chat. */
  note(items: { kind: string; taskId?: string }[], side: string): void {
    const see = (names: Iterable<string>) => {
      for (const name of names) add(this.seen, name, [side])
    }
    for (const item of items) {
      see(this.cards.get(item.taskId ?? '') ?? [])
      if (item.kind === 'image' || item.kind === 'file') see(this.pictures)
    }
    const shown = flat(JSON.stringify(items))
    for (const [text, names] of this.texts)
      if (shown.includes(flat(JSON.stringify(text).slice(1, -1)).slice(0, HEAD))) see(names)
  }

  /** What was on no picture of one of the work chats. */
  missing(): string[] {
    return [...kindNames(), ...stepNames()].flatMap((name) => {
      const sides = this.seen.get(name)
      if (ONE_SIDED.has(name) && sides) return []
      return CHATS.filter((chat) => !sides?.has(chat)).map((chat) => `${name} on ${chat}`)
    })
  }

  /** Texts that were on no picture at all: for some of them much would have to go wrong. */
  unread(): string[] {
    return wordNames().filter((name) => !this.seen.has(`words ${name}`))
  }
}

function add(to: Map<string, Set<string>>, key: string, names: string[]): void {
  const known = to.get(key) ?? new Set()
  to.set(key, known)
  for (const name of names) known.add(name)
}

/** As platforms break lines each in their own way. */
function flat(text: string): string {
  return text.replaceAll(/\s|\\n|\\"|\\\\/g, '')
}

/** The step of a flow of which a message speaks. */
async function stepOf(tx: Tx, id: string): Promise<string[]> {
  const step = await tx.get(FlowStep, id)
  const run = step && (await tx.get(FlowRun, step.runId))
  return step && run ? [`step ${(await flowOf(tx, run.definitionId)).flow}.${step.name}`] : []
}

function kindNames(): string[] {
  return [...kinds.keys()].map((kind) => `kind ${kind}`)
}

function stepNames(): string[] {
  const root = join(TEMPLATES, 'packs')
  const packs = packNames(root).flatMap((name) => readPack(root, name, []) ?? [])
  const flows = packs.flatMap((pack) => pack.flows)
  return flows.flatMap(({ flow, steps }) =>
    steps.filter(({ role }) => role !== '').map(({ step }) => `step ${flow}.${step}`),
  )
}

function wordNames(): string[] {
  const files = [...readWordFiles(TEMPLATES, [])].filter(([key]) => key.startsWith('cards/'))
  return files.flatMap(([key, tree]) => leaves(key, tree)).filter((key) => !NOT_READ.test(key))
}

function leaves(key: string, tree: WordTree): string[] {
  if (tree instanceof Leaf) return [key]
  if (typeof tree !== 'object' || tree === null) return []
  return Object.entries(tree).flatMap(([name, part]) => leaves(`${key}.${name}`, part))
}
