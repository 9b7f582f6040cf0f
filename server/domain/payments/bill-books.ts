import type { Database, Tx } from '../../lib/db.ts'
import type { Wechatpay } from '../../platforms/wechatpay.ts'
import type { BillRow } from '../../platforms/wechatpay-bill.ts'
import type { BookRow } from './compare.ts'
import { notePaid, noteRefund } from './news.ts'

const SLICE = 400

/** Rows of our books, as SQL, by where they are looked for. */
const ROWS = {
  payment: 'SELECT number, received AS amount FROM payments WHERE transactionId IS NOT NULL AND',
  refund: 'SELECT number, amount FROM refunds WHERE refundId IS NOT NULL AND',
}
const WHEN = { payment: 'paidAt', refund: 'sentAt' }

/** Payments and refunds of a bill that we have asked for and of which we have not heard: the platform is asked. */
export async function takeIn(db: Database, pay: Wechatpay, bill: BillRow[]): Promise<void> {
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

/** What our books have of a time; what they have of the rest of a bill; and of what finance has been told already. */
export async function readBooks(
  tx: Tx,
  [from, to]: readonly [number, number],
  bill: BillRow[],
): Promise<{ books: BookRow[]; known: BookRow[]; told: Set<string> }> {
  const books: BookRow[] = []
  for (const kind of ['payment', 'refund'] as const)
    books.push(...(await rows(tx, kind, `${WHEN[kind]} >= ? AND ${WHEN[kind]} < ?`, [from, to])))
  const own = new Set(books.map(({ number }) => number))
  const others = bill.filter(({ number }) => !own.has(number))
  const known: BookRow[] = []
  for (const kind of ['payment', 'refund'] as const)
    for (const slice of slices(numbersOf(others, kind)))
      known.push(...(await rows(tx, kind, `number IN (${slots(slice)})`, slice)))
  // Refunds that were asked for anew under another number.
  for (const slice of slices(numbersOf(others, 'refund'))) {
    const sql = `SELECT number, ours AS amount FROM money_differences WHERE kind = 'stuck' AND number IN (${slots(slice)})`
    const found = await tx.query<{ number: string; amount: number }>(sql, slice)
    known.push(...found.map(({ number, amount }) => ({ kind: 'refund' as const, number, amount: Number(amount) })))
  }
  const numbers = others.map(({ number }) => number)
  return { books, known, told: new Set(await numbersIn(tx, 'money_differences', `kind = 'unknown'`, numbers)) }
}

async function rows(tx: Tx, kind: BookRow['kind'], where: string, values: unknown[]): Promise<BookRow[]> {
  const found = await tx.query<{ number: string; amount: number }>(`${ROWS[kind]} ${where}`, values)
  return found.map(({ number, amount }) => ({ kind, number, amount: Number(amount) }))
}

async function numbersIn(tx: Tx, table: string, where: string, numbers: string[]): Promise<string[]> {
  const found: string[] = []
  for (const slice of slices(numbers)) {
    const sql = `SELECT number FROM ${table} WHERE ${where} AND number IN (${slots(slice)})`
    found.push(...(await tx.query<{ number: string }>(sql, slice)).map(({ number }) => number))
  }
  return found
}

function numbersOf(bill: BillRow[], of: BillRow['kind']): string[] {
  return bill.filter(({ kind }) => kind === of).map(({ number }) => number)
}

function slices(all: string[]): string[][] {
  return Array.from({ length: Math.ceil(all.length / SLICE) }, (_, i) => all.slice(i * SLICE, (i + 1) * SLICE))
}

function slots(list: unknown[]): string {
  return list.map(() => '?').join(',')
}
