import { record } from '../../engines/events/events.ts'
import { backoff } from '../../engines/messages/deliver.ts'
import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { Conflict, PlatformError } from '../../lib/errors.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Wechatpay } from '../../platforms/wechatpay.ts'
import type { PayScore } from '../../platforms/wechatpay-score.ts'
import { Deposit } from './deposit.ts'
import { changeDeposit, depositById } from './deposits.ts'

const BATCH = 50
/** Who was killed while asking leaves it to others after so long. */
const LEASE_MS = 2 * MINUTE
/** Such an order charges nobody any more, whoever has ended it. */
const OVER: ReadonlySet<string> = new Set(['DONE', 'REVOKED', 'EXPIRED'])

/** The pay score of the merchant; throws Conflict where there is none. */
export function scoreOf(pay: Wechatpay | undefined): PayScore {
  if (!pay?.score) throw new Conflict('score_off')
  return pay.score
}

/**
 * Notes that WeChat is going to hear of a deposit: from then on its order there is ended when the deposit is paid, or is
 * needed no more. Throws Conflict where the deposit is not waited for.
 */
export async function beginOrder(tx: Tx, deposit: Deposit): Promise<void> {
  if (deposit.state !== 'due') throw new Conflict('score_not_due')
  if (deposit.scoreNumber === null) await changeDeposit(tx, deposit, { scoreNumber: `S${deposit.id}` })
}

/** Makes the order known at WeChat; returns what the customer's phone opens WeChat's page with. */
export function createOrder(score: PayScore, { scoreNumber, amount }: Deposit, title: string): Promise<string> {
  return score.create({ number: scoreNumber ?? '', title, amount })
}

/** Whether the customer has agreed to it at WeChat. */
export async function hasAgreed(score: PayScore, { scoreNumber }: Deposit): Promise<boolean> {
  return scoreNumber !== null && (await score.query(scoreNumber)) === 'DOING'
}

/** The deposit is not asked for: WeChat vouches for the customer. Nothing happens where it is not waited for any more. */
export async function waiveByScore(tx: Tx, depositId: string): Promise<boolean> {
  const deposit = await depositById(tx, depositId)
  if (deposit.state !== 'due') return false
  await changeDeposit(tx, deposit, { state: 'waived', waived: 'pay_score' })
  const { customerId, subjectType: type, subjectId: id, amount } = deposit
  await record(tx, 'deposit.waived', {
    ...{ by: { type: 'customer', id: customerId }, subject: { type, id }, customerId },
    data: { deposit: deposit.id, amount, waived: 'pay_score' },
  })
  return true
}

/** When a pay score is asked after next. */
export const nextScore = earliest('deposits', 'scoreWakeAt')

/** Ends the orders of deposits that are needed no more; returns how many it tried. */
export async function sweepScores(db: Database, score: PayScore, reason: string): Promise<number> {
  const due = await db.read((tx) =>
    tx.find(Deposit, `WHERE scoreWakeAt <= ? ORDER BY scoreWakeAt, id LIMIT ${BATCH}`, [tx.now]),
  )
  for (const deposit of due) await end(db, score, deposit, reason)
  return due.length
}

async function end(db: Database, score: PayScore, { id, scoreNumber, version }: Deposit, reason: string) {
  const next = await db.write(async (tx) => {
    const lease = { scoreWakeAt: tx.now + LEASE_MS, version: version + 1 }
    return (await tx.update(Deposit, id, lease, { version })) ? tx.now : undefined
  })
  if (next === undefined) return
  try {
    await score.cancel(scoreNumber ?? '', reason)
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    const state = error.retryable ? undefined : await score.query(scoreNumber ?? '').catch(() => undefined)
    if (state === undefined || !OVER.has(state)) {
      log.warn({ score: scoreNumber, err: error }, 'an order of pay score could not be ended')
      return wakeAgain(db, id, next + backoff(6))
    }
  }
  await wakeAgain(db, id, null)
}

async function wakeAgain(db: Database, id: string, scoreWakeAt: number | null): Promise<void> {
  await db.write(async (tx) => changeDeposit(tx, await depositById(tx, id), { scoreWakeAt }))
}
