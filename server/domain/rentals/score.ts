import type { Database } from '../../lib/db.ts'
import { Conflict } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Wechatpay } from '../../platforms/wechatpay.ts'
import type { ScoreSheet } from '../../platforms/wechatpay-score.ts'
import { bookingById, termsOf } from '../bookings/bookings.ts'
import type { Terms } from '../bookings/terms.ts'
import type { Deposit } from '../payments/deposit.ts'
import { depositOf } from '../payments/deposits.ts'
import { askNow, beginOrder, createOrder, scoreOf } from '../payments/pay-score.ts'
import { stopAskingForDeposit } from './deposit.ts'
import { Rental } from './rental.ts'
import { subjectOf, tellReady } from './rentals.ts'

/** The customer wants to go without a deposit by their pay score. Throws Conflict where that is not offered. */
export async function beginScore(db: Database, pay: Wechatpay | undefined, rental: Rental): Promise<ScoreSheet> {
  const { deposit, terms } = await db.write(async (tx) => {
    const found = await offered(tx, rental)
    scoreOf(pay)
    await beginOrder(tx, found.deposit)
    return found
  })
  return createOrder(scoreOf(pay), deposit, terms.title)
}

/** The customer comes back from WeChat's page: if they have agreed, the deposit is not asked for any more. */
export async function finishScore(db: Database, pay: Wechatpay | undefined, rental: Rental): Promise<void> {
  const { deposit } = await db.read((tx) => offered(tx, rental))
  if (deposit.state === 'due') await askNow(db, scoreOf(pay), deposit.id)
}

/** WeChat vouches for the customer: nobody pays the deposit any more, and the store may hand over. */
export async function hearOfVouching(tx: Tx, { subjectId }: Deposit): Promise<void> {
  await stopAskingForDeposit(tx, { id: subjectId }, 'pay_score')
  const rental = await tx.get(Rental, subjectId)
  if (rental) await tellReady(tx, rental)
}

async function offered(tx: Tx, rental: Rental): Promise<{ deposit: Deposit; terms: Terms }> {
  const terms = await termsOf(tx, await bookingById(tx, rental.id))
  const deposit = await depositOf(tx, subjectOf(rental))
  if (!deposit || !terms.waiver.pay_score) throw new Conflict('score_off')
  return { deposit, terms }
}
