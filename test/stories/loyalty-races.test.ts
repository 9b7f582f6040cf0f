import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { openSession } from '../../server/domain/customers/session.ts'
import { signIn } from '../../server/domain/customers/sign-in.ts'
import { claimCoupon } from '../../server/domain/loyalty/coupons.ts'
import { grantPoints, reversePoints, spendPoints } from '../../server/domain/loyalty/points.ts'
import { AppError } from '../../server/lib/errors.ts'
import type { Story } from '../harness.ts'
import { openProgramme } from '../loyalty.ts'
import { until } from '../processes.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const CLAIMS = 1000
const STOCK = 100
const WORKER = fileURLToPath(new URL('claim-worker.js', import.meta.url))

let story: Story
beforeEach(async () => {
  story = await openProgramme()
})
afterEach(() => story.close())

const numbers = async () => {
  const [row] = await story.db.read((tx) =>
    tx.query<{ rows: number; claimed: number; people: number }>(
      `SELECT (SELECT COUNT(*) FROM coupons WHERE template = 'hundred') AS \`rows\`,
       (SELECT COUNT(DISTINCT customerId) FROM coupons WHERE template = 'hundred') AS people,
       (SELECT claimed FROM coupon_stocks WHERE id = 'hundred') AS claimed`,
    ),
  )
  return [Number(row?.rows), Number(row?.claimed), Number(row?.people)]
}
const outcomes = async (work: Promise<unknown>[]): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const result of await Promise.allSettled(work)) {
    if (result.status === 'rejected' && !(result.reason instanceof AppError)) throw result.reason
    const name = result.status === 'fulfilled' ? 'done' : result.reason.why
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

test(`of ${CLAIMS} people who claim at once, exactly ${STOCK} get one of ${STOCK} coupons`, async () => {
  const tokens = await story.db.write(async (tx) => {
    const list: string[] = []
    for (let n = 0; n < CLAIMS; n++) {
      const { id } = await signIn(tx, { openid: `o-race-${n}` })
      list.push((await openSession(tx, id)).token)
    }
    return list
  })
  const url = `${story.running.url}/api/me/coupons/hundred/claim`
  const answers = await Promise.all(
    tokens.map(async (token) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const answer = await fetch(url, { method: 'POST', body: '{}', headers })
      const body = (await answer.json()) as { error?: { message: string } }
      return `${answer.status} ${body.error?.message ?? ''}`
    }),
  )
  const counts = Object.fromEntries(
    [...new Set(answers)].map((one) => [one, answers.filter((other) => other === one).length]),
  )
  assert.deepEqual(counts, { '201 ': STOCK, '409 已经领完了，下次早点来。': CLAIMS - STOCK })
  assert.deepEqual(await numbers(), [STOCK, STOCK, STOCK])
})

test('who taps like mad gets their share and no more', async () => {
  const claims = Array.from({ length: 60 }, (_, n) =>
    story.db.write((tx) => claimCoupon(tx, 'customer-1', 'hundred', `tap-${n % 40}`)),
  )
  const counts = await outcomes(claims)
  assert.deepEqual(await numbers(), [2, 2, 1])
  assert.equal((counts.done ?? 0) + (counts.coupon_share ?? 0), 60)
  // A tap that was sent again is answered with what it got.
  assert.ok((counts.done ?? 0) >= 2)
})

test('points that are spent at once are spent once', async () => {
  const customerId = 'customer-1'
  const same = Array.from({ length: 20 }, () =>
    story.db.write((tx) => grantPoints(tx, { customerId, key: 'order-1', points: 100, why: 'order' })),
  )
  assert.deepEqual(await outcomes(same), { done: 20 })
  const spends = Array.from({ length: 40 }, (_, n) =>
    story.db.write((tx) => spendPoints(tx, { customerId, key: `buy-${n}`, points: 10, why: 'redeem' })),
  )
  assert.deepEqual(await outcomes(spends), { done: 10, points_short: 30 })
  // What a transaction has looked at before it had to wait is of yesterday: it begins again.
  const looked = Array.from({ length: 5 }, (_, n) =>
    story.db.write(async (tx) => {
      await tx.query('SELECT COUNT(*) FROM points_moves')
      return grantPoints(tx, { customerId: 'customer-2', key: `look-${n}`, points: 5, why: 'order' })
    }),
  )
  assert.deepEqual(await outcomes(looked), { done: 5 })
  // Earned and undone while they are being spent: a debt, and never a point too many.
  const mixed = [
    ...Array.from({ length: 10 }, (_, n) =>
      story.db.write((tx) => grantPoints(tx, { customerId, key: `earn-${n}`, points: 7, why: 'order' })),
    ),
    story.db.write((tx) => reversePoints(tx, { customerId, key: 'undo', undoes: 'order-1', why: 'cancelled' })),
  ]
  assert.deepEqual(await outcomes(mixed), { done: 11 })
  const [last] = await story.db.read((tx) =>
    tx.query<{ balance: number; seq: number }>(
      'SELECT balance, seq FROM points_moves WHERE customerId = ? ORDER BY seq DESC LIMIT 1',
      [customerId],
    ),
  )
  assert.deepEqual([Number(last?.balance), Number(last?.seq)], [-30, 22])
})

const url = process.env.TEST_DATABASE_URL
test('two processes give out no more than there is', {
  skip: url ? false : 'needs TEST_DATABASE_URL, a MySQL server',
}, async () => {
  const database = (story as unknown as { database: { url: string } }).database.url
  const workers = [0, 1].map((n) => {
    const args = [WORKER, database, story.templates, String(n * 500), '500', 'hundred']
    const child = spawn(process.execPath, args, {
      env: { ...process.env, LOG_LEVEL: 'error' },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const worker = { child, said: '' }
    child.stdout.on('data', (chunk: Buffer) => {
      worker.said += chunk
    })
    return worker
  })
  await until('both are ready', () => workers.every(({ said }) => said.includes('ready')), 30_000)
  for (const { child } of workers) child.stdin.write('go\n')
  await until('both are done', () => workers.every(({ said }) => said.includes('got')), 60_000)
  const got = workers.map(({ said }) => Number(/got (\d+)/.exec(said)?.[1]))
  assert.equal((got[0] ?? 0) + (got[1] ?? 0), STOCK, `${got}`)
  assert.deepEqual(await numbers(), [STOCK, STOCK, STOCK])
})
