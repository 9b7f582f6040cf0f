import assert from 'node:assert/strict'
import { grantPoints, returnPoints, reversePoints, spendPoints } from '../../server/domain/loyalty/points.ts'
import { sweepPoints } from '../../server/domain/loyalty/sweep.ts'
import { AppError } from '../../server/lib/errors.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { Story } from '../harness.ts'
import { openProgramme } from '../loyalty.ts'
import { Model, seeded } from '../points-model.ts'
import { after, before, test } from '../suite.ts'

const OPERATIONS = 10_000
const TOGETHER = 50
const CUSTOMERS = 8
const HOUR = 3_600_000
const SEED = 20_261_123

let story: Story
before(async () => {
  story = await openProgramme()
})
after(() => story.close())

interface Done {
  customerId: string
  key: string
}

test(`${OPERATIONS} things that happen to points, in any order: the ledger always adds up`, async () => {
  const chance = seeded(SEED)
  const below = (most: number) => Math.floor(chance() * most)
  const models = new Map(Array.from({ length: CUSTOMERS }, (_, n) => [`customer-${n}`, new Model()]))
  const ids = [...models.keys()]
  const grants: Done[] = []
  const spendings: Done[] = []
  const counts: Record<string, number> = {}
  let number = 0

  async function one(tx: Tx): Promise<void> {
    const key = `op-${++number}`
    const what = chance()
    const customerId = ids[below(CUSTOMERS)] as string
    const count = (name: string) => {
      counts[name] = (counts[name] ?? 0) + 1
    }
    const some = () => (chance() < 0.5 ? undefined : 1 + below(120))
    if (what < 0.36) {
      const points = 1 + below(200)
      const startsAt = chance() < 0.2 ? tx.now + below(240) * HOUR : tx.now
      const expiresAt = chance() < 0.25 ? null : startsAt + (1 + below(900)) * HOUR
      await grantPoints(tx, { customerId, key, points, why: 'gift', startsAt, expiresAt })
      models.get(customerId)?.grant(key, points, startsAt, expiresAt, tx.now)
      grants.push({ customerId, key })
      return count('grant')
    }
    if (what < 0.66) {
      const points = 1 + below(400)
      const spent = await tried(spendPoints(tx, { customerId, key, points, why: 'redeem' }))
      assert.equal(spent, models.get(customerId)?.spend(key, points, tx.now), `${key}: whether it can be spent`)
      if (spent) spendings.push({ customerId, key })
      return count(spent ? 'spend' : 'refused')
    }
    if (what < 0.9) {
      const list = what < 0.78 ? spendings : grants
      const undone = list[below(list.length)]
      if (!undone) return
      const points = some()
      const verb = list === spendings ? returnPoints : reversePoints
      const doing = { customerId: undone.customerId, key, undoes: undone.key, points, why: 'refund' }
      const model = models.get(undone.customerId)
      const back =
        list === spendings ? model?.giveBack(undone.key, points, tx.now) : model?.reverse(undone.key, points, tx.now)
      assert.equal(await tried(verb(tx, doing)), back !== 0, `${key}: whether there is something to undo`)
      return count(list === spendings ? 'return' : 'reverse')
    }
    // The same thing once more: nothing may happen.
    const again = grants[below(grants.length)]
    if (again) await grantPoints(tx, { ...again, points: 1 + below(500), why: 'gift' })
    count('again')
  }

  for (let done = 0; done < OPERATIONS; done += TOGETHER) {
    await story.db.write(async (tx) => {
      for (let n = 0; n < TOGETHER; n++) await one(tx)
    })
    if (chance() < 0.5) story.clock.advance(below(30) * HOUR)
    if (chance() < 0.3) await sweepPoints(story.db)
    if (done % 1000 === 0) await checkBalances(models)
  }
  await checkBalances(models)
  await checkLines()
  for (const name of ['grant', 'spend', 'refused', 'return', 'reverse', 'again'])
    assert.ok((counts[name] ?? 0) > 200, `${name}: ${counts[name]}`)
  const debts = await story.db.read((tx) => tx.query(`SELECT id FROM points_entries WHERE kind = 'settle' LIMIT 1`))
  assert.equal(debts.length, 1, 'some debts were paid')
})

