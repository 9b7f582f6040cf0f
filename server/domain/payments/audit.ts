import type { Found } from '../../engines/audit/findings.ts'
import { DAY, HOUR, MINUTE } from '../../lib/clock.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { groupedYuan } from '../../lib/format.ts'
import type { Account } from '../ledger/accounts.ts'
import { auditLedger } from '../ledger/audit.ts'
import { balanceOf } from '../ledger/ledger.ts'
import { Deposit } from './deposit.ts'
import { MoneyDifference } from './difference.ts'
import { Payment } from './payment.ts'
import { auditBills } from './reconcile.ts'
import { Refund } from './refund.ts'

const MOST = 20
const GRACE_MS = 15 * MINUTE
/** Refunds arrive within days; so long without a word is too long. */
const ON_ITS_WAY_MS = 7 * DAY

/** What each account must come to by what payments, refunds and deposits say of themselves. */
const SUMS: Partial<Record<Account, string>> = {
  'cash:wechatpay': `(SELECT COALESCE(SUM(received), 0) FROM payments)
    - (SELECT COALESCE(SUM(amount), 0) FROM refunds WHERE state = 'done' AND byHand = 0)
    - (SELECT COALESCE(SUM(fees), 0) FROM bill_days)`,
  'fees:wechatpay': '(SELECT COALESCE(SUM(fees), 0) FROM bill_days)',
  'refunds:due': `(SELECT COALESCE(-SUM(amount), 0) FROM refunds WHERE state <> 'done')`,
  'apart:wechatpay': `(SELECT COALESCE(SUM(refunded - received), 0) FROM payments WHERE closedWhy = 'odd')`,
  'deposits:held': `(SELECT COALESCE(SUM(refunded - received), 0) FROM payments
      WHERE purpose = 'deposit' AND (closedWhy IS NULL OR closedWhy <> 'odd'))
    + (SELECT COALESCE(SUM(taken), 0) FROM deposit_deductions)`,
}

/**
 * Reads the money again by statements of its own: movements that do not balance, accounts that differ from what
 * payments, refunds and deposits say (when it is thorough), what should have been asked, sent or compared and was not.
 */
export async function auditMoney(db: Database, thorough: boolean): Promise<Found[]> {
  const found = [...(await auditLedger(db, thorough)), ...(await auditBills(db))]
  if (thorough) found.push(...(await wrongAccounts(db)))
  return [...found, ...(await db.read(late))]
}

/** In one transaction, so that nothing moves between the sums. */
function wrongAccounts(db: Database): Promise<Found[]> {
  return db.write(async (tx) => {
    const found: Found[] = []
    for (const [account, sql] of Object.entries(SUMS)) {
      const [row] = await tx.query<{ sum: number }>(`SELECT ${sql} AS sum`)
      const [told, booked] = [Number(row?.sum ?? 0), await balanceOf(tx, account as Account)]
      if (told !== booked)
        found.push({
          kind: 'account_wrong',
          subjectId: account,
          about: `${groupedYuan(booked)} ≠ ${groupedYuan(told)}`,
        })
    }
    return found
  })
}

async function late(tx: Tx): Promise<Found[]> {
  const payments = await tx.find(Payment, `WHERE wakeAt < ? ORDER BY wakeAt LIMIT ${MOST}`, [tx.now - GRACE_MS])
  const refunds = await tx.find(
    Refund,
    `WHERE (state = 'due' AND createdAt < ?) OR (state = 'sent' AND COALESCE(sentAt, createdAt) < ?)
     ORDER BY id LIMIT ${MOST}`,
    [tx.now - HOUR, tx.now - ON_ITS_WAY_MS],
  )
  const deposits = await tx.find(Deposit, `WHERE releaseAt < ? ORDER BY releaseAt LIMIT ${MOST}`, [tx.now - GRACE_MS])
  const differences = await tx.find(
    MoneyDifference,
    `WHERE state = 'open' AND runId IS NULL ORDER BY foundAt LIMIT ${MOST}`,
  )
  const one = (kind: string) => (row: { id: string; number: string }) => {
    return { kind, subjectId: row.id, about: row.number }
  }
  return [
    ...payments.map(one('payment_late')),
    ...refunds.map(one('refund_late')),
    ...deposits.map(({ id, subjectId }) => ({ kind: 'deposit_late', subjectId: id, about: subjectId })),
    ...differences.map(one('money_differs')),
  ]
}
