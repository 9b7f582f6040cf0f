import type { Command } from '../command.ts'

/** What lies before me, the most urgent first. */
export const tasks: Command = {
  name: 'tasks',
  words: ['我的任务', 'my tasks', '待办', '任务', 'tasks', 'todo'],
  group: 'work',
  alone: true,
  run: async (_tx, staff) => [{ kind: 'tasks', subjectId: staff.id, data: { from: 0 } }],
}
