import assert from 'node:assert/strict'
import { Invalid } from '../../server/lib/errors.ts'
import { findTime } from '../../server/lib/when.ts'
import { test } from '../suite.ts'

/** A Monday. */
const NOW = Date.parse('2026-11-23T10:00:00+08:00')

const UNDERSTOOD: [text: string, at: string, rest: string][] = [
  ['in 30 min call back', '2026-11-23T10:30', 'call back'],
  ['30分钟后 回电', '2026-11-23T10:30', '回电'],
  ['半小时后回电', '2026-11-23T10:30', '回电'],
  ['半个小时后', '2026-11-23T10:30', ''],
  ['in half an hour', '2026-11-23T10:30', ''],
  ['in an hour', '2026-11-23T11:00', ''],
  ['两个半小时之后 开会', '2026-11-23T12:30', '开会'],
  ['三天后 续约', '2026-11-26T10:00', '续约'],
  ['明天 9:00 回访', '2026-11-24T09:00', '回访'],
  ['明天早上八点半 晨会', '2026-11-24T08:30', '晨会'],
  ['tomorrow at 3 pm visit', '2026-11-24T15:00', 'visit'],
  ['后天', '2026-11-25T09:00', ''],
  ['大后天下午两点', '2026-11-26T14:00', ''],
  ['今晚8点 值班', '2026-11-23T20:00', '值班'],
  ['周五 下午3点', '2026-11-27T15:00', ''],
  ['周五续约', '2026-11-27T09:00', '续约'],
  ['星期天中午12点', '2026-11-29T12:00', ''],
  ['下周一上午10点一刻', '2026-11-30T10:15', ''],
  ['will renew on Friday', '2026-11-27T09:00', 'will renew'],
  ['next tuesday 9am', '2026-12-01T09:00', ''],
  ['12月3日 14:30 验收', '2026-12-03T14:30', '验收'],
  ['1月5号', '2027-01-05T09:00', ''],
  ['2026-11-25 16:00', '2026-11-25T16:00', ''],
  ['12月3日 上午', '2026-12-03T09:00', ''],
  ['周五下午 再谈', '2026-11-27T14:00', '再谈'],
  ['下个月5号', '2026-12-05T09:00', ''],
  ['friday afternoon', '2026-11-27T14:00', ''],
  // Said on a Monday at ten, it is the next Monday's nine.
  ['周一 9:00', '2026-11-30T09:00', ''],
  ['14:30', '2026-11-23T14:30', ''],
  // A time of day that has passed is meant for tomorrow.
  ['9:00', '2026-11-24T09:00', ''],
  ['晚上十一点', '2026-11-23T23:00', ''],
]

for (const [text, at, rest] of UNDERSTOOD) {
  test(`"${text}" is ${at}`, () => {
    const when = findTime(text, NOW)
    assert.equal(when && new Date(when.at + 8 * 3_600_000).toISOString().slice(0, 16), at)
    assert.equal(when?.rest, rest)
  })
}

test('it is told whether more than the day was named', () => {
  const timed = (text: string) => findTime(text, NOW)?.timed
  assert.deepEqual(['周五', '3天后', '12月3日', '下周一'].map(timed), [false, false, false, false])
  assert.deepEqual(['周五 下午', '明早', '2小时后', '12月3日 10点'].map(timed), [true, true, true, true])
})

test('a text without a time has none', () => {
  for (const text of ['上周五谈过', '上个星期三', '喝水', '谈了30分钟', 'R20261123001', '他是周总', '138-0000-1234'])
    assert.equal(findTime(text, NOW), undefined, text)
})

test('what has passed, and what is no time, is refused', () => {
  for (const [text, why] of [
    ['今天 9:00', 'when_past'],
    ['2025-11-25', 'when_past'],
    ['2月30日', 'when_wrong'],
    ['25:00', 'when_wrong'],
    ['明天 9:75', 'when_wrong'],
  ] as const)
    assert.throws(
      () => findTime(text, NOW),
      (error) => error instanceof Invalid && error.why === why,
      text,
    )
})
