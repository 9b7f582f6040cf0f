import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

export const IMPORT_KINDS = ['customers', 'orders', 'events'] as const
export type ImportKind = (typeof IMPORT_KINDS)[number]

/** A file that is read in batch by batch. How far it has come is kept here; the same rows again change nothing. */
@Entity('imports')
export class Import {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 10 }) kind: ImportKind
  @Column({ type: 'varchar', length: 40 }) source: string
  /** What the file was called. */
  @Column({ type: 'varchar', length: 120 }) name: string
  @Column({ type: 'varchar', length: 8 }) state: 'running' | 'done' | 'failed'
  /** Which field each column is, in their order; null: none. */
  @Column({ type: 'text', transformer: jsonText }) mapping: (string | null)[]
  /** In bytes, and how many of them are done. */
  @Column({ type: 'bigint' }) size: number
  @Column({ type: 'bigint' }) done: number
  /** The last line that was read. */
  @Column({ type: 'int' }) line: number
  @Column({ type: 'int' }) accepted: number
  /** Rows that said nothing new. */
  @Column({ type: 'int' }) known: number
  @Column({ type: 'int' }) refused: number
  /** Why it could not be read to its end. */
  @Column({ type: 'varchar', length: 200, nullable: true }) error: string | null
  @Column({ type: 'bigint' }) createdAt: number
  @Column({ type: 'bigint', nullable: true }) endedAt: number | null
  /** When the next batch is due; whoever works on it puts it off for as long. */
  @Column({ type: 'bigint', nullable: true }) wakeAt: number | null
  @Column({ type: 'int' }) version: number
}

/** A row that could not be taken. */
@Entity('import_errors')
export class ImportError {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) importId: string
  @Column({ type: 'int' }) line: number
  @Column({ type: 'varchar', length: 120 }) field: string
  /** A word of templates/messages/errors.yaml, and what its sentence names. */
  @Column({ type: 'varchar', length: 60 }) reason: string
  @Column({ type: 'text', transformer: jsonText }) data: Record<string, unknown>
}
