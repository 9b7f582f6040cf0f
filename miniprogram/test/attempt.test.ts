import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attemptFor } from '../src/services/attempt.ts'

test('the same body keeps its key over every retry; another body gets another', () => {
  const first = attemptFor('a', undefined)
  assert.equal(attemptFor('a', first).key, first.key)
  assert.notEqual(attemptFor('b', first).key, first.key)
  assert.notEqual(attemptFor('a', undefined).key, first.key)
})
