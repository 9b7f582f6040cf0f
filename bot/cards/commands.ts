import { figuresOf, teamOf } from '../../server/engines/flows/figures.ts'
import { runOf } from '../../server/engines/flows/flows.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { Memo } from '../../server/engines/staff/memo.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { CardKind, Look } from '../card.ts'
import { platformsToList } from '../platforms.ts'

/** A line that answers a command, its words under cards/commands.line. */
const line: CardKind = {
  kind: 'line',
  draw: async (tx, { data }, words) => ({
    text: words.text(`cards/commands.line.${data.line}`, { ...data, now: tx.now }),
  }),
}

/** What its receiver can ask for, in groups, in their language. */
const help: CardKind = {
  kind: 'help',
  async draw(tx, message, words) {
    const language = (await staffById(tx, message.recipientId))?.language === 'en' ? 'en' : 'zh'
    const listed = message.data.commands as { name: string; group: string }[]
    // The AI bot understands words alone.
    const data = { ...platformsToList(), wordsOnly: message.via === 'wecom_bot' }
    const text = (key: string) => words.text(`cards/commands.help.${language}.${key}`, data)
    const parts = [text('title')]
    for (const group of ['work', 'customers', 'figures', 'me']) {
      const names = listed.filter((one) => one.group === group && words.has(`cards/commands.help.zh.${one.name}`))
      if (names.length > 0) parts.push(text(`group_${group}`), ...names.map(({ name }) => text(name)))
    }
    return { text: [...parts, text('end')].join('\n') }
  },
}

/** One's own day; whoever leads others reads their team's below. */
const today: CardKind = { kind: 'today', draw: drawToday }

async function drawToday(tx: Tx, message: Message, words: Words): Promise<Look | undefined> {
  const staff = await staffById(tx, message.recipientId)
  if (!staff) return undefined
  const team = await teamOf(tx, staff)
  const figures = await figuresOf(tx, team)
  const text = (key: string, data: object) => words.text(`cards/commands.today.${key}`, { ...data, now: tx.now })
  const own = figures.get(staff.id)
  const parts = [text('own', { ...own, responded: own?.responseMs !== null, responseMs: own?.responseMs ?? 0 })]
  if (team.length > 1) {
    const all = [...figures.values()]
    const sum = (key: 'done' | 'open' | 'overdue') => all.reduce((total, one) => total + one[key], 0)
    parts.push(text('team', { people: team.length, done: sum('done'), open: sum('open'), overdue: sum('overdue') }))
  }
  return { text: parts.join('\n') }
}

/** The most people that one message lists: what is longer is cut by the platform. */
const MOST_PEOPLE = 20

/** How somebody and the people whom they lead stand: the same people as in the sum of the day. */
const team: CardKind = {
  kind: 'team',
  async draw(tx, message, words) {
    const staff = await staffById(tx, message.recipientId)
    const all = staff ? await teamOf(tx, staff) : []
    const people = all.length > 1 ? all : []
    const figures = await figuresOf(tx, people)
    const rows = people
      .map(({ id, name, onDuty }) => ({ name, onDuty, own: id === staff?.id, ...figures.get(id) }))
      .sort((a, b) => (b.overdue ?? 0) - (a.overdue ?? 0) || (b.open ?? 0) - (a.open ?? 0))
    const shown = rows.slice(0, MOST_PEOPLE)
    return { text: words.text('cards/commands.team', { rows: shown, more: rows.length - shown.length, now: tx.now }) }
  },
}

/** What somebody wanted to be reminded of. */
const memo: CardKind = {
  kind: 'memo',
  async draw(tx, message, words) {
    const wanted = await tx.get(Memo, message.subjectId)
    if (!wanted) return undefined
    const run = wanted.subjectId ? await runOf(tx, wanted.subjectId) : undefined
    const { text, at } = wanted
    return { text: words.text('cards/commands.memo', { text, at, number: run?.facts.number ?? '', now: tx.now }) }
  },
}

export const commandCards = [line, help, today, team, memo]
