import type { Tx } from '../../lib/tx.ts'
import type { FoundCustomer } from './lookups.ts'
import type { Staff } from './staff.ts'

/** One side of a merge, as staff are shown it. */
export interface Side extends FoundCustomer {
  since: number
  /** The kinds of what they are known by. */
  kinds: string[]
  tier: string | null
}

/** What one customer would be of two. */
export interface MergePreview {
  into: Side
  from: Side
  after: { name: string; phone: string }
  /** Kinds of which one customer would then have more than packs allow, with how many, and how many are allowed. */
  over: { kind: string; count: number; limit: number }[]
}

/** Two customers who may be one. */
export interface LookAlikePair {
  one: FoundCustomer
  other: FoundCustomer
  /** What they have in common. */
  kind: string
}

/** A merge that can be undone. */
export interface LastMerge {
  id: string
  at: number
  why: string
  by: string
  into: Called
  from: Called
}

/** What a customer is called. */
export type Called = Pick<FoundCustomer, 'name' | 'phone'>

/** What customers lend to those who join and part them in the chat. Each guards who may; main.ts hands it over. */
export interface MergeVerbs {
  may(tx: Tx, staff: Staff): Promise<boolean>
  /** Which of two remains when nobody says otherwise, first. */
  inOrder(tx: Tx, oneId: string, otherId: string): Promise<[into: string, from: string]>
  /** Undefined when either is gone, or they are one already. */
  preview(tx: Tx, intoId: string, fromId: string): Promise<MergePreview | undefined>
  merge(tx: Tx, staff: Staff, intoId: string, fromId: string, why: string): Promise<void>
  /** Somebody knows that they are two: nobody is asked again. */
  keepApart(tx: Tx, staff: Staff, oneId: string, otherId: string): Promise<void>
  /** The merge of a customer that would be undone next, with who the two were. Throws Conflict. */
  last(tx: Tx, customerId: string): Promise<LastMerge>
  undo(tx: Tx, staff: Staff, mergeId: string): Promise<void>
  lookAlikes(tx: Tx, limit: number): Promise<LookAlikePair[]>
}

let lent: MergeVerbs | undefined

/** Lends the verbs. */
export function lendMerges(verbs: MergeVerbs): void {
  lent = verbs
}

/** The verbs of merging. */
export function merges(): MergeVerbs {
  if (!lent) throw new Error('nobody has lent merges')
  return lent
}
