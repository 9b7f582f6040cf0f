import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { compile } from '../../server/lib/condition.ts'
import { jsonText, opened, Secret, useKeys } from '../../server/lib/crypto.ts'
import { maskIdNumber, maskPrivate } from '../../server/lib/format.ts'
import { before, test } from '../suite.ts'

const OLD = `k1:${randomBytes(32).toString('base64')}`
const NEW = `k2:${randomBytes(32).toString('base64')}`
before(() => useKeys(OLD))

const NUMBER = '11010519491231002X'

test('a secret shows itself to nobody who does not open it', () => {
  const secret = Secret.of(NUMBER)
  const seen = [`${secret}`, String(secret), inspect({ secret }), JSON.stringify({ secret })]
  for (const text of seen) assert.ok(!text.includes(NUMBER), text)
  assert.equal(secret.open(), NUMBER)
  assert.equal(Secret.of(secret), secret)
  assert.deepEqual([opened(secret), opened('plain'), opened(undefined)], [NUMBER, 'plain', undefined])
})

test('JSON keeps secrets at any depth under seal, and everything else as it was', () => {
  const value = { a: { id: Secret.of(NUMBER), list: [Secret.of(['x', 7]), 'y'] }, b: null, $sealed: 1 }
  const text = jsonText.to(value)
  assert.ok(!text.includes(NUMBER))
  const read = jsonText.from(text) as typeof value
  assert.equal(read.a.id.open(), NUMBER)
  assert.deepEqual(opened(read.a.list[0]), ['x', 7])
  assert.deepEqual([read.a.list[1], read.b, read.$sealed], ['y', null, 1])
  assert.notEqual(jsonText.to(value), text, 'the same value is never sealed to the same text')
  // Words of somebody who has read our source are words.
  const typed = { a: '{"$sealed":"k1.abc"}' }
  assert.deepEqual(jsonText.from(jsonText.to(typed)), typed)
})

test('what was sealed stays as it is until the keys change, and takes the new key when it is written again', () => {
  const text = jsonText.to({ id: Secret.of(NUMBER) })
  assert.equal(jsonText.to(jsonText.from(text)), text)
  useKeys(`${NEW},${OLD}`)
  const again = jsonText.to(jsonText.from(text))
  assert.match(again, /"k2\./)
  assert.equal((jsonText.from(again) as { id: Secret }).id.open(), NUMBER)
  useKeys(OLD)
  assert.throws(() => (jsonText.from(again) as { id: Secret }).id.open(), /no key "k2"/)
})

test('conditions read what is in a secret', () => {
  const data = { form: { id: Secret.of(NUMBER), days: Secret.of(['sat', 'sun']), fee: Secret.of(500) } }
  for (const condition of [
    { 'form.id': NUMBER },
    { 'form.id': { $regex: '^1101' } },
    { 'form.id': { $in: ['x', NUMBER] } },
    { 'form.id': { $exists: true } },
    { 'form.days': 'sun' },
    { 'form.days': { $size: 2 } },
    { 'form.fee': { $gte: 500 } },
  ]) {
    assert.equal(compile(condition)(data), true, JSON.stringify(condition))
  }
  assert.equal(compile({ 'form.id': '***' })(data), false)
  assert.equal(compile({ 'form.fee': { $gt: 500 } })(data), false)
})

test('masks leave what its owner knows it by', () => {
  assert.equal(maskIdNumber(NUMBER), '11010519******002X')
  assert.equal(maskPrivate('6222 0212 3456 7890 123'), '****0123')
  for (const text of ['幸福小区三号楼', '1234567', '']) assert.equal(maskPrivate(text), '******')
})
