import type { Database } from '../../lib/db.ts'
import { Conflict } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Wechatpay } from '../../platforms/wechatpay.ts'
import { bookingById, termsOf } from '../bookings/bookings.ts'
import type { Terms } from '../bookings/terms.ts'
import type { Deposit } from '../payments/deposit.ts'
import { depositOf } from '../payments/deposits.ts'
import { beginOrder, createOrder, hasAgreed, scoreOf, waiveByScore } from '../payments/pay-score.ts'
import { stopAskingForDeposit } from './deposit.ts'
import type { Rental } from './rental.ts'
import { subjectOf, tellReady } from './rentals.ts'

/** What the mini-program opens WeChat's page with. */
export interface ScoreSheet {
  businessType: 'wxpayScoreUse'
  package: string
}

/** The customer wants to go without a deposit by their pay score. Throws Conflict where that is not offered. */
export async function beginScore(db: Database, pay: Wechatpay | undefined, rental: Rental): Promise<ScoreSheet> {
  const { deposit, terms } = await db.write(async (tx) => {
    const found = await offered(tx, rental)
    scoreOf(pay)
    await beginOrder(tx, found.deposit)
    return found
  })
  return { businessType: 'wxpayScoreUse', package: await createOrder(scoreOf(pay), deposit, terms.title) }
}

/** The customer comes back from WeChat's page: if they have agreed, the deposit is not asked for any more. */
export async function finishScore(db: Database, pay: Wechatpay | undefined, rental: Rental): Promise<void> {
  const { deposit } = await db.read((tx) => offered(tx, rental))
  if (deposit.state !== 'due' || !(await hasAgreed(scoreOf(pay), deposit))) return
  await db.write(async (tx) => {
    if (!(await waiveByScore(tx, deposit.id))) return
    await stopAskingForDeposit(tx, rental, 'pay_score')
    await tellReady(tx, rental)
  })
}

async function offered(tx: Tx, rental: Rental): Promise<{ deposit: Deposit; terms: Terms }> {
  const terms = await termsOf(tx, await bookingById(tx, rental.id))
  const deposit = await depositOf(tx, subjectOf(rental))
  if (!deposit || !terms.waiver.pay_score) throw new Conflict('score_off')
  return { deposit, terms }
}
