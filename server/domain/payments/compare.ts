import type { BillRow } from '../../platforms/wechatpay-bill.ts'

/** A payment or a refund as our books have it. */
export type BookRow = Pick<BillRow, 'kind' | 'number' | 'amount'>

export interface Difference {
  kind: 'not_here' | 'not_there' | 'amount'
  of: BillRow['kind']
  number: string
  ours?: number
  theirs?: number
}

/**
 * Where a bill and our books do not agree, by number and amount, both ways. `known` are rows of our books of other days:
 * what the platform counts to this day is not missing because we count it to the next.
 */
export function compareBill(bill: BillRow[], books: BookRow[], known: BookRow[] = []): Difference[] {
  const nameOf = ({ kind, number }: BookRow) => `${kind} ${number}`
  const theirs = new Map(bill.map((row) => [nameOf(row), row]))
  const ours = new Map([...known, ...books].map((row) => [nameOf(row), row]))
  const differences: Difference[] = []
  for (const [name, { kind: of, number, amount }] of theirs) {
    const own = ours.get(name)
    if (!own) differences.push({ kind: 'not_here', of, number, theirs: amount })
    else if (own.amount !== amount) differences.push({ kind: 'amount', of, number, ours: own.amount, theirs: amount })
  }
  for (const row of books) {
    if (!theirs.has(nameOf(row)))
      differences.push({ kind: 'not_there', of: row.kind, number: row.number, ours: row.amount })
  }
  return differences
}
