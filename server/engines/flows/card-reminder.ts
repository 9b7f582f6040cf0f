import { Column, Entity, PrimaryColumn } from 'typeorm'

/** The reminders that a delivered task card may need: one ladder for each person, gone as soon as somebody accepts. */
@Entity('card_reminders')
export class CardReminder {
  /** The card: our message. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) stepId: string
  @Column({ type: 'varchar', length: 26 }) staffId: string
  /** The hands for which the card was made: in other hands it is another matter. */
  @Column({ type: 'int' }) hands: number
  /** When the card arrived: the ladder's times count from here. */
  @Column({ type: 'bigint' }) startedAt: number
  /** Up to when the ladder has been looked at; each of its times lies in one span between two looks. */
  @Column({ type: 'bigint' }) tickedAt: number
  @Column({ type: 'bigint' }) wakeAt: number
}
