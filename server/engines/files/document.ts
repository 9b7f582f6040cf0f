import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A paper that we made for a customer: its bytes stand in DATA_DIR and never change, a newer version takes its place. */
@Entity('documents')
export class Document {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** What it is: `quote`; its words stand in the templates under this name. */
  @Column({ type: 'varchar', length: 20 }) kind: string
  @Column({ type: 'varchar', length: 20 }) subjectType: string
  @Column({ type: 'varchar', length: 26 }) subjectId: string
  /** What people read and say: `Q261123-7K2QD`. */
  @Column({ type: 'varchar', length: 20 }) number: string
  @Column({ type: 'int' }) version: number
  /** What the file is called where it is saved. */
  @Column({ type: 'varchar', length: 120 }) name: string
  @Column({ type: 'int' }) size: number
  /** Until when what it says holds. */
  @Column({ type: 'bigint', nullable: true }) validUntil: number | null
  @Column({ type: 'bigint' }) createdAt: number
  /** When a newer version took its place; it stays readable. */
  @Column({ type: 'bigint', nullable: true }) supersededAt: number | null
}