/** Whether it was done; a refusal is no failure. */
async function tried(work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return false
  }
}

/** Everybody's balance is what the plain reckoning comes to, in the lots as in the last move. */
async function checkBalances(models: Map<string, Model>): Promise<void> {
  while ((await sweepPoints(story.db)) > 0);
  await story.db.read(async (tx) => {
    for (const [customerId, model] of models) {
      const [lots] = await tx.query<{ sum: number | null }>(
        `SELECT SUM(remaining) AS sum FROM points_lots WHERE customerId = ? AND state = 'active'`,
        [customerId],
      )
      const [last] = await tx.query<{ balance: number }>(
        'SELECT balance FROM points_moves WHERE customerId = ? ORDER BY seq DESC LIMIT 1',
        [customerId],
      )
      const expected = model.balance(tx.now)
      assert.deepEqual([Number(lots?.sum ?? 0), last?.balance ?? 0], [expected, expected], customerId)
    }
  })
}

/** The lines tell the lots, the moves tell the lines, and no number is missing or twice. */
async function checkLines(): Promise<void> {
  const none = async (what: string, sql: string) =>
    assert.deepEqual(await story.db.read((tx) => tx.query(sql)), [], what)
  await none(
    'a lot holds what its lines come to',
    `SELECT l.id, l.remaining FROM points_lots l LEFT JOIN points_entries e ON e.lotId = l.id
     GROUP BY l.id, l.remaining HAVING l.remaining <> COALESCE(SUM(e.points), 0)`,
  )
  await none(
    'debts are paid by nobody else, and by every point',
    `SELECT moveId FROM points_entries WHERE kind = 'settle' GROUP BY moveId HAVING SUM(points) <> 0`,
  )
  await none(
    'a move changes the balance by what its lines say',
    `SELECT id FROM (SELECT m.id, m.points, m.balance - b.balance AS change_, SUM(e.points) AS total
       FROM points_moves m JOIN points_moves b ON b.customerId = m.customerId AND b.seq = m.seq - 1
       JOIN points_entries e ON e.moveId = m.id
       WHERE m.kind IN ('spend', 'return', 'expire') GROUP BY m.id, m.points, m.balance, b.balance) told
     WHERE change_ <> total OR points <> total`,
  )
  await none(
    'no more of a lot ends or is taken back than was given',
    `SELECT lotId FROM points_entries WHERE kind IN ('grant', 'expire', 'reverse') GROUP BY lotId HAVING SUM(points) < 0`,
  )
  await none(
    'the places in a history follow one another',
    `SELECT customerId FROM points_moves GROUP BY customerId HAVING COUNT(*) <> MAX(seq) OR MIN(seq) <> 1`,
  )
  await none(
    'nobody owes and has',
    `SELECT a.customerId FROM points_lots a JOIN points_lots b ON b.customerId = a.customerId
     WHERE a.state = 'active' AND a.remaining < 0 AND b.state = 'active' AND b.remaining > 0`,
  )
  await none(
    'no more comes back than was spent, and no more is taken back than was given',
    `SELECT id FROM (SELECT m.id, ABS(SUM(e.points)) AS undone,
       (SELECT ABS(SUM(o.points)) FROM points_entries o WHERE o.moveId = m.id AND o.kind = m.kind) AS done
       FROM points_moves m JOIN points_moves u ON u.undoes = m.id JOIN points_entries e ON e.moveId = u.id
       WHERE e.kind = u.kind GROUP BY m.id, m.kind) told
     WHERE undone > done`,
  )
}
