import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { answersToKeep, answersToSend, openingAnswers, problemsIn, shownFields } from '../src/services/answers.ts'
import type { FormDefinition, FormField } from '../src/services/api.ts'
import { calculate } from '../src/services/formula.ts'
import { plainAnswers } from '../src/services/plain-answers.ts'

const field = (part: Partial<FormField> & { name: string }): FormField => ({
  kind: 'text',
  label: part.name,
  required: false,
  ...part,
})
const form = (...fields: FormField[]): FormDefinition => ({ name: 'f', version: 1, title: 'F', fields })

test('a field appears with the answer that asks for it, and only then is it missed or sent', () => {
  const other = field({ name: 'other', required: true, showWhen: { type: 'other' } })
  const definition = form(field({ name: 'type', kind: 'select' }), other)
  assert.deepEqual(shownFields(definition, { type: 'late' }).length, 1)
  assert.deepEqual(problemsIn(definition, { type: 'late' }), {})
  assert.deepEqual(Object.keys(problemsIn(definition, { type: 'other' })), ['other'])
  assert.deepEqual(answersToSend(definition, { type: 'late', other: 'left from before' }), { type: 'late' })
})

test('blank answers are not sent; numbers go as numbers and words without their edges', () => {
  const definition = form(field({ name: 'a' }), field({ name: 'n', kind: 'number' }), field({ name: 'empty' }))
  assert.deepEqual(answersToSend(definition, { a: '  hello ', n: '12.5', empty: '   ' }), { a: 'hello', n: 12.5 })
})

test('no is an answer', () => {
  const definition = form(field({ name: 'urgent', kind: 'yesno', required: true }))
  assert.deepEqual(problemsIn(definition, { urgent: false }), {})
  assert.deepEqual(answersToSend(definition, { urgent: false }), { urgent: false })
})

test('limits of words, numbers, choices and telephone numbers hold', () => {
  const wrong = (part: FormField, value: unknown) => Object.keys(problemsIn(form(part), { x: value })).length === 1
  assert.ok(wrong(field({ name: 'x', maxLength: 2 }), 'abc'))
  assert.ok(!wrong(field({ name: 'x', maxLength: 3 }), 'abc'))
  assert.ok(wrong(field({ name: 'x', kind: 'number', min: 1 }), '0'))
  assert.ok(wrong(field({ name: 'x', kind: 'number' }), '1.2.3'))
  assert.ok(wrong(field({ name: 'x', kind: 'multiselect', max: 1 }), ['a', 'b']))
  assert.ok(wrong(field({ name: 'x', kind: 'phone' }), '12345'))
  assert.ok(!wrong(field({ name: 'x', kind: 'phone' }), '13812345678'))
  assert.ok(wrong(field({ name: 'x', pattern: '^D\\d+$' }), 'E1'))
})

test('pictures hold the form back until the server has them; the draft keeps only those', () => {
  const definition = form(field({ name: 'photos', kind: 'photos' }))
  const sent = { key: '1', state: 'sent', progress: 100, path: 'blob:1', id: 'u1', url: '/u1' }
  const sending = { key: '2', state: 'sending', progress: 10, path: 'blob:2' }
  assert.deepEqual(Object.keys(problemsIn(definition, { photos: [sent, sending] })), ['photos'])
  assert.deepEqual(problemsIn(definition, { photos: [sent] }), {})
  assert.deepEqual(answersToSend(definition, { photos: [sent] }), { photos: ['u1'] })
  assert.deepEqual(answersToKeep(definition, { photos: [sent, sending] }), {
    photos: [{ key: '1', state: 'sent', progress: 100, id: 'u1', url: '/u1' }],
  })
})

test('a draft stands over the defaults and forgets fields that are gone', () => {
  const definition = form(field({ name: 'a', default: 'x' }), field({ name: 'b', default: 'y' }))
  assert.deepEqual(openingAnswers(definition, { a: 'mine', gone: 1 }), { a: 'mine', b: 'y' })
})

test('formulas come to what they come to on the server', () => {
  const vectors = JSON.parse(readFileSync('../test/vectors/formulas.json', 'utf8'))
  for (const { formula, operands, result } of vectors) {
    assert.deepEqual(calculate(formula, operands) ?? null, result, formula)
  }
})

test('a computed value follows what is typed and is never sent', () => {
  const definition = form(
    field({ name: 'price', kind: 'money' }),
    field({ name: 'count', kind: 'number' }),
    field({ name: 'total', kind: 'money', computed: 'price * count' }),
    field({ name: 'why', required: true, showWhen: { total: { $gte: 10000 } } }),
  )
  assert.equal(plainAnswers(definition, { price: '19.99', count: '3' }).values.total, 5997)
  assert.deepEqual(plainAnswers(definition, {}).values, {})
  assert.deepEqual(answersToSend(definition, { price: '19.99', count: '3', total: 1 }), { price: '19.99', count: 3 })
  assert.deepEqual(problemsIn(definition, { price: '19.99', count: '3' }), {})
  assert.deepEqual(Object.keys(problemsIn(definition, { price: '50', count: '2' })), ['why'])
  assert.deepEqual(Object.keys(problemsIn(definition, { price: '5.001' })), ['price'])
})

test('required under a condition, and rules over several fields', () => {
  const definition: FormDefinition = {
    ...form(
      field({ name: 'from', kind: 'date' }),
      field({ name: 'to', kind: 'date' }),
      field({ name: 'why', requiredWhen: { to: { $exists: true } } }),
    ),
    check: [{ when: 'to < from', message: 'too early' }],
  }
  assert.deepEqual(problemsIn(definition, { from: '2026-02-02' }), {})
  assert.deepEqual(problemsIn(definition, { from: '2026-02-02', to: '2026-02-01', why: 'x' }), { to: 'too early' })
  assert.deepEqual(Object.keys(problemsIn(definition, { to: '2026-02-01' })), ['why'])
})

test('a place wants its coordinates, unless an address will do', () => {
  const place = (part: Partial<FormField>, value: unknown) =>
    Object.keys(problemsIn(form(field({ name: 'x', kind: 'location', ...part })), { x: value })).length
  assert.equal(place({}, { address: 'here' }), 1)
  assert.equal(place({ typed: true }, { address: 'here' }), 0)
  assert.equal(place({}, { lat: 31, lng: 121 }), 0)
  assert.equal(place({ required: true }, undefined), 1)
})

test('a signature is a picture that was sent; half a moment is none', () => {
  const signed = form(field({ name: 's', kind: 'signature', required: true }))
  const sent = { key: '1', state: 'sent', progress: 100, id: 'u1', url: '/u1' }
  assert.deepEqual(Object.keys(problemsIn(signed, {})), ['s'])
  assert.deepEqual(answersToSend(signed, { s: [sent] }), { s: 'u1' })
  const moment = form(field({ name: 'at', kind: 'datetime' }))
  assert.deepEqual(Object.keys(problemsIn(moment, { at: '2026-01-31 ' })), ['at'])
  assert.deepEqual(problemsIn(moment, { at: '2026-01-31 09:30' }), {})
})

test('a landline and a number with its country pass as telephone numbers', () => {
  const phone = form(field({ name: 'p', kind: 'phone' }))
  for (const p of ['021-6123 4567', '+86 138 1234 5678']) assert.deepEqual(problemsIn(phone, { p }), {})
})
