import { Column, Entity, PrimaryColumn } from 'typeorm'
import { sealedText } from '../../lib/crypto.ts'

/** A company that is a customer (D2): what it is, and how it is organised. */
@Entity('companies')
export class Company {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 80 }) name: string
  /** The name without blanks, brackets and wide letters: however it is written, it is one company. */
  @Column({ type: 'varchar', length: 80, unique: true }) nameKey: string
  @Column({ type: 'varchar', length: 60, nullable: true }) industry: string | null
  @Column({ type: 'varchar', length: 40, nullable: true }) size: string | null
  @Column({ type: 'text', nullable: true }) background: string | null
  @Column({ type: 'text', nullable: true }) structure: string | null
  @Column({ type: 'bigint' }) createdAt: number
  @Column({ type: 'bigint' }) updatedAt: number
  @Column({ type: 'int' }) version: number
}

/** Somebody in a company: a customer of ours, or somebody of whom we only know the name. */
@Entity('company_contacts')
export class CompanyContact {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) companyId: string
  @Column({ type: 'varchar', length: 26, nullable: true }) customerId: string | null
  @Column({ type: 'text', transformer: sealedText }) name: string
  /** Blind index of the name: within a company it names one person. */
  @Column({ type: 'varchar', length: 64 }) nameMark: string
  @Column({ type: 'text', nullable: true, transformer: sealedText }) phone: string | null
  @Column({ type: 'varchar', length: 40, nullable: true }) role: string | null
  /** Whether they decide what is bought. */
  @Column({ type: 'boolean' }) decides: boolean
  /** The contact above them. */
  @Column({ type: 'varchar', length: 26, nullable: true }) reportsTo: string | null
  @Column({ type: 'bigint' }) createdAt: number
  @Column({ type: 'bigint' }) updatedAt: number
}

/** A company's name in the one way by which it is found. */
export function nameKeyOf(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/[\s()\-·.,，。]/g, '')
    .toLowerCase()
}
