import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answersToKeep, answersToSend, openingAnswers, problemsIn, shownFields } from '../src/services/answers.ts'
import type { FormDefinition, FormField } from '../src/services/api.ts'

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
