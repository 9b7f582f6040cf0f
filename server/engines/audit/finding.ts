import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

/** Something that is not as it should be, found by the auditor; one row however often it is seen again. */
@Entity('audit_findings')
export class Finding {
  @PrimaryColumn({ type: 'varchar', length: 80 }) id: string
  /** What is wrong: its words stand in templates/cards/audit.yaml. */
  @Column({ type: 'varchar', length: 30 }) kind: string
  @Column({ type: 'varchar', length: 40 }) subjectId: string
  /** What people call it: a ticket's number and step, a message's kind. */
  @Column({ type: 'varchar', length: 120 }) about: string
  @Column({ type: 'bigint' }) foundAt: number
  @Column({ type: 'bigint' }) seenAt: number
  @Column({ type: 'bigint', nullable: true }) repairedAt: number | null
  @Column({ type: 'bigint', nullable: true }) reportedAt: number | null
}

/** The last pass of the auditor: the one row that metrics read, whichever process made the pass. */
@Entity('audit_passes')
export class AuditPass {
  @PrimaryColumn({ type: 'varchar', length: 10 }) id: string
  @Column({ type: 'bigint' }) at: number
  /** When all was well for the last time. */
  @Column({ type: 'bigint', nullable: true }) wellAt: number | null
  /** What is still wrong, by kind. */
  @Column({ type: 'text', transformer: jsonText }) counts: Record<string, number>
}
