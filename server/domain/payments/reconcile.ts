import type { Found } from '../../engines/audit/findings.ts'
import { DAY, HOUR, MINUTE } from '../../lib/clock.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { PlatformError } from '../../lib/errors.ts'
import { log } from '../../lib/log.ts'
import { LostRace } from '../../lib/tx.ts'
import { dayOf, startOfDay, zoneOf } from '../../lib/zone.ts'
import type { Wechatpay } from '../../platforms/wechatpay.ts'
import type { BillRow } from '../../platforms/wechatpay-bill.ts'
import { BillDay } from './bill-day.ts'
import { type BookRow, compareBill } from './compare.ts'
import { MoneyDifference } from './difference.ts'
import { openDifference } from './differences.ts'
import { notePaid, noteRefund } from './news.ts'
import { Payment } from './payment.ts'
import { Refund } from './refund.ts'

const CHINA = zoneOf('Asia/Shanghai')
/** The bill of a day is made in the morning of the next one. Source: pay.weixin.qq.com, 申请交易账单. */
const READY_MS = 10 * HOUR
/** Bills can be fetched for three months. */
const MOST_DAYS = 80
const LEASE_MS = 10 * MINUTE
const AGAIN_MS = HOUR
/** A day on which we had something and that has no bill is asked for again so often before its absence counts. */
const PATIENCE = 12
const SLICE = 400

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

/** When the next bill is looked at: those that wait, or tomorrow's; undefined where nothing was ever paid. */
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
    return waiting.filter(({ day }) => readyAt(dayNumber(day)) < tx.now - DAY)
  })
  return late.map(({ id, day }) => ({ kind: 'bill_late', subjectId: id, about: String(day) }))
}

async function missingDays(tx: Tx): Promise<number[]> {
  const [last] = await tx.query<{ day: number | null }>('SELECT MAX(day) AS day FROM bill_days')
  const from = last?.day == null ? await firstDay(tx) : dayNumber(Number(last.day)) + 1
  if (from === undefined) return []
  const today = dayOf(CHINA, tx.now - READY_MS)
  const days: number[] = []
  for (let day = Math.max(from, today - MOST_DAYS); day < today; day++) days.push(day)
  return days
}

/** The day on which something could first be paid. */
async function firstDay(tx: Tx): Promise<number | undefined> {
  const first = await tx.first(Payment, 'ORDER BY id')
  return first && dayOf(CHINA, first.createdAt)
}

async function enter(tx: Tx, days: number[]): Promise<void> {
  for (const number of days) {
    const day = ymd(number)
    await tx.insertOnce(BillDay, {
      ...{ id: `wechatpay:${day}`, day, state: 'due', payments: 0, paid: 0, refunds: 0, refunded: 0, differences: 0 },
      ...{ error: null, doneAt: null, wakeAt: tx.now, attempts: 0, version: 0 },
    })
  }
}

async function compare(db: Database, pay: Wechatpay, id: string): Promise<void> {
  const day = await db.write((tx) => take(tx, id))
  if (!day) return
  const number = dayNumber(day.day)
  const given = await pay.tradeBill(new Date(number * DAY).toISOString().slice(0, 10))
  const bill = given ?? []
  await takeIn(db, pay, bill)
  const span = [startOfDay(CHINA, number), startOfDay(CHINA, number + 1)] as const
  const { books, known, told } = await db.read((tx) => readBooks(tx, span, bill))
  if (!given && books.length > 0 && day.attempts <= PATIENCE)
    throw new PlatformError('wechatpay', 'NO_STATEMENT_EXIST', true, `no bill of ${day.day}`)
  const found = compareBill(bill, books, known).filter(({ kind, number: of }) => kind !== 'not_here' || !told.has(of))
  await db.write(async (tx) => {
    const now = await tx.get(BillDay, id)
    if (now?.state !== 'due') return
    for (const { kind, of, number: which, ours, theirs } of found)
      await openDifference(tx, { kind, number: which, day: day.day, ours, theirs, code: of, ...(await rowOf(tx, of, which)) })
    const sums = { ...sumOf(bill, 'payment', 'payments', 'paid'), ...sumOf(bill, 'refund', 'refunds', 'refunded') }
    await change(tx, now, { ...sums, state: 'done', differences: found.length, error: null, doneAt: tx.now, wakeAt: null })
  })
}

