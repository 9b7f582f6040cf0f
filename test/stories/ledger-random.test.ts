import assert from 'node:assert/strict'
import { Deposit } from '../../server/domain/payments/deposit.ts'
import { deductDeposit, releaseDeposit, sweepDeposits } from '../../server/domain/payments/deposits.ts'
import { MoneyDifference } from '../../server/domain/payments/difference.ts'
import { settleDifference } from '../../server/domain/payments/differences.ts'
import { Payment } from '../../server/domain/payments/payment.ts'
import { cancelPayment } from '../../server/domain/payments/payments.ts'
import { prepay } from '../../server/domain/payments/prepay.ts'
import { reconcile } from '../../server/domain/payments/reconcile.ts'
import { askRefund, Refund } from '../../server/domain/payments/refunds.ts'
import { sweepRefunds } from '../../server/domain/payments/send-refunds.ts'
import { sweepPayments } from '../../server/domain/payments/sweep.ts'
import { SYSTEM } from '../../server/engines/events/events.ts'
import { AppError } from '../../server/lib/errors.ts'
import type { Wechatpay } from '../../server/platforms/wechatpay.ts'
import { Dice } from '../dice.ts'
import { ask, books, ERRAND, findings, openTill, type Till } from '../money.ts'
import { after, before, test } from '../suite.ts'

const MYSQL = process.env.TEST_DATABASE_URL !== undefined
/** The whole of it: LEDGER_OPERATIONS=20000. */
const OPERATIONS = Number(process.env.LEDGER_OPERATIONS ?? (MYSQL ? 1_000 : 3_000))
const TOGETHER = 10
const LOOK_EVERY = 500
const SEED = 20_261_123
const MINUTE = 60_000

let till: Till
before(async () => {
  till = await openTill()
})
after(() => till.story.close())

/** What may be refused, and is then as if it had not been asked. */
async function tried(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (error instanceof AppError) return
    if (error instanceof Error && /order is|prepay_id expired/.test(error.message)) return
    throw error
  }
}

