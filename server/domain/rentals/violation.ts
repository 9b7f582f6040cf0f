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
}
