import { acceptStep } from '../../server/engines/flows/steps.ts'
import { reopen } from '../cards/tasks.ts'
import type { Command } from '../command.ts'
import { turnIn } from './subject.ts'

/** Takes a task in hand; its card comes anew. */
export const take: Command = {
  name: 'take',
  words: ['受理', 'take', '接单'],
  group: 'work',
  async run(tx, staff, rest) {
    const { turn } = await turnIn(tx, staff, rest, '受理 7K2QD')
    await acceptStep(tx, turn, staff)
    await reopen(tx, turn, staff)
    return []
  },
}
