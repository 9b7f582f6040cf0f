import type { Command } from '../command.ts'

/** What one can ask for, as far as one may. `others` are all commands but this one. */
export function help(others: Command[]): Command {
  return {
    name: 'help',
    words: ['帮助', 'help', '菜单', '命令', '?', '？'],
    group: 'me',
    alone: true,
    open: true,
    async run(tx, staff) {
      const commands: { name: string; group: string }[] = []
      for (const { name, group, may } of others) if (!may || (await may(tx, staff))) commands.push({ name, group })
      return [{ kind: 'help', subjectId: staff.id, data: { commands } }]
    },
  }
}
