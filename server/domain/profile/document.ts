import { Column, Entity, PrimaryColumn } from 'typeorm'
import { sealedText } from '../../lib/crypto.ts'

export const DOCUMENT_KINDS = ['id_card', 'driving_licence', 'passport'] as const
export type DocumentKind = (typeof DOCUMENT_KINDS)[number]

/** A paper of a customer: what it is, its number under seal, until when it holds (D9). One of each kind. */
@Entity('customer_documents')
export class CustomerDocument {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 30 }) kind: DocumentKind
  @Column({ type: 'text', transformer: sealedText }) number: string
  /** The name that stands on it. */
  @Column({ type: 'text', nullable: true, transformer: sealedText }) holder: string | null
  /** Of a driving licence: C1, A2 … */
  @Column({ type: 'varchar', length: 20, nullable: true }) class: string | null
  /** The last day on which it holds, yyyymmdd; null: it does not end. */
  @Column({ type: 'int', nullable: true }) expiresOn: number | null
  /** Of a driving licence: the day since which its holder may drive, yyyymmdd. */
  @Column({ type: 'int', nullable: true }) issuedOn: number | null
  @Column({ type: 'varchar', length: 26, nullable: true }) photoId: string | null
  @Column({ type: 'bigint' }) createdAt: number
}
