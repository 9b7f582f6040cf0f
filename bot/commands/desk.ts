import { liveSteps, turnOf } from '../../server/engines/flows/flows.ts'
import { managesSome } from '../../server/engines/flows/guards.ts'
import { type LinkKind, lookups } from '../../server/engines/staff/lookups.ts'
import type { Staff } from '../../server/engines/staff/staff.ts'
import { Invalid } from '../../server/lib/errors.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { type Command, line } from '../command.ts'
import { turnIn } from './subject.ts'

const LONGEST = 500
/** What stands between the two numbers, or before the second: 到, 与, into … */
const BETWEEN = /^(?:到|入|并入|与|和|跟|into|with|to)\s*|\s*(?:到|入|并入|与|和|跟|into|with|to)$/gi

const PRIORITIES: Record<string, 'urgent' | 'normal'> = {
  紧急: 'urgent',
  加急: 'urgent',
  urgent: 'urgent',
  普通: 'normal',
  正常: 'normal',
  normal: 'normal',
}

/** Lets one matter go on in another. */
const merge: Command = {
  name: 'merge',
  words: ['合并', 'merge', '并单'],
  group: 'work',
  async run(tx, staff, rest) {
    const { one, other } = await twoIn(tx, staff, rest, '合并 7K2QD 到 8M3XY')
    await lookups().desk.merge(tx, staff, one.id, other.id)
    return [line(staff, 'merged', { number: one.number, into: other.number })]
  },
}

/** Says what one matter has to do with another. */
const link: Command = {
  name: 'link',
  words: ['关联', 'link'],
  group: 'work',
  async run(tx, staff, rest) {
    const { one, other, rest: said } = await twoIn(tx, staff, rest, '关联 7K2QD 8M3XY')
    const kind = linkKind(said)
    await lookups().desk.link(tx, staff, one.id, other.id, kind)
    return [line(staff, 'linked', { number: one.number, other: other.number, kind })]
  },
}

/** Makes a matter of its own of what does not belong to this one. */
const split: Command = {
  name: 'split',
  words: ['拆单', 'split', '拆分'],
  group: 'work',
  async run(tx, staff, rest) {
    const { id, number, text } = await textIn(tx, staff, rest, '拆单 7K2QD 另外还要退押金')
    const made = await lookups().desk.split(tx, staff, id, text)
    return [line(staff, 'split', { number, made })]
  },
}

/** Opens a matter again that is over. */
const reopen: Command = {
  name: 'reopen',
  words: ['重开', 'reopen', '重新打开'],
  group: 'work',
  async run(tx, staff, rest) {
    const { id, number, text } = await textIn(tx, staff, rest, '重开 7K2QD 客户说没修好')
    await lookups().desk.reopen(tx, staff, id, text)
    return [line(staff, 'reopened', { number })]
  },
}

/** Puts words on a matter by which it is sorted; with a minus before it a word is taken off. */
const tag: Command = {
  name: 'tag',
  words: ['标签', 'tag', '打标签'],
  group: 'work',
  async run(tx, staff, rest) {
    const { turn, rest: said } = await turnIn(tx, staff, rest, '标签 7K2QD 加急')
    const words = said.split(/[\s,，、]+/).filter(Boolean)
    const remove = words.filter((word) => /^-./.test(word)).map((word) => word.slice(1))
    const add = words.filter((word) => !word.startsWith('-'))
    const tags = await lookups().desk.tag(tx, staff, turn.run.subjectId, { add, remove })
    return [line(staff, 'tagged', { number: turn.run.facts.number, tags })]
  },
}

/** Lets somebody hear of each step of a matter, or no more. */
function watching(name: string, words: string[], on: boolean): Command {
  return {
    name,
    words,
    group: 'work',
    async run(tx, staff, rest) {
      const { turn } = await turnIn(tx, staff, rest, `${words[0]} 7K2QD`)
      await lookups().desk.watch(tx, staff, turn.run.subjectId, on)
      return [line(staff, name, { number: turn.run.facts.number })]
    },
  }
}

/** Says something to the customer. */
const reply: Command = {
  name: 'reply',
  words: ['回复客户', 'reply', '答复客户'],
  group: 'work',
  async run(tx, staff, rest) {
    const { id, number, text } = await textIn(tx, staff, rest, '回复客户 7K2QD 师傅半小时后到')
    await lookups().desk.reply(tx, staff, id, text)
    return [line(staff, 'replied', { number })]
  },
}

/** A supervisor says how much a matter hurries. */
const priority: Command = {
  name: 'priority',
  words: ['优先级', 'priority'],
  group: 'work',
  may: managesSome,
  async run(tx, staff, rest) {
    const { turn, rest: said } = await turnIn(tx, staff, rest, '优先级 7K2QD 紧急')
    const wanted = PRIORITIES[said.toLowerCase()]
    if (!wanted) throw new Invalid('priority', 'priority_which')
    const dues = (await liveSteps(tx, turn.run.id)).map(({ id, dueAt }) => [id, dueAt] as const)
    await lookups().desk.prioritise(tx, staff, turn.run.subjectId, wanted)
    const moved = await movedLimits(tx, dues)
    return [line(staff, 'prioritised', { number: turn.run.facts.number, urgent: wanted === 'urgent', moved })]
  },
}

/** What can be done to a matter as a whole, beside its steps. */
export const desk: Command[] = [
  reply,
  tag,
  watching('watch', ['关注', 'watch'], true),
  watching('unwatch', ['取消关注', 'unwatch'], false),
  merge,
  link,
  split,
  reopen,
  priority,
]

interface Matter {
  id: string
  number: string
}

async function twoIn(
  tx: Tx,
  staff: Staff,
  text: string,
  example: string,
): Promise<{ one: Matter; other: Matter; rest: string }> {
  const first = await turnIn(tx, staff, text, example)
  const second = await turnIn(tx, staff, first.rest, example)
  return {
    one: matterOf(first.turn.run),
    other: matterOf(second.turn.run),
    rest: second.rest.replace(BETWEEN, ''),
  }
}

async function textIn(tx: Tx, staff: Staff, said: string, example: string): Promise<Matter & { text: string }> {
  const { turn, rest: text } = await turnIn(tx, staff, said, example)
  if (!text) throw new Invalid('text', 'desk_text', { example })
  if (text.length > LONGEST) throw new Invalid('text', 'text_too_long', { max: LONGEST, length: text.length })
  return { ...matterOf(turn.run), text }
}

function matterOf({ subjectId, facts }: { subjectId: string; facts: { number: string } }): Matter {
  return { id: subjectId, number: facts.number }
}

/** The steps that have another time limit than before, with the new one. */
async function movedLimits(tx: Tx, dues: (readonly [id: string, dueAt: number | null])[]) {
  const turns = await Promise.all(dues.map(([id]) => turnOf(tx, id)))
  return turns.flatMap(({ step, definition }, index) =>
    step.dueAt === null || step.dueAt === dues[index]?.[1] ? [] : [{ step: definition.title, dueAt: step.dueAt }],
  )
}

function linkKind(said: string): LinkKind {
  if (/重复|duplicate/i.test(said)) return 'duplicate'
  return /起因|引起|导致|caused/i.test(said) ? 'caused_by' : 'related'
}
