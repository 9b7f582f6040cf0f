import type { CardKind } from '../card.ts'
import { openTurns, taskLine, taskLines } from './task-line.ts'

/** Several reminders as one line of the chat: the tasks they are about that still wait, with the time each has left. */
export const digestNotice: CardKind = {
  kind: 'digest',
  async draw(tx, message, words) {
    const turns = await openTurns(tx, message.data.subjects as string[], message.recipientId)
    const [only, ...more] = turns
    if (!only) return undefined
    if (more.length === 0) return { text: await taskLine(tx, only, words, 'single') }
    const lines = await taskLines(tx, turns, words)
    return { text: words.text('cards/digest.text', { count: turns.length, lines }) }
  },
}
