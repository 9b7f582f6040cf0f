import { goOffDuty, goOnDuty, takeBreak } from '../../server/engines/staff/shift.ts'
import { Invalid } from '../../server/lib/errors.ts'
import { findTime } from '../../server/lib/when.ts'
import { type Command, line } from '../command.ts'

/** From now on new tasks come to me. */
const on: Command = {
  name: 'on_duty',
  words: ['上班', 'on duty', 'back'],
  group: 'me',
  alone: true,
  async run(tx, staff) {
    await goOnDuty(tx, staff.id)
    return [line(staff, 'on_duty')]
  },
}

/** From now on new tasks go to others. */
const off: Command = {
  name: 'off_duty',
  words: ['下班', 'off duty'],
  group: 'me',
  alone: true,
  async run(tx, staff) {
    await goOffDuty(tx, staff.id)
    return [line(staff, 'off_duty')]
  },
}

/** Off duty until a time; the way back comes by itself. */
const rest: Command = {
  name: 'break',
  words: ['休息', '休息到', 'break', 'break until'],
  group: 'me',
  async run(tx, staff, said) {
    const until = findTime(said.replace(/^(到|至|until) ?/, ''), tx.now) ?? findTime(`${said}后`, tx.now)
    if (!until) throw new Invalid('time', 'break_when')
    await takeBreak(tx, staff.id, until.at)
    return [line(staff, 'on_break', { until: until.at })]
  },
}

export const duty = [on, off, rest]
