import assert from 'node:assert/strict'
import { freezeWait, waitSchema, waitsFor, wakeOf } from '../../server/engines/flows/wait.ts'
import { calendarSchema, makeCalendar } from '../../server/lib/calendar.ts'
import { test } from '../suite.ts'

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri']
const CALENDAR = makeCalendar(
  calendarSchema.parse({
    zone: 'Asia/Shanghai',
    week: Object.fromEntries(DAYS.map((day) => [day, ['09:30-18:00']])),
    off: ['2026-11-25'],
  }),
)
/** A Monday. */
const NOW = Date.parse('2026-11-23T10:00:00+08:00')

const wait = freezeWait(
  waitSchema.parse({
    for: ['ticket.remarked', 'ticket.urged'],
    until: { answer: ['contact.next', 'again.next'], else: '2 d' },
    timeout: 'again',
  }),
  8 * 3_600_000,
)

const endOf = (answers: Record<string, Record<string, unknown>>) => {
  const local = wakeOf(wait, answers, CALENDAR, NOW) + 8 * 3_600_000
  return new Date(local).toISOString().slice(0, 16)
}

test('a wait ends when the working time of the day begins that was named, or at the minute', () => {
  assert.equal(endOf({ contact: { next: '2026-11-27', at: 1 } }), '2026-11-27T09:30')
  assert.equal(endOf({ contact: { next: '2026-11-27 19:15', at: 1 } }), '2026-11-27T19:15')
})

test('a day on which nobody works means the next one', () => {
  assert.equal(endOf({ contact: { next: '2026-11-25', at: 1 } }), '2026-11-26T09:30')
  assert.equal(endOf({ contact: { next: '2026-11-28', at: 1 } }), '2026-11-30T09:30')
})

test('of several steps the one that was done last counts, also when it names no day', () => {
  const contact = { next: '2026-11-27', at: 1 }
  assert.equal(endOf({ contact, again: { next: '2026-12-01', at: 2 } }), '2026-12-01T09:30')
  assert.equal(endOf({ contact, again: { at: 2 } }), '2026-11-25T10:00')
  assert.equal(endOf({}), '2026-11-25T10:00')
})

test('what has passed when the waiting begins ends it at once', () => {
  assert.equal(endOf({ contact: { next: '2026-11-20', at: 1 } }), '2026-11-23T10:00')
})

test('any of its events ends it', () => {
  assert.deepEqual(
    ['ticket.remarked', 'ticket.urged', 'ticket.rated'].map((event) => waitsFor(wait, event)),
    [true, true, false],
  )
  assert.equal(waitsFor(undefined, 'ticket.urged'), false)
})
