/** One part of what a ride comes to; what is taken off is below zero. */
export interface PricePart {
  kind:
    | 'base'
    | 'time'
    | 'way'
    | 'cap'
    | 'grace'
    | 'first'
    | 'card'
    | 'coupon'
    | 'no_parking'
    | 'out_of_area'
    | 'appeal'
  amount: number
  /** What it is called: the card, the coupon. */
  title?: string
}

/** What all parts come to. */
export function sumOf(parts: PricePart[]): number {
  return parts.reduce((all, { amount }) => all + amount, 0)
}
