import type { Tx } from '../../lib/tx.ts'

let talk: (tx: Tx, customerId: string) => Promise<string[]> = async () => []

/** Hands over what can be talked about with a customer, by what is known of them. */
export function useTalk(points: typeof talk): void {
  talk = points
}

/** What can be talked about with a customer now. */
export function talkAbout(tx: Tx, customerId: string): Promise<string[]> {
  return talk(tx, customerId)
}
