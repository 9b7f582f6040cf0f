import type { Command } from '../command.ts'
import { turnIn } from './subject.ts'

/** How a matter stands. */
export const ticket: Command = {
  name: 'ticket',
  words: ['工单', 'ticket', '查工单'],
  group: 'work',
  async run(tx, staff, rest) {
    const { turn } = await turnIn(tx, staff, rest, '工单 7K2QD')
    return [{ kind: 'ticket', subjectId: turn.step.id }]
  },
}
