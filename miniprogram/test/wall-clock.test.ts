import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addDays,
  atOf,
  dayOf,
  lengthOf,
  monthsOf,
  nearest,
  quickTimes,
  timeOf,
  timesOn,
  type Week,
  weekdayOf,
} from '../src/services/wall-clock.ts'

const HOUR = 3_600_000
const open = ['08:00-21:00']
const week: Week = {
  mon: open,
  tue: open,
  wed: open,
  thu: open,
  fri: open,
  sat: ['09:15-12:00', '14:00-18:00'],
  sun: [],
}
const terms = { step: HOUR / 2, lead: HOUR }
const said = (at: number) => `${dayOf(at)} ${timeOf(at)}`

test('days and times are those of China', () => {
  const late = Date.parse('2026-11-30T23:30:00+08:00')
  assert.equal(said(late), '2026-11-30 23:30')
  assert.equal(said(late + HOUR), '2026-12-01 00:30')
  assert.equal(atOf('2026-11-30', '23:30'), late)
  assert.equal(said(atOf('2026-12-31', '24:00')), '2027-01-01 00:00')
  assert.equal(addDays('2028-02-28', 1), '2028-02-29')
  assert.equal(weekdayOf('2026-11-29'), 0)
})

test('a store hands over at each step while it is open, closing time included', () => {
  const monday = timesOn(week, '2026-11-30', HOUR / 2)
  assert.deepEqual([monday[0], monday.at(-1), monday.length], ['08:00', '21:00', 27])
  assert.deepEqual(timesOn(week, '2026-11-28', HOUR), [
    '10:00',
    '11:00',
    '12:00',
    '14:00',
    '15:00',
    '16:00',
    '17:00',
    '18:00',
  ])
  assert.deepEqual(timesOn(week, '2026-11-29', HOUR), [])
  assert.deepEqual(timesOn({ sun: ['22:00-24:00'] }, '2026-11-29', HOUR), ['22:00', '23:00'])
})

test('of the times offered the nearest is taken', () => {
  assert.equal(nearest(['08:00', '12:00', '18:00'], '10:30'), '12:00')
  assert.equal(nearest([], '10:30'), undefined)
})

test('a rental is as long as the hours that have begun', () => {
  const from = atOf('2026-11-30', '10:00')
  assert.deepEqual(lengthOf(from, atOf('2026-12-02', '10:00')), { days: 2, hours: 0 })
  assert.deepEqual(lengthOf(from, atOf('2026-12-01', '13:30')), { days: 1, hours: 4 })
  assert.deepEqual(lengthOf(from, from - HOUR), { days: 0, hours: 0 })
})

test('months begin under their weekday, and reach to the last day that can be chosen', () => {
  const months = monthsOf('2026-11-29', '2027-01-03')
  assert.deepEqual(
    months.map(({ year, month }) => `${year}-${month}`),
    ['2026-11', '2026-12', '2027-1'],
  )
  assert.deepEqual(months[0]?.days, ['2026-11-29', '2026-11-30'], 'weeks that are over are left out')
  assert.deepEqual([months[1]?.blanks, months[1]?.days[0]], [2, '2026-12-01'])
  assert.equal(months[1]?.days.at(-1), '2026-12-31')
})

test('quick choices keep to the opening hours and to how long before one must book', () => {
  const now = Date.parse('2026-11-27T19:40:00+08:00')
  const quick = quickTimes(week, terms, now)
  assert.deepEqual(
    quick.map((one) => [one.quick, said(one.from), said(one.until)]),
    [
      ['soon', '2026-11-27 21:00', '2026-11-28 18:00'],
      ['tomorrow', '2026-11-28 10:00', '2026-11-30 10:00'],
      ['weekend', '2026-11-28 10:00', '2026-11-30 10:00'],
    ],
  )
  const night = quickTimes(week, terms, Date.parse('2026-11-27T21:10:00+08:00'))
  assert.deepEqual(
    night.map((one) => one.quick),
    ['tomorrow', 'weekend'],
    'today nothing is to be had',
  )
  const saturday = quickTimes(week, terms, Date.parse('2026-11-28T11:00:00+08:00'))
  assert.equal(dayOf(saturday.find(({ quick: name }) => name === 'weekend')?.from ?? 0), '2026-12-05')
})
