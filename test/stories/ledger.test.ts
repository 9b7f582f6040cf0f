import assert from 'node:assert/strict'
import { balanceFor, balanceOf, type Line, movementsOf, post } from '../../server/domain/ledger/ledger.ts'
import { openStory, type Story } from '../harness.ts'
import { findings, type Till } from '../money.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
beforeEach(async () => {
  story = await openStory()
})
afterEach(() => story.close())

const subject = { type: 'errand', id: 'E1' }
const write = (key: string, ...lines: [string, number][]) =>
  story.db.write((tx) =>
    post(tx, {
      ...{ key, kind: 'test', subject },
      lines: lines.map(([account, amount]) => ({ account, amount }) as Line),
    }),
  )
const sumOf = (account: Line['account']) => story.db.read((tx) => balanceOf(tx, account))

test('a movement is written once for its key, and balances', async () => {
  assert.equal(await write('a', ['cash:wechatpay', 500], ['customers:owed', -500]), true)
  assert.equal(await write('a', ['customers:owed', -500], ['cash:wechatpay', 500]), false)
  await write('b', ['customers:owed', 300], ['revenue:rental', -200], ['revenue:damage', -100])
  assert.deepEqual(
    [await sumOf('cash:wechatpay'), await sumOf('customers:owed'), await sumOf('revenue:rental')],
    [500, -200, -200],
  )
  assert.equal(await story.db.read((tx) => balanceFor(tx, 'customers:owed', subject)), -200)
  assert.equal(await story.db.read((tx) => balanceFor(tx, 'customers:owed', { type: 'errand', id: 'E2' })), 0)
  const moves = await story.db.read((tx) => movementsOf(tx, subject))
  assert.deepEqual(
    moves.map(({ key, lines }) => [key, lines.length]),
    [
      ['a', 2],
      ['b', 3],
    ],
  )
})

test('what does not balance, moves nothing or names no account is a mistake, and nothing is written', async () => {
  await assert.rejects(write('a', ['cash:wechatpay', 500], ['customers:owed', -499]), /1 is left over/)
  await assert.rejects(write('a', ['cash:wechatpay', 0], ['customers:owed', 0]), /does not balance/)
  await assert.rejects(write('a', ['cash:wechatpay', 0.5], ['customers:owed', -0.5]), /no amount in fen/)
  await assert.rejects(write('a', ['cash:shells', 5], ['customers:owed', -5]), /unknown account: cash:shells/)
  await write('a', ['cash:wechatpay', 500], ['customers:owed', -500])
  await assert.rejects(write('a', ['cash:wechatpay', 600], ['customers:owed', -600]), /was .* before, and is/)
  assert.equal(await sumOf('cash:wechatpay'), 500)
})

test('written by many at once under one key, it is one', async () => {
  const all = await Promise.all(
    Array.from({ length: 12 }, () => write('same', ['cash:bank', 7], ['customers:owed', -7])),
  )
  assert.equal(all.filter((fresh) => fresh).length, 1)
  assert.equal(await sumOf('cash:bank'), 7)
})

test('the auditor sees a line that was changed, and one that is gone', async () => {
  const till = { story } as Till
  await write('a', ['cash:bank', 7], ['customers:owed', -7])
  await write('b', ['cash:bank', 9], ['customers:owed', -9])
  assert.deepEqual(await findings(till), [])
  await story.db.write((tx) => tx.run(`UPDATE ledger_lines SET amount = 8 WHERE moveId = 'a' AND amount = 7`))
  await story.db.write((tx) => tx.run(`DELETE FROM ledger_lines WHERE moveId = 'b'`))
  assert.deepEqual(await findings(till), ['ledger_torn', 'ledger_torn'])
  await story.db.write((tx) => tx.run(`UPDATE ledger_lines SET account = 'cash:wechatpay' WHERE amount = 8`))
  assert.ok((await findings(till)).includes('account_wrong'))
})
