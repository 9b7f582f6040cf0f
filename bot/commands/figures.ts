import { leads } from '../../server/engines/flows/figures.ts'
import type { Command } from '../command.ts'

const today: Command = {
  name: 'today',
  words: ['今日', 'today', '今天', '数据'],
  group: 'figures',
  open: true,
  alone: true,
  run: async (_tx, staff) => [{ kind: 'today', subjectId: staff.id }],
}

const team: Command = {
  name: 'team',
  words: ['团队', 'team board', 'team', '看板'],
  group: 'figures',
  alone: true,
  open: true,
  may: leads,
  run: async (_tx, staff) => [{ kind: 'team', subjectId: staff.id }],
}

export const figures = [today, team]
