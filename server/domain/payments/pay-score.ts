import { record } from '../../engines/events/events.ts'
import { backoff } from '../../engines/messages/deliver.ts'
import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { Conflict, PlatformError } from '../../lib/errors.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Wechatpay } from '../../platforms/wechatpay.ts'
import type { PayScore, ScoreSheet } from '../../platforms/wechatpay-score.ts'
import { Deposit } from './deposit.ts'
import { changeDeposit, depositById } from './deposits.ts'
import { tellVouched } from './hooks.ts'
import { askAfter } from './turns.ts'

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
 * Notes that WeChat is going to hear of a deposit: from then on it is asked whether the customer has agreed, and its order
 * there is ended when the deposit is paid, or is needed no more. Throws Conflict where the deposit is not waited for.
 */
export async function beginOrder(tx: Tx, deposit: Deposit): Promise<void> {
  if (deposit.state !== 'due') throw new Conflict('score_not_due')
  const scoreNumber = deposit.scoreNumber ?? numberOf(deposit.id)
  await changeDeposit(tx, deposit, { scoreNumber, scoreWakeAt: askAfter(tx.now, 0), scoreAttempts: 1 })
}

/**
 * Makes the order known at WeChat; returns what the customer's phone opens WeChat's page with. Throws Conflict where
 * WeChat does not take it: the deposit can be paid all the same.
 */
export async function createOrder(
  score: PayScore,
  { scoreNumber, amount }: Deposit,
  title: string,
): Promise<ScoreSheet> {
  try {
    return await score.create({ number: scoreNumber ?? '', title, amount })
  } catch (error) {
    if (!(error instanceof PlatformError) || !error.answered) throw error
    log.warn({ score: scoreNumber, err: error }, 'WeChat does not vouch for a deposit')
    throw new Conflict('score_refused')
  }
}

/** WeChat says by itself that a customer has agreed to an order: it is asked whether that is so. */
export async function hearAgreed(db: Database, score: PayScore, number: string): Promise<void> {
  const deposit = await db.read((tx) => tx.get(Deposit, number.slice(1)))
  if (deposit?.scoreNumber !== number) log.warn({ score: number }, 'an order of pay score is not ours')
  else await askNow(db, score, deposit.id)
}

/** Somebody says that the customer has agreed: WeChat is asked now, and where it does not say so yet, soon again. */
export function askNow(db: Database, score: PayScore, depositId: string): Promise<void> {
  return ask(db, score, depositId, 0)
}

/** Asks WeChat whether the customer has agreed; then the deposit is not waited for any more. */
async function ask(db: Database, score: PayScore, depositId: string, attempts?: number): Promise<void> {
  const scoreNumber = await db.write((tx) => takeTurn(tx, depositId, attempts))
  if (scoreNumber === undefined) return
  const state = await score.query(scoreNumber)
  if (state === 'DOING') return db.write((tx) => waive(tx, depositId))
  if (state !== undefined && OVER.has(state)) await db.write((tx) => giveUp(tx, depositId))
}

/** Gives a deposit its next turn; undefined where it is not waited for, or WeChat has never heard of it. */
async function takeTurn(tx: Tx, depositId: string, said?: number): Promise<string | undefined> {
  const deposit = await depositById(tx, depositId)
  if (deposit.state !== 'due' || deposit.scoreNumber === null) return undefined
  const attempts = said ?? deposit.scoreAttempts
  await changeDeposit(tx, deposit, { scoreWakeAt: askAfter(tx.now, attempts), scoreAttempts: attempts + 1 })
  return deposit.scoreNumber
}

/** The deposit is not asked for: WeChat vouches for the customer. Nothing happens where it is not waited for any more. */
async function waive(tx: Tx, depositId: string): Promise<void> {
  const deposit = await depositById(tx, depositId)
  if (deposit.state !== 'due') return
  await changeDeposit(tx, deposit, { state: 'waived', waived: 'pay_score', scoreWakeAt: null, scoreAttempts: 0 })
  const { customerId, subjectType: type, subjectId: id, amount } = deposit
  await record(tx, 'deposit.waived', {
    ...{ by: { type: 'customer', id: customerId }, subject: { type, id }, customerId },
    data: { deposit: deposit.id, amount, waived: 'pay_score' },
  })
  await tellVouched(tx, deposit)
}

/** The order is over at WeChat and nobody can agree to it any more. */
async function giveUp(tx: Tx, depositId: string): Promise<void> {
  const deposit = await depositById(tx, depositId)
  if (deposit.state === 'due') await changeDeposit(tx, deposit, { scoreWakeAt: null })
}

function numberOf(depositId: string): string {
  return `S${depositId}`
}

/** When a pay score is asked after next. */
export const nextScore = earliest('deposits', 'scoreWakeAt')

/**
 * Asks WeChat about the orders to which it has not said that somebody has agreed, and ends those of deposits that are needed
 * no more; returns how many it tried.
 */
export async function sweepScores(db: Database, score: PayScore, reason: string): Promise<number> {
  const due = await db.read((tx) =>
    tx.find(Deposit, `WHERE scoreWakeAt <= ? ORDER BY scoreWakeAt, id LIMIT ${BATCH}`, [tx.now]),
  )
  for (const deposit of due) {
    if (deposit.state === 'due') await ask(db, score, deposit.id).catch((error) => sayWhy(deposit, error))
    else await end(db, score, deposit, reason)
  }
  return due.length
}

/** Its next turn is set already; one that fails must not stop the others. */
function sayWhy({ scoreNumber }: Deposit, error: unknown): void {
  log.warn(
    { score: scoreNumber, err: error },
    'WeChat did not say whether a customer has agreed to an order of pay score',
  )
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
