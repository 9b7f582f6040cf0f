import { lookups } from '../../server/engines/staff/lookups.ts'
import { Invalid } from '../../server/lib/errors.ts'
import { type Command, line } from '../command.ts'
import { turnIn } from './subject.ts'

const LONGEST = 500

/** Writes down what colleagues shall know and the customer shall not. */
export const note: Command = {
  name: 'note',
  words: ['备注', 'note', '加备注', '内部'],
  group: 'work',
  async run(tx, staff, rest) {
    const { turn, rest: text } = await turnIn(tx, staff, rest, '备注 7K2QD 客户下午不在')
    if (!text) throw new Invalid('text', 'note_empty')
    if (text.length > LONGEST) throw new Invalid('text', 'text_too_long', { max: LONGEST, length: text.length })
    await lookups().desk.note(tx, staff, turn.run.subjectId, text)
    return [line(staff, 'noted', { number: turn.run.facts.number })]
  },
}
