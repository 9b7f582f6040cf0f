import { lookups } from '../../server/engines/staff/lookups.ts'
import { addMemo } from '../../server/engines/staff/memo.ts'
import { Invalid, NotFound } from '../../server/lib/errors.ts'
import { findTime } from '../../server/lib/when.ts'
import { type Command, line } from '../command.ts'
import { numberIn } from './subject.ts'

const LONGEST = 200

/** Tells me something at a time of my choice, perhaps about a ticket. */
export const remind: Command = {
  name: 'remind',
  words: ['提醒我', 'remind me', '提醒'],
  group: 'me',
  async run(tx, staff, rest) {
    if (/每|every/i.test(rest)) throw new Invalid('time', 'remind_once')
    const when = findTime(rest, tx.now)
    if (!when) throw new Invalid('time', 'remind_when')
    const { number, rest: without } = numberIn(when.rest)
    const subjectId = number && (await lookups().byNumber(tx, number))
    if (number?.includes('-') && !subjectId) throw new NotFound('number_unknown', { number: number.toUpperCase() })
    const text = (subjectId ? without : when.rest).replace(/^(to|about) /i, '').slice(0, LONGEST)
    await addMemo(tx, { staffId: staff.id, text, at: when.at, subjectId: subjectId ?? null })
    return [line(staff, 'will_remind', { at: when.at, text })]
  },
}
