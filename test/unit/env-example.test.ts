import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, readConfig, VARIABLES } from '../../server/lib/config.ts'
import { test } from '../suite.ts'

const lines = readFileSync(join(ROOT, '.env.example'), 'utf8').split('\n')
const pairs = lines.flatMap((line) => {
  const [, name, value] = /^([A-Z0-9_]+)=(.*)$/.exec(line) ?? []
  return name === undefined ? [] : [{ name, value }]
})

test('.env.example names every variable that is read, in the same order', () => {
  assert.deepEqual(
    pairs.map(({ name }) => name),
    VARIABLES,
  )
})

test('each variable of .env.example has a comment above it', () => {
  const bare = pairs.filter(
    ({ name }) => !lines[lines.findIndex((line) => line.startsWith(`${name}=`)) - 1]?.startsWith('#'),
  )
  assert.deepEqual(bare, [])
})

test('.env.example as it stands changes nothing: the values it shows are the defaults', () => {
  const example = Object.fromEntries(pairs.map(({ name, value }) => [name, value]))
  assert.deepEqual(readConfig(example), readConfig({}))
})
