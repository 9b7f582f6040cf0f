import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A violation of traffic rules that another system has reported, and the rental in which it happened. */
@Entity('rental_violations')
export class RentalViolation {
  /** `<source>:<its number there>` */
  @PrimaryColumn({ type: 'varchar', length: 190 }) id: string
  @Column({ type: 'varchar', length: 26 }) assetId: string
  /** Null: nobody had the car at that time. */
  @Column({ type: 'varchar', length: 26, nullable: true }) rentalId: string | null
  @Column({ type: 'bigint' }) happenedAt: number
  /** In fen. */
  @Column({ type: 'bigint' }) fine: number
  @Column({ type: 'int' }) points: number
  @Column({ type: 'varchar', length: 120, nullable: true }) reason: string | null
  @Column({ type: 'varchar', length: 120, nullable: true }) place: string | null
  @Column({ type: 'bigint' }) reportedAt: number
  /** The car, the minute, and which of that minute's it is: two that are told of at once do not both become one. */
  @Column({ type: 'varchar', length: 60, nullable: true, unique: true }) slot: string | null
  /** `<source>:<its number there>` of a system that has told of it as well. */
  @Column({ type: 'varchar', length: 190, nullable: true, unique: true }) otherId: string | null
}

/** A violation as somebody tells of it. */
export interface Violation {
  /** Its number at whoever reports it. */
  id: string
  happenedAt: number
  /** In fen. */
  fine: number
  points: number
  reason?: string
  place?: string
}
