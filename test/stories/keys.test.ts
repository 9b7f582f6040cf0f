import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findCustomers } from '../../server/domain/customers/find.ts'
import { mailToken, readMailToken } from '../../server/domain/customers/mail-token.ts'
import { operatorKey } from '../../server/domain/customers/operator.ts'
import { sealedColumns } from '../../server/engines/keys/rotate.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Story } from '../harness.ts'
import { giveEmail, openLetters, signedIn, tell } from '../letters.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
let wang: string
let first: string
beforeEach(async () => {
  story = await openLetters()
  first = (await readFile(join(story.folder, 'keys'), 'utf8')).trim()
  wang = await signedIn(story.wang)
  await giveEmail(story, wang, 'wangxiaomei@example.com')
  await story.wang.complain('请给我回电 13612345678')
  await story.lin.says('提醒我 明天 9:00 给王晓梅回电')
})
afterEach(() => story.close())

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`

/** Opens the house again with other keys, as after a change of DATA_KEYS. */
async function withKeys(...keys: string[]): Promise<void> {
  await story.running.close()
  Object.assign(story, { options: { env: { DATA_KEYS: keys.join(',') } } })
  await story.open()
}

/** By which keys the sealed columns are sealed, over the whole database. */
async function keysInUse(): Promise<string[]> {
  const used = new Set<string>()
  for (const { table, column } of sealedColumns(story.db.source)) {
    const rows = await story.db.read((tx) =>
      tx.query<{ body: string }>(`SELECT ${column} AS body FROM ${table} WHERE ${column} IS NOT NULL`),
    )
    for (const { body } of rows) {
      const whole = /^(k\d)\.[\w-]+$/.exec(body)
      if (whole?.[1]) used.add(whole[1])
      for (const [, one] of body.matchAll(/\{"\$sealed":"(k\d)\./g)) if (one) used.add(one)
    }
  }
  return [...used].sort()
}

const metric = async (name: string) => {
  const text = await (await fetch(`${story.running.url}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1])
}

async function allOpens(): Promise<void> {
  assert.equal(
    (await story.wang.call<{ customer: { nickname: string } }>('GET', '/api/me')).body.customer.nickname,
    '王晓梅',
  )
  const found = await story.db.read((tx) => findCustomers(tx, '13800001234', 2))
  assert.deepEqual(
    found.map(({ id, phone }) => [id, phone]),
    [[wang, '13800001234']],
  )
  assert.equal(await signedIn(story.wang), wang, 'the same WeChat user is the same customer')
}

test('keys are changed twice and the oldest leaves the ring: everything opens, is found, and links still hold', async () => {
  const [second, third] = [key('k2'), key('k3')]
  const token = mailToken('stop', newId(0))
  const operator = operatorKey()
  await tell(story, wang, { kind: 'letter', text: '发出的信' })
  assert.deepEqual(await keysInUse(), ['k1'])

  await withKeys(second, first)
  assert.equal(await metric('yingke_key_columns_left'), sealedColumns(story.db.source).length)
  await allOpens()
  await story.settle()
  assert.deepEqual(await keysInUse(), ['k2'])
  assert.equal(await metric('yingke_key_columns_left'), 0)
  assert.ok((await metric('yingke_key_rows_resealed')) > 5)
  await allOpens()

  await withKeys(third, second)
  await story.settle()
  assert.deepEqual(await keysInUse(), ['k3'])
  await allOpens()
  await withKeys(third)
  await story.settle()
  await allOpens()
  assert.equal(operatorKey(), operator)
  assert.ok(readMailToken('stop', token), 'the link in an old mail still ends all mails')
  const [memo] = await story.db.read((tx) => tx.query<{ text: string }>('SELECT text FROM memos'))
  assert.ok(memo?.text.startsWith('k3.'))
  await story.later('1 d')
  assert.match(story.lin.lastLine(), /给王晓梅回电/)
})

test('what a process with the old ring writes behind the first pass is found by the next', async () => {
  const second = key('k2')
  const [row] = await story.db.read((tx) =>
    tx.query<{ id: string; nickname: string }>('SELECT id, nickname FROM customers ORDER BY id LIMIT 1'),
  )
  await withKeys(second, first)
  const { rotateKeys } = await import('../../server/engines/keys/rotate.ts')
  // One batch at a time: behind it, somebody writes by the key of before.
  for (let round = 0; round < 400; round++) {
    const [state] = await story.db.read((tx) =>
      tx.query<{ rewritten: number }>(`SELECT rewritten FROM key_rotations WHERE id = 'customers.nickname'`),
    )
    await rotateKeys(story.db, -1)
    const [after] = await story.db.read((tx) =>
      tx.query<{ total: number; doneAt: number | null }>(
        `SELECT total, doneAt FROM key_rotations WHERE id = 'customers.nickname'`,
      ),
    )
    if (!state && after && Number(after.total) > 0) {
      assert.equal(after.doneAt, null, 'a pass that found something is not the last')
      await story.db.write((tx) => tx.run('UPDATE customers SET nickname = ? WHERE id = ?', [row?.nickname, row?.id]))
      break
    }
  }
  await story.settle()
  assert.deepEqual(await keysInUse(), ['k2'])
  assert.equal(await metric('yingke_key_columns_left'), 0)
})
