import { Column, Entity, PrimaryColumn } from 'typeorm'

export type CardState = 'asked' | 'active' | 'over' | 'closed'

/** A card of a customer's with which rides are free for a time: of the month, of the quarter. */
@Entity('ride_cards')
export class RideCard {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  /** Names the purchase: sent twice, it is bought once. */
  @Column({ type: 'varchar', length: 120, nullable: true, unique: true }) buyKey: string | null
  @Column({ type: 'varchar', length: 26 }) termsId: string
  /** Its name and title in these terms. */
  @Column({ type: 'varchar', length: 40 }) card: string
  @Column({ type: 'varchar', length: 20 }) title: string
  @Column({ type: 'int' }) price: number
  @Column({ type: 'varchar', length: 8 }) state: CardState
  @Column({ type: 'bigint' }) askedAt: number
  @Column({ type: 'bigint', nullable: true }) startsAt: number | null
  /** The first instant at which it is not good any more. */
  @Column({ type: 'bigint', nullable: true }) endsAt: number | null
  @Column({ type: 'varchar', length: 26, nullable: true }) paymentId: string | null
  /** When the sweep ends it. */
  @Column({ type: 'bigint', nullable: true }) sweepAt: number | null
}

/**
 * How many cards of one name a customer has begun since this is counted, in one row: whoever begins one has seen it as it
 * is, so that no two come after the same card.
 */
@Entity('ride_card_turns')
export class RideCardTurn {
  /** Customer and card: `<customer>:month`. */
  @PrimaryColumn({ type: 'varchar', length: 70 }) id: string
  @Column({ type: 'int' }) begun: number
}

/** How many rides a card has paid for on a day, in one row that is only ever counted up under its limit. */
@Entity('ride_card_days')
export class RideCardDay {
  /** Card and day: `<card>:20261123`. */
  @PrimaryColumn({ type: 'varchar', length: 40 }) id: string
  @Column({ type: 'int' }) used: number
}
