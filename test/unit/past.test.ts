import assert from 'node:assert/strict'
import { pastTime } from '../../server/lib/past.ts'
import { test } from '../suite.ts'

const NOW = Date.parse('2026-11-25T10:00:00+08:00')
const said = (text: string) => {
  const found = pastTime(text, NOW)
  return found && [new Date(found.at + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' '), found.rest.trim()]
}

test('a day, a time or both are understood as what has passed', () => {
  const table: Record<string, string> = {
    '昨天 8:30 闯红灯': '2026-11-24 08:30',
    '前天下午3点半 闯红灯': '2026-11-23 15:30',
    '11月24日 晚上9点05分 闯红灯': '2026-11-24 21:05',
    '2026-11-20 08:12 闯红灯': '2026-11-20 08:12',
    '12/31 23:59 闯红灯': '2025-12-31 23:59',
    '11-24 闯红灯': '2026-11-24 12:00',
    '今天 闯红灯': '2026-11-25 10:00',
    '9:05 闯红灯': '2026-11-25 09:05',
    '22:40 闯红灯': '2026-11-24 22:40',
    'yesterday 8:30 闯红灯': '2026-11-24 08:30',
  }
  for (const [text, at] of Object.entries(table)) assert.deepEqual(said(text), [at, '闯红灯'], text)
})

test('what names no time is left alone, and what is to come is told as it was said', () => {
  for (const text of ['200 闯红灯 记6分', '13-45', '2 月', '25:00']) assert.equal(said(text), undefined, text)
  assert.deepEqual(said('今天 23:00'), ['2026-11-25 23:00', ''])
})
