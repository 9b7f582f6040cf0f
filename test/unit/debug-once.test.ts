import assert from 'node:assert/strict'
import createDebug from 'debug'
import { test } from '../suite.ts'
import '../../server/lib/agenda.ts'

test('a debug function is made once for each of its names', () => {
  const one = createDebug('yingke:once')
  assert.equal(one.extend('step'), one.extend('step'))
  assert.notEqual(one.extend('step'), one.extend('sweep'))
  assert.equal(one.extend('step').namespace, 'yingke:once:step')
  assert.equal(one.extend('step').extend('deeper').namespace, 'yingke:once:step:deeper')
  assert.equal(one.extend('step', '/').namespace, 'yingke:once/step')
})
