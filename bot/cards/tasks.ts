import { openSteps } from '../../server/engines/flows/figures.ts'
import { stepCard, turnOf } from '../../server/engines/flows/flows.ts'
import { guardReader } from '../../server/engines/flows/guards.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { hasNewer } from '../../server/engines/messages/outbox.ts'
import type { Staff } from '../../server/engines/staff/staff.ts'
import { Conflict, Invalid } from '../../server/lib/errors.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { type Card, type CardKind, clip, type Look, type Press, titleBeside } from '../card.ts'
import { answer } from '../here.ts'
import { timeLeft } from './time-left.ts'

/** How many tasks stand on one card: four in the quote, six below it (the platform has no longer list). */
const PAGE = 10
const QUOTED = 4
/** What of a matter's title stands in the list: four lines have to go into one quote. */
const TITLE_ROOM = 12

/** What lies before somebody, the most urgent first; each can be opened, which sends its card anew. */
export const tasksCard: CardKind = { kind: 'tasks', draw, press: { open, more } }

/** Sends a step's card anew to somebody who may see it; their older one will point to it. Throws Conflict. */
export async function reopen(tx: Tx, turn: Turn, staff: Staff): Promise<void> {
  await guardReader(tx, turn, staff)
  if (!turn.step.isLive()) throw new Conflict('task_over', { number: turn.run.facts.number })
  await answer(tx, { ...stepCard(turn.step, turn.run, staff.id), key: `reopen:${newId(tx.now)}`, urgent: true })
}

async function open(tx: Tx, { staff, chosen }: Press): Promise<void> {
  if (!chosen.task) throw new Invalid('task', 'task_missing')
  await reopen(tx, await turnOf(tx, chosen.task), staff)
}

async function more(tx: Tx, { staff, message }: Press): Promise<void> {
  await answer(tx, {
    key: `tasks:${newId(tx.now)}`,
    channel: 'staff',
    to: staff.id,
    kind: 'tasks',
    subjectId: staff.id,
    urgent: true,
    data: { from: Number(message.data.from) + PAGE },
  })
}

async function draw(tx: Tx, message: Message, words: Words): Promise<Look> {
  const steps = await openSteps(tx, message.recipientId)
  // Said as of one instant, so that a later look at the same state shows the same card.
  const now = message.createdAt
  const from = Number(message.data.from ?? 0)
  const page = steps.slice(from, from + PAGE)
  const text = (key: string, data: object = {}) => words.text(`cards/commands.tasks.${key}`, { ...data, now })
  const delivered = message.sentAt !== null
  if (page.length === 0 && !delivered) return { text: text('none') }
  const turns = await Promise.all(page.map(({ id }) => turnOf(tx, id)))
  const rows = await Promise.all(turns.map((turn, index) => rowOf(tx, turn, now, from + index + 1)))
  const late = steps.filter(({ dueAt }) => dueAt !== null && dueAt <= now).length
  const head: Omit<Card, 'buttons'> = {
    source: { text: text('source'), mood: late > 0 ? 'urgent' : 'plain' },
    title: text('title', { count: steps.length, late }),
    subtitle: text('subtitle', { paged: steps.length > PAGE, from: from + 1, to: from + page.length, at: now }),
    quote:
      page.length > 0
        ? {
            title: text('first'),
            text: rows
              .slice(0, QUOTED)
              .map((row) => text('row', row))
              .join('\n'),
          }
        : undefined,
    facts: rows.slice(QUOTED).map((row) => ({ label: text('label', row), text: text('fact', row) })),
    menu: [],
  }
  if (page.length === 0) return { card: { ...head, closed: text('none'), superseded: true, buttons: [] } }
  if (delivered && (await hasNewer(tx, message, ['tasks'])))
    return { card: { ...head, closed: words.text('cards/step.closed.newer'), superseded: true, buttons: [] } }
  const options = turns.map((turn, index) => ({ value: turn.step.id, label: text('option', rows[index]) }))
  return {
    card: {
      ...head,
      // It was asked for: if it cannot be changed any more, nobody is sent another one unasked.
      superseded: true,
      select: { name: 'task', title: text('choose'), options, chosen: page[0]?.id, unchosen: '' },
      buttons: [
        { key: 'open', text: text('open'), look: 'main' },
        ...(steps.length > from + PAGE ? [{ key: 'more', text: text('more'), look: 'plain' as const }] : []),
      ],
    },
  }
}

async function rowOf(tx: Tx, turn: Turn, now: number, n: number) {
  const { run, step, definition } = turn
  return {
    n,
    step: definition.title,
    title: clip(titleBeside(definition.title, run.facts.title), TITLE_ROOM),
    tail: run.facts.number.split('-').at(-1) ?? '',
    urgent: run.priority === 'urgent',
    taken: step.acceptedAt !== null,
    ...(await timeLeft(tx, turn, now)),
  }
}
