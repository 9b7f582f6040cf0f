import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Behaviour, createBuffer } from '../src/services/event-buffer.ts'

function phone(stored: Behaviour[] = []) {
  const sent: Behaviour[][] = []
  const state = { reachable: true, kept: stored, sent }
  let n = 0
  const open = () =>
    createBuffer({
      stored: state.kept,
      store: (events) => {
        state.kept = structuredClone(events)
      },
      async send(events) {
        if (!state.reachable) throw new Error('no network')
        sent.push(structuredClone(events))
      },
      now: () => 1000 + n,
      newId: () => `id${++n}`,
      most: 10,
      together: 4,
    })
  return { state, open }
}

test('what happens without a network is kept and sent later, oldest first, each once', async () => {
  const { state, open } = phone()
  state.reachable = false
  const buffer = open()
  for (const page of ['home', 'me', 'form', 'ticket', 'home']) buffer.add('page.viewed', { page })
  await buffer.flush()
  assert.equal(state.kept.length, 5)
  state.reachable = true
  await Promise.all([buffer.flush(), buffer.flush()])
  assert.deepEqual(
    state.sent.map((batch) => batch.map(({ id }) => id)),
    [['id1', 'id2', 'id3', 'id4'], ['id5']],
  )
  assert.equal(state.kept.length, 0)
  await buffer.flush()
  assert.equal(state.sent.length, 2)
})

test('a closed app goes on where it was', async () => {
  const { state, open } = phone()
  state.reachable = false
  const before = open()
  before.add('search.made', { words: '七座' })
  await before.flush()
  state.reachable = true
  const after = open()
  after.add('page.viewed', { page: 'home' })
  await after.flush()
  assert.deepEqual(
    state.sent.flat().map(({ name }) => name),
    ['search.made', 'page.viewed'],
  )
})

test('what comes while others are on their way is not lost, nor sent twice', async () => {
  const { state, open } = phone()
  const buffer = open()
  buffer.add('a.b', {})
  const flushing = buffer.flush()
  buffer.add('c.d', {})
  await flushing
  await buffer.flush()
  assert.deepEqual(
    state.sent.flat().map(({ id }) => id),
    ['id1', 'id2'],
  )
  assert.equal(buffer.size(), 0)
})

test('a phone that never reaches the server keeps the newest and no more', () => {
  const { state, open } = phone()
  const buffer = open()
  for (let i = 0; i < 25; i++) buffer.add('page.viewed', { i })
  assert.equal(buffer.size(), 10)
  assert.deepEqual([state.kept[0]?.data.i, state.kept.at(-1)?.data.i], [15, 24])
})
