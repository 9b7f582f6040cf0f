import { sendContact } from '../cards/contact.ts'
import type { Command } from '../command.ts'
import { turnIn } from './subject.ts'

/** The customer's numbers, for whoever has the step at which a case stands; the look is noted. */
export const phone: Command = {
  name: 'phone',
  words: ['看电话', 'phone', '号码'],
  group: 'work',
  async run(tx, staff, rest) {
    const { turn } = await turnIn(tx, staff, rest, '看电话 7K2QD')
    await sendContact(tx, turn, staff)
    return []
  },
}
