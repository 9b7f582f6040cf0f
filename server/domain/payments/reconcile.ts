import type { Found } from '../../engines/audit/findings.ts'
import { DAY, HOUR, MINUTE } from '../../lib/clock.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { PlatformError } from '../../lib/errors.ts'
import { log } from '../../lib/log.ts'
import { LostRace } from '../../lib/tx.ts'
import { dayOfYmd, isoOf, ymdOf } from '../../lib/ymd.ts'
import { dayOf, startOfDay, zoneOf } from '../../lib/zone.ts'
import type { Wechatpay } from '../../platforms/wechatpay.ts'
import type { BillRow } from '../../platforms/wechatpay-bill.ts'
import { post } from '../ledger/ledger.ts'
import { readBooks, takeIn } from './bill-books.ts'
import { BillDay } from './bill-day.ts'
import { compareBill, type Difference } from './compare.ts'
import { openDifference } from './differences.ts'
import { Payment } from './payment.ts'
import { Refund } from './refund.ts'

const CHINA = zoneOf('Asia/Shanghai')
/** The bill of a day is made in the morning of the next one. Source: pay.weixin.qq.com, 申请交易账单. */
const READY_MS = 10 * HOUR
/** Bills can be fetched for three months. */
const MOST_DAYS = 80
const LEASE_MS = 10 * MINUTE
const AGAIN_MS = HOUR
/** A day on which we had something and that has no bill is asked for so often before its absence counts. */
const PATIENCE = 12

/**
 * Compares each day with the platform's bill of it, both ways; what does not agree becomes work of finance. What the bill
 * knows and nobody has told us is taken in first. Returns how many days it looked at.
 */
export async function reconcile(db: Database, pay: Wechatpay): Promise<number> {
  const missing = await db.read(missingDays)
  if (missing.length > 0) await db.write((tx) => enter(tx, missing))
  const due = await db.read((tx) => tx.find(BillDay, 'WHERE wakeAt <= ? ORDER BY wakeAt, id LIMIT 10', [tx.now]))
  for (const { id } of due) {
    try {
      await compare(db, pay, id)
    } catch (error) {
      log.warn({ bill: id, err: error }, 'a bill could not be compared')
      const code = error instanceof PlatformError ? String(error.code) : 'error'
      await db.write((tx) => putOff(tx, id, code))
    }
  }
  return missing.length + due.length
}

/** When the next bill is looked at: those that wait, or tomorrow's; undefined where nothing was ever asked for. */
export async function nextBill(tx: Tx): Promise<number | undefined> {
  const waiting = await tx.first(BillDay, 'WHERE wakeAt IS NOT NULL ORDER BY wakeAt')
  if (waiting) return waiting.wakeAt ?? undefined
  const first = await firstDay(tx)
  return first === undefined ? undefined : readyAt(Math.max(first, dayOf(CHINA, tx.now - READY_MS)))
}

/** Bills that could not be compared for a day and longer. */
export async function auditBills(db: Database): Promise<Found[]> {
  const late = await db.read(async (tx) => {
    const waiting = await tx.find(BillDay, `WHERE state = 'due' ORDER BY day LIMIT 10`)
    return waiting.filter(({ day }) => readyAt(dayOfYmd(day)) < tx.now - DAY)
  })
  return late.map(({ id, day }) => ({
    kind: 'bill_late',
    subjectId: id,
    about: String(day).replace(/^(\d{4})(\d\d)/, '$1-$2-'),
  }))
}

async function missingDays(tx: Tx): Promise<number[]> {
  const [last] = await tx.query<{ day: number | null }>('SELECT MAX(day) AS day FROM bill_days')
  const from = last?.day == null ? await firstDay(tx) : dayOfYmd(Number(last.day)) + 1
  if (from === undefined) return []
  const today = dayOf(CHINA, tx.now - READY_MS)
  const days: number[] = []
  for (let day = Math.max(from, today - MOST_DAYS); day < today; day++) days.push(day)
  return days
}

/** The day on which something was asked for the first time. */
async function firstDay(tx: Tx): Promise<number | undefined> {
  const first = await tx.first(Payment, 'ORDER BY id')
  return first && dayOf(CHINA, first.createdAt)
}

