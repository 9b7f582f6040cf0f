import type { Tx } from '../../lib/tx.ts'

/** A page of what is held about a customer; `next`: where the one behind it begins. */
export interface Page {
  rows: Record<string, unknown>[]
  next?: string
}

/** Why somebody cannot be erased yet: words under `messages/privacy.blocked`, which say what to do. */
export interface Blocker {
  why: string
  data: Record<string, unknown>
}

/** What became of some rows, counted for the proof. */
export interface Erased {
  deleted?: number
  /** Rows that stay, without the person. */
  kept?: number
  /** There is more of it than one transaction shall touch. */
  more?: boolean
}

export interface Leaving {
  customerId: string
  /** The meaningless id that takes its place. */
  alias: string
}

/** What one noun holds about a customer: it tells it, and it lets go of it. Both in batches, and again without harm. */
export interface Holding {
  /** Its words stand under `messages/privacy.part`. */
  name: string
  /** What is held, as its owner may read it; `after` is the `next` of the page before, at first ''. */
  tell?(tx: Tx, customerId: string, after: string): Promise<Page>
  /** What must come to its end first. */
  open?(tx: Tx, customerId: string): Promise<Blocker[]>
  /** Names of files on disk to take away, before the rows that know of them go. */
  files?(tx: Tx, customerId: string): Promise<{ id: string; ending: string }[]>
  erase(tx: Tx, leaving: Leaving): Promise<Erased>
}

const lent = new Map<string, Holding>()

/** Lends what a noun holds. The order is that of the export, and of the erasure: what lets people in goes first. */
export function lendHoldings(...holdings: Holding[]): void {
  for (const holding of holdings) lent.set(holding.name, holding)
}

/** Everybody's holdings, in order. */
export function holdings(): Holding[] {
  return [...lent.values()]
}
