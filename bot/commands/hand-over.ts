import { countOwn } from '../../server/engines/flows/figures.ts'
import { namedStaff } from '../../server/engines/staff/named.ts'
import { Invalid } from '../../server/lib/errors.ts'
import { newId } from '../../server/lib/ids.ts'
import { type Command, line } from '../command.ts'

/** Gives everything I have in hand to a colleague, after a yes. */
export const handOver: Command = {
  name: 'hand_over',
  words: ['交接', 'hand over', 'handover', '交接给'],
  group: 'work',
  async run(tx, staff, rest) {
    const name = rest.replace(/^(all )?(my )?(tasks )?(给|to) ?/i, '').trim()
    if (!name) throw new Invalid('person', 'hand_over_whom')
    const people = await namedStaff(tx, name)
    const [to] = people
    if (!to) throw new Invalid('person', 'person_not_found', { name })
    if (people.length > 1) throw new Invalid('person', 'person_which', { name, names: people.map((one) => one.name) })
    if (to.id === staff.id) throw new Invalid('person', 'person_self')
    if ((await countOwn(tx, staff.id)) === 0) return [line(staff, 'nothing_to_hand_over')]
    return [{ kind: 'hand_over', subjectId: newId(tx.now), data: { to: to.id } }]
  },
}