async function enter(tx: Tx, days: number[]): Promise<void> {
  for (const number of days) {
    const day = ymdOf(number)
    await tx.insertOnce(BillDay, {
      ...{ id: `wechatpay:${day}`, day, state: 'due' as const, payments: 0, paid: 0, refunds: 0, refunded: 0, fees: 0 },
      ...{ differences: 0, error: null, doneAt: null, wakeAt: tx.now, attempts: 0, version: 0 },
    })
  }
}

async function compare(db: Database, pay: Wechatpay, id: string): Promise<void> {
  const taken = await db.write((tx) => take(tx, id))
  if (!taken) return
  const day = dayOfYmd(taken.day)
  const given = await pay.tradeBill(isoOf(day))
  const bill = given ?? []
  await takeIn(db, pay, bill)
  const span = [startOfDay(CHINA, day), startOfDay(CHINA, day + 1)] as const
  const { books, known, told } = await db.read((tx) => readBooks(tx, span, bill))
  if (!given && books.length > 0 && taken.attempts <= PATIENCE)
    throw new PlatformError('wechatpay', 'NO_STATEMENT_EXIST', true, `no bill of ${taken.day}`)
  const found = compareBill(bill, books, known).filter(({ kind, number }) => kind !== 'not_here' || !told.has(number))
  await db.write((tx) => note(tx, id, bill, found))
}

async function take(tx: Tx, id: string): Promise<BillDay | undefined> {
  const day = await tx.get(BillDay, id)
  if (day?.state !== 'due' || day.wakeAt === null || day.wakeAt > tx.now) return undefined
  await change(tx, day, { wakeAt: tx.now + LEASE_MS, attempts: day.attempts + 1 })
  return day
}

async function note(tx: Tx, id: string, bill: BillRow[], found: Difference[]): Promise<void> {
  const now = await tx.get(BillDay, id)
  if (now?.state !== 'due') return
  for (const { kind, of, number, ours, theirs } of found)
    await openDifference(tx, { kind, number, day: now.day, ours, theirs, code: of, ...(await rowOf(tx, of, number)) })
  const [payments, refunds] = (['payment', 'refund'] as const).map((kind) => bill.filter((row) => row.kind === kind))
  const sum = (rows: BillRow[] = []) => rows.reduce((all, { amount }) => all + amount, 0)
  const fees = bill.reduce((all, { fee }) => all + fee, 0)
  if (fees !== 0) await bookFees(tx, now, fees)
  await change(tx, now, {
    ...{
      payments: payments?.length ?? 0,
      paid: sum(payments),
      refunds: refunds?.length ?? 0,
      refunded: sum(refunds),
      fees,
    },
    ...{ state: 'done' as const, differences: found.length, error: null, doneAt: tx.now, wakeAt: null },
  })
}

/** What the platform keeps is known from its bill only, and is no longer in our account there. */
async function bookFees(tx: Tx, { id, day }: BillDay, fees: number): Promise<void> {
  await post(tx, {
    ...{ key: `fees:${id}`, kind: 'fees', subject: { type: 'bill', id }, at: startOfDay(CHINA, dayOfYmd(day)) },
    lines: [
      { account: 'fees:wechatpay', amount: fees },
      { account: 'cash:wechatpay', amount: -fees },
    ],
  })
}

async function rowOf(tx: Tx, of: BillRow['kind'], number: string) {
  if (of === 'payment') return { payment: await tx.first(Payment, 'WHERE number = ?', [number]) }
  return { refund: await tx.first(Refund, 'WHERE number = ?', [number]) }
}

async function putOff(tx: Tx, id: string, error: string): Promise<void> {
  const day = await tx.get(BillDay, id)
  if (day?.state === 'due') await change(tx, day, { error: error.slice(0, 40), wakeAt: tx.now + AGAIN_MS })
}

async function change(tx: Tx, day: BillDay, changes: Partial<BillDay>): Promise<void> {
  const next = { ...changes, version: day.version + 1 }
  if (!(await tx.update(BillDay, day.id, next, { version: day.version }))) throw new LostRace()
  Object.assign(day, next)
}

function readyAt(day: number): number {
  return startOfDay(CHINA, day + 1) + READY_MS
}
