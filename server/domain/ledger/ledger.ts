import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { type Account, isAccount } from './accounts.ts'
import { LedgerLine, LedgerMove } from './movement.ts'

export interface Line {
  account: Account
  /** In fen; what we have and what it cost grow by positive amounts, what we owe and have earned by negative ones. */
  amount: number
}

export interface Movement {
  /** Names it: the same key again is the same movement. */
  key: string
  /** What happened: `payment`, `refund`, `rental.settled`. */
  kind: string
  subject: { type: string; id: string }
  customerId?: string | null
  /** When it happened, if not now. */
  at?: number
  lines: Line[]
}

/**
 * Writes a movement of money into the books; false when it stands there already. Throws when its lines do not come to
 * nothing, when there are none, or when the key stands for another movement: that is a mistake of ours.
 */
export async function post(tx: Tx, { key, kind, subject, customerId = null, at, lines }: Movement): Promise<boolean> {
  const moved = summed(key, lines)
  const move = { id: key, kind, subjectType: subject.type, subjectId: subject.id, customerId, at: at ?? tx.now }
  if (!(await tx.insertOnce(LedgerMove, move))) {
    await checkSame(tx, key, moved)
    return false
  }
  await tx.insert(
    LedgerLine,
    moved.map((line) => ({ id: newId(tx.now), moveId: key, ...line })),
  )
  return true
}

/** What an account comes to, in fen. */
export async function balanceOf(tx: Tx, account: Account): Promise<number> {
  const [row] = await tx.query<{ sum: number | null }>(
    'SELECT SUM(amount) AS sum FROM ledger_lines WHERE account = ?',
    [account],
  )
  return Number(row?.sum ?? 0)
}

/** What an account comes to by the movements of one subject: of `customers:owed`, what is still to be paid for it. */
export async function balanceFor(tx: Tx, account: Account, subject: { type: string; id: string }): Promise<number> {
  const [row] = await tx.query<{ sum: number | null }>(
    `SELECT SUM(l.amount) AS sum FROM ledger_moves m JOIN ledger_lines l ON l.moveId = m.id
     WHERE m.subjectId = ? AND m.subjectType = ? AND l.account = ?`,
    [subject.id, subject.type, account],
  )
  return Number(row?.sum ?? 0)
}

/** What every account comes to that was ever moved. */
export async function balances(tx: Tx): Promise<Record<string, number>> {
  const rows = await tx.query<{ account: string; sum: number }>(
    'SELECT account, SUM(amount) AS sum FROM ledger_lines GROUP BY account ORDER BY account',
  )
  return Object.fromEntries(rows.map(({ account, sum }) => [account, Number(sum)]))
}

/** Every movement of a subject with its lines, in the order in which they were written. */
export async function movementsOf(tx: Tx, subject: { type: string; id: string }) {
  const rows = await tx.joined<[LedgerLine, LedgerMove]>(
    [LedgerLine, LedgerMove],
    'JOIN ledger_moves b ON b.id = a.moveId WHERE b.subjectType = ? AND b.subjectId = ? ORDER BY a.id',
    [subject.type, subject.id],
  )
  const moves = new Map<string, { key: string; kind: string; at: number; lines: Line[] }>()
  for (const [line, move] of rows) {
    if (!line || !move) continue
    const { id: key, kind, at } = move
    if (!moves.has(key)) moves.set(key, { key, kind, at, lines: [] })
    moves.get(key)?.lines.push({ account: line.account as Account, amount: line.amount })
  }
  return [...moves.values()]
}

/** One line for each account, those that come to nothing left out. */
function summed(key: string, lines: Line[]): Line[] {
  const sums = new Map<Account, number>()
  for (const { account, amount } of lines) {
    if (!isAccount(account)) throw new Error(`the movement ${key} names an unknown account: ${account}`)
    if (!Number.isSafeInteger(amount)) throw new Error(`the movement ${key} moves ${amount}, which is no amount in fen`)
    sums.set(account, (sums.get(account) ?? 0) + amount)
  }
  const moved = [...sums].filter(([, amount]) => amount !== 0).map(([account, amount]) => ({ account, amount }))
  const left = moved.reduce((sum, { amount }) => sum + amount, 0)
  if (moved.length === 0 || left !== 0) throw new Error(`the movement ${key} does not balance: ${left} is left over`)
  return moved
}

async function checkSame(tx: Tx, key: string, moved: Line[]): Promise<void> {
  const known = await tx.find(LedgerLine, 'WHERE moveId = ? ORDER BY account', [key])
  // Written by somebody else at this moment: this transaction cannot see it yet.
  if (known.length === 0) throw new LostRace()
  const text = (lines: { account: string; amount: number }[]) =>
    lines
      .map(({ account, amount }) => `${account}=${amount}`)
      .sort()
      .join(' ')
  const [before, now] = [text(known), text(moved)]
  if (before !== now) throw new Error(`the movement ${key} was ${before} before, and is ${now} now`)
}