test(`${OPERATIONS} things that happen to money, with a platform that fails: the books agree to the fen`, async (t) => {
  const dice = new Dice(SEED)
  const { story, pay: standIn, wang } = till
  const { db } = story
  const pay = story.running.house.wechatpay as Wechatpay
  const payments: string[] = []
  const deposits = new Set<string>()
  let number = 0

  function trouble(): void {
    const { faults } = standIn
    faults.loseAnswers = dice.chance(0.1) ? 1 : 0
    faults.codes = dice.chance(0.15)
      ? [dice.pick(['SYSTEM_ERROR', 'FREQUENCY_LIMITED', 'NOT_ENOUGH', 'BANK_ERROR'])]
      : []
    faults.forge = dice.chance(0.03) ? 1 : 0
    faults.notifyTwice = dice.chance(0.2) ? 1 : 0
    faults.notifyNever = dice.chance(0.2)
    faults.notifyLateMs = dice.chance(0.2) ? 90_000 : 0
    faults.down = dice.chance(0.03) ? '503' : false
    if (dice.chance(0.02)) faults.amounts = [1 + dice.below(500)]
    if (dice.chance(0.05)) faults.refunds = [dice.pick(['ABNORMAL', 'CLOSED'] as const)]
  }

  async function some<T>(list: string[], find: (id: string) => Promise<T>): Promise<T | undefined> {
    return list.length === 0 ? undefined : find(dice.pick(list))
  }

  async function one(): Promise<void> {
    const what = dice.next()
    number += 1
    const key = `op-${number}`
    if (what < 0.3) {
      const deposit = dice.chance(0.3)
      const subject = { type: 'errand', id: deposit ? `D${number}` : ERRAND.id }
      const purpose = deposit ? 'deposit' : 'rental'
      const payment = await ask(till, { key, amount: 1 + dice.below(500_000), purpose, subject })
      payments.push(payment.id)
      if (dice.chance(0.8)) await phone(payment.id)
      return
    }
    if (what < 0.4) return (await some(payments, phone)) ?? undefined
    if (what < 0.47) {
      const id = dice.pick(payments.length > 0 ? payments : [''])
      return tried(db.write((tx) => cancelPayment(tx, id, 'random')))
    }
    if (what < 0.67) {
      return tried(
        db.write(async (tx) => {
          const payment = await tx.get(Payment, dice.pick(payments) ?? '')
          if (payment?.purpose !== 'rental') return
          const amount = 1 + dice.below(payment.amount)
          await askRefund(tx, payment, { amount, reason: '随机', key, by: SYSTEM })
        }),
      )
    }
    if (what < 0.8) {
      const [id] = [...deposits].slice(dice.below(Math.max(1, deposits.size)))
      if (!id) return
      if (dice.chance(0.3))
        return db.write((tx) => releaseDeposit(tx, id, { at: tx.now + dice.below(60) * MINUTE, by: SYSTEM }))
      await db.write((tx) => deductDeposit(tx, id, { amount: dice.below(100_000), reason: '随机', key }))
      return
    }
    if (what < 0.83) return decide()
    await sweeps()
  }

  async function phone(id: string): Promise<void> {
    await tried(
      (async () => {
        const sheet = await prepay(db, pay, wang, id)
        await standIn.pay(story.wang.user.openid, sheet)
      })(),
    )
  }

  /** Finance decides about the oldest thing on its desk. */
  async function decide(): Promise<void> {
    const open = await db.read((tx) => tx.first(MoneyDifference, `WHERE state = 'open' ORDER BY id`))
    if (!open) return
    const outcome =
      open.kind === 'odd' ? 'returned' : open.kind === 'stuck' ? dice.pick(['again', 'by_hand'] as const) : 'explained'
    // What the platform has closed it counts as not refunded.
    const closed = standIn.refunds.find((one) => one.number === open.number && one.state === 'CLOSED')
    const trade = closed && standIn.trades.find((one) => one.number === closed.trade)
    if (outcome === 'again' && trade && closed) trade.refunded -= closed.amount
    await tried(db.write((tx) => settleDifference(tx, open.id, outcome, SYSTEM)))
  }

  async function sweeps(): Promise<void> {
    await sweepPayments(db, pay)
    await sweepRefunds(db, pay)
    await sweepDeposits(db)
    await standIn.tick()
    for (const { id } of await db.read((tx) => tx.find(Deposit, ''))) deposits.add(id)
  }

  for (let done = 0; done < OPERATIONS; done += TOGETHER) {
    trouble()
    await Promise.all(Array.from({ length: TOGETHER }, one))
    story.clock.advance(dice.below(3 * MINUTE))
    if (done % LOOK_EVERY === 0) {
      await books(till)
      const torn = (await findings(till)).filter((kind) => kind === 'ledger_torn' || kind === 'account_wrong')
      assert.deepEqual(torn, [])
    }
  }

  // The platform is well again, finance decides, and everything comes to its end.
  Object.assign(standIn.faults, {
    ...{ loseAnswers: 0, codes: [], forge: 0, notifyTwice: 0, notifyNever: false, notifyLateMs: 0, down: false },
    ...{ amounts: [], refunds: [] },
  })
  for (let round = 0; round < 60; round++) {
    story.clock.advance(30 * MINUTE)
    await decide()
    for (let turn = 0; turn < 20 && (await sweepPayments(db, pay)) + (await sweepRefunds(db, pay)) > 0; turn++)
      await standIn.tick()
    await sweeps()
  }
  for (let [left, round] = [1, 0]; left > 0; round++) {
    assert.ok(round < 5_000, 'finance comes to an end')
    await decide()
    await sweeps()
    story.clock.advance(MINUTE)
    const [row] = await db.read((tx) =>
      tx.query<{ n: number }>(`SELECT COUNT(*) AS n FROM money_differences WHERE state = 'open'`),
    )
    left = Number(row?.n ?? 0)
  }
  for (let round = 0; round < 40; round++) {
    story.clock.advance(10 * MINUTE)
    await sweeps()
  }

  const counts = await db.read((tx) =>
    tx.query<{ what: string; n: number }>(
      `SELECT CONCAT('payment ', state, ' ', COALESCE(closedWhy, '')) AS what, COUNT(*) AS n FROM payments GROUP BY what
       UNION ALL SELECT CONCAT('refund ', state, CASE byHand WHEN 1 THEN ' by hand' ELSE '' END) AS what, COUNT(*) FROM refunds
       GROUP BY what UNION ALL SELECT CONCAT('deposit ', state) AS what, COUNT(*) FROM deposits GROUP BY what
       UNION ALL SELECT CONCAT('difference ', kind, ' ', COALESCE(outcome, '')) AS what, COUNT(*) FROM money_differences
       GROUP BY what UNION ALL SELECT 'movements', COUNT(*) FROM ledger_moves`,
    ),
  )
  t.diagnostic(counts.map(({ what, n }) => `${what}: ${n}`).join(', '))

  // By the platform's own books, which know nothing of ours.
  const ours = new Map((await db.read((tx) => tx.find(Payment, ''))).map((payment) => [payment.number, payment]))
  for (const trade of standIn.trades) {
    const paid = trade.paidAt === null ? 0 : trade.total
    assert.equal(ours.get(trade.number)?.received, paid, `${trade.number} ${trade.state}`)
  }
  const refunds = await db.read((tx) => tx.find(Refund, ''))
  const arrived = standIn.refunds.filter(({ state }) => state === 'SUCCESS')
  const sum = (amounts: number[]) => amounts.reduce((all, amount) => all + amount, 0)
  assert.deepEqual(
    refunds.filter(({ state }) => state !== 'done').map(({ number: of, state, error }) => [of, state, error]),
    [],
  )
  assert.equal(
    sum(arrived.map(({ amount }) => amount)),
    sum(refunds.filter(({ byHand }) => !byHand).map(({ amount }) => amount)),
  )
  assert.ok(arrived.length > OPERATIONS / 20, `enough has happened: ${arrived.length} refunds`)
  const account = await books(till)
  const came = sum(standIn.trades.map(({ paidAt, total }) => (paidAt === null ? 0 : total)))
  assert.equal(account['cash:wechatpay'] ?? 0, came - sum(arrived.map(({ amount }) => amount)))
  assert.deepEqual(await findings(till), [])

  // And each day agrees with its bill.
  story.clock.advance(48 * 60 * MINUTE)
  for (let turn = 0; turn < 30 && (await reconcile(db, pay)) > 0; turn++);
  const differences = await db.read((tx) => tx.find(MoneyDifference, `WHERE day IS NOT NULL`))
  assert.deepEqual(
    differences.map(({ kind, number: of }) => [kind, of]),
    [],
  )
})
