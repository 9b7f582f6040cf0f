import { turnOf } from '../../server/engines/flows/flows.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import { calendarOf, pausesOf } from '../../server/engines/flows/ladder.ts'
import { MINUTE } from '../../server/lib/clock.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { titleBeside } from '../card.ts'

/** How many tasks a chat line lists; a text of WeCom ends at 2,048 bytes. */
const MOST_LINES = 10

/** The steps that a person still has before them: theirs, or waiting for somebody to take them. The latest first. */
export async function openTurns(tx: Tx, stepIds: string[], staffId: string): Promise<Turn[]> {
  const turns: Turn[] = []
  for (const id of stepIds) {
    const turn = await turnOf(tx, id)
    const { assigneeId } = turn.step
    if (turn.step.isLive() && (assigneeId === null || assigneeId === staffId)) turns.push(turn)
  }
  return turns.sort((a, b) => dueOf(a) - dueOf(b))
}

/** Tasks as lines of a list with the working time that each has left, and a line for those that have no room. */
export async function taskLines(tx: Tx, turns: Turn[], words: Words): Promise<string[]> {
  const lines: string[] = []
  for (const turn of turns.slice(0, MOST_LINES)) lines.push(await taskLine(tx, turn, words))
  const rest = turns.length - lines.length
  return rest > 0 ? [...lines, words.text('cards/digest.rest', { rest })] : lines
}

/** A task with the working time it has left: a line of a list, or by itself a whole message. */
export async function taskLine(
  tx: Tx,
  { flow, run, step, definition }: Turn,
  words: Words,
  shape: 'line' | 'single' = 'line',
): Promise<string> {
  const { number } = run.facts
  const title = titleBeside(definition.title, run.facts.title)
  const data = { number, title, step: definition.title, urgent: run.priority === 'urgent', dueAt: step.dueAt ?? 0 }
  if (step.dueAt === null) return words.text(`cards/digest.${shape}.waiting`, { ...data, now: tx.now })
  const late = step.dueAt <= tx.now
  const pauses = await pausesOf(tx, step.id)
  const [from, to] = late ? [step.dueAt, tx.now] : [tx.now, step.dueAt]
  const spanMs = calendarOf(flow).between(from, to, pauses)
  return words.text(`cards/digest.${shape}.${late ? 'late' : 'due'}`, {
    ...data,
    spanMs,
    moments: spanMs < MINUTE,
    now: tx.now,
  })
}

function dueOf({ step }: Turn): number {
  return step.dueAt ?? Number.POSITIVE_INFINITY
}
