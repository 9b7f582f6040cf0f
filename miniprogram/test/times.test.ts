import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sayHour, sayLeft, sayTime } from '../src/services/times.ts'

const now = Date.parse('2026-11-22T20:00:00+08:00')
const say = (text: string) => sayTime(Date.parse(text), now)

test('instants are said as in China, wherever the phone believes it is', () => {
  assert.equal(say('2026-11-22T00:05:00+08:00'), '今天 00:05')
  assert.equal(say('2026-11-21T23:59:00+08:00'), '昨天 23:59')
  assert.equal(say('2026-11-23T00:00:00+08:00'), '明天 00:00')
  assert.equal(say('2026-06-03T14:30:00+08:00'), '6 月 3 日 14:30')
  assert.equal(say('2025-12-31T23:30:00+08:00'), '2025 年 12 月 31 日')
})

test('an hour of today goes without its day', () => {
  assert.equal(sayHour(Date.parse('2026-11-22T21:20:00+08:00'), now), '21:20')
  assert.equal(sayHour(Date.parse('2026-11-23T09:00:00+08:00'), now), '明天 09:00')
})

test('what is left never reads less than nothing', () => {
  assert.equal(sayLeft(754_000), '12:34')
  assert.equal(sayLeft(3_729_001), '1:02:10')
  assert.equal(sayLeft(-5_000), '0:00')
})