async function take(tx: Tx, id: string): Promise<BillDay | undefined> {
  const day = await tx.get(BillDay, id)
  if (day?.state !== 'due' || day.wakeAt === null || day.wakeAt > tx.now) return undefined
  await change(tx, day, { wakeAt: tx.now + LEASE_MS, attempts: day.attempts + 1 })
  return day
}

/** Payments and refunds of the bill that we have asked for and of which we have not heard: the platform is asked. */
async function takeIn(db: Database, pay: Wechatpay, bill: BillRow[]): Promise<void> {
  const behind = await db.read(async (tx) => ({
    payments: await numbersIn(tx, 'payments', 'transactionId IS NULL', numbersOf(bill, 'payment')),
    refunds: await numbersIn(tx, 'refunds', `state = 'due'`, numbersOf(bill, 'refund')),
  }))
  for (const number of behind.payments) {
    const trade = await pay.query(number)
    if (trade) await db.write((tx) => notePaid(tx, trade))
  }
  for (const number of behind.refunds) {
    const news = await pay.queryRefund(number)
    if (news) await db.write((tx) => noteRefund(tx, news))
  }
}

/** What our books have of the day; of what else the bill names; and what finance has been told of already. */
async function readBooks(tx: Tx, [from, to]: readonly [number, number], bill: BillRow[]) {
  const rows = (kind: BookRow['kind'], found: { number: string; amount: number }[]) =>
    found.map(({ number, amount }): BookRow => ({ kind, number, amount: Number(amount) }))
  const paid = 'SELECT number, received AS amount FROM payments WHERE paidAt >= ? AND paidAt < ?'
  const sent = 'SELECT number, amount FROM refunds WHERE sentAt >= ? AND sentAt < ? AND refundId IS NOT NULL'
  const books = [...rows('payment', await tx.query(paid, [from, to])), ...rows('refund', await tx.query(sent, [from, to]))]
  const own = new Set(books.map(({ number }) => number))
  const others = bill.filter(({ number }) => !own.has(number))
  const known: BookRow[] = []
  for (const slice of slices(numbersOf(others, 'payment')))
    known.push(...rows('payment', await tx.query(`SELECT number, received AS amount FROM payments WHERE transactionId IS NOT NULL AND number IN (${slots(slice)})`, slice)))
  for (const slice of slices(numbersOf(others, 'refund')))
    known.push(...rows('refund', await tx.query(`SELECT number, amount FROM refunds WHERE number IN (${slots(slice)})`, slice)))
  const told = await numbersIn(tx, 'money_differences', `kind = 'unknown'`, others.map(({ number }) => number))
  return { books, known, told: new Set(told) }
}

async function numbersIn(tx: Tx, table: string, where: string, numbers: string[]): Promise<string[]> {
  const found: string[] = []
  for (const slice of slices(numbers)) {
    const rows = await tx.query<{ number: string }>(
      `SELECT number FROM ${table} WHERE ${where} AND number IN (${slots(slice)})`,
      slice,
    )
    found.push(...rows.map(({ number }) => number))
  }
  return found
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

function sumOf(bill: BillRow[], kind: BillRow['kind'], count: string, sum: string): Record<string, number> {
  const rows = bill.filter((row) => row.kind === kind)
  return { [count]: rows.length, [sum]: rows.reduce((all, { amount }) => all + amount, 0) }
}

function numbersOf(bill: BillRow[], of: BillRow['kind']): string[] {
  return bill.filter(({ kind }) => kind === of).map(({ number }) => number)
}

function readyAt(day: number): number {
  return startOfDay(CHINA, day + 1) + READY_MS
}

function ymd(day: number): number {
  return Number(new Date(day * DAY).toISOString().slice(0, 10).replaceAll('-', ''))
}

function dayNumber(day: number): number {
  const [, year, month, date] = /^(\d{4})(\d\d)(\d\d)$/.exec(String(day)) ?? []
  return Date.UTC(Number(year), Number(month) - 1, Number(date)) / DAY
}

function slices(all: string[]): string[][] {
  return Array.from({ length: Math.ceil(all.length / SLICE) }, (_, i) => all.slice(i * SLICE, (i + 1) * SLICE))
}

function slots(list: unknown[]): string {
  return list.map(() => '?').join(',')
}
