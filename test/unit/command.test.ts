import assert from 'node:assert/strict'
import { understand } from '../../bot/command.ts'
import { commands } from '../../bot/commands.ts'
import { test } from '../suite.ts'

/** What a text is taken for: `name|rest`, `name?` for several, `~name` for the nearest. */
function meaning(text: string): string {
  const meant = understand(text, commands)
  if ('command' in meant) return `${meant.command.name}|${meant.rest}`
  if ('among' in meant) return meant.among.map(({ name }) => `${name}?`).join('')
  return `~${meant.nearest?.name ?? ''}`
}

const MEANINGS: Record<string, string> = {
  帮助: 'help|',
  ' ／ＨＥＬＰ ': 'help|',
  '@小助手 帮助': 'help|',
  '@a @b my  tasks.': 'tasks|',
  我的: 'tasks|',
  我得任务: 'tasks|',
  我任务: 'tasks|',
  hepl: 'help|',
  'tciket 7K2QD': 'ticket|7K2QD',
  '工单T261123-7K2QD': 'ticket|T261123-7K2QD',
  '工单：7K2QD': 'ticket|7K2QD',
  'TICKET 7K2QD': 'ticket|7K2QD',
  tickets: 'ticket|',
  '备注 7K2QD Mixed Case': 'note|7K2QD Mixed Case',
  '休息到 14:30': 'break|14:30',
  查: 'ticket?find?',
  帮住: '~help',
  麻烦看看我的任务列表: '~tasks',
  今天下雨: '~today',
  metro: '~',
  吃饭了吗: '~',
  上海: '~on_duty',
  '打电话给 138…1234，周五续约': 'call|138…1234，周五续约',
  '回复客户 7K2QD 您好！师傅（赵磊）半小时后到，请稍等': 'reply|7K2QD 您好！师傅（赵磊）半小时后到，请稍等',
  '休息到 １４：３０': 'break|14:30',
  '？': 'help|',
  7: '~',
}

for (const [text, expected] of Object.entries(MEANINGS)) {
  test(`"${text}" is understood`, () => assert.equal(meaning(text), expected))
}

test('every word of a command means that command alone', () => {
  for (const { name, words } of commands) for (const word of words) assert.equal(meaning(word), `${name}|`, word)
})

test('only a whole name that wants nothing more is beyond doubt', () => {
  const whole = (text: string) => {
    const meant = understand(text, commands)
    return 'command' in meant && meant.whole
  }
  assert.deepEqual(['今日', 'help', '今天', '电话', '工单', '我的'].map(whole), [
    true,
    true,
    false,
    false,
    false,
    false,
  ])
})
