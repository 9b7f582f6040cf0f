import type { Tx } from '../../lib/tx.ts'
import type { Staff } from './staff.ts'

/** A violation of traffic rules as somebody in the chat tells of it. */
export interface ToldViolation {
  /** Its name among those that were told of here: the same again is the same violation. */
  id: string
  plate: string
  happenedAt: number
  /** In fen. */
  fine: number
  points: number
  reason: string
}

/** To whom a violation would go. */
export interface ViolationSight {
  plate: string
  /** The number of the rental in which it happened; null: nobody had the car. */
  rental: string | null
  /** That rental is closed already. */
  late: boolean
  /** How many of this car are known from the same hour: it may be one of them. */
  alike: number
}

/** What rentals lend to those who work for a store in the chat. Each guards who may; main.ts hands it over. */
export interface RentalVerbs {
  /** Whoever works on rentals, or is told when they are late. */
  may(tx: Tx, staff: Staff): Promise<boolean>
  /** The plate that a rental's number or a plate stands for, and when its last renter had the car. Throws NotFound. */
  lastUse(tx: Tx, said: string): Promise<{ plate: string; at: number }>
  violation(tx: Tx, told: Pick<ToldViolation, 'plate' | 'happenedAt'>): Promise<ViolationSight>
  /** Stores a violation; false when it was known already, by whomever. */
  report(tx: Tx, staff: Staff, told: ToldViolation): Promise<boolean>
  /** Hurries what the store has in hand for a rental, by its number or its plate. Throws NotFound, Conflict, TooMany. */
  hurry(tx: Tx, staff: Staff, said: string): Promise<{ number: string; step: string }>
}

let lent: RentalVerbs | undefined

/** Lends the verbs. */
export function lendRentals(verbs: RentalVerbs): void {
  lent = verbs
}

/** The verbs of rentals. */
export function rentals(): RentalVerbs {
  if (!lent) throw new Error('nobody has lent rentals')
  return lent
}
