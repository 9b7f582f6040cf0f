import type { Tellable } from '../../lib/condition-words.ts'
import type { Tx } from '../../lib/tx.ts'
import type { FoundCustomer } from './lookups.ts'
import type { Staff } from './staff.ts'

/** A segment as staff ask for it in the chat. */
export interface SegmentFound {
  segment: string
  title: string
  count: number
}

/** What the customers' room lends to those who ask in the chat: where customers belong. main.ts hands it over. */
export interface SegmentLookups {
  /** All segments with how many they have, in the packs' order. */
  all(tx: Tx): Promise<SegmentFound[]>
  /** The segment with this name or title, or else all whose titles contain what was said. */
  named(tx: Tx, said: string): Promise<Pick<SegmentFound, 'segment' | 'title'>[]>
  /** One segment with some of its customers, the newest first. */
  one(
    tx: Tx,
    segment: string,
    most: number,
  ): Promise<(SegmentFound & { about?: string; of: number; sample: FoundCustomer[] }) | undefined>
  /** Why a customer is in a segment or is not; the told parts are put into words where they are shown. */
  why(
    tx: Tx,
    customerId: string,
    segment: string,
  ): Promise<{ title: string; since: number | null; holds: boolean; told: Tellable }>
  /** Puts words on a customer or takes them off; returns those they have now. */
  tag(tx: Tx, staff: Staff, customerId: string, change: { add: string[]; remove: string[] }): Promise<string[]>
}

let lent: SegmentLookups | undefined

/** Lends the look-ups. */
export function lendSegments(lookups: SegmentLookups): void {
  lent = lookups
}

/** The look-ups of segments. */
export function segments(): SegmentLookups {
  if (!lent) throw new Error('nobody has lent segments')
  return lent
}
