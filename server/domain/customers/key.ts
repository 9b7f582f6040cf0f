import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A word by which staff find customers; only its blind index is kept, and several customers may share it (D12). */
@Entity('customer_keys')
export class CustomerKey {
  @PrimaryColumn({ type: 'varchar', length: 100 }) id: string
  @Column({ type: 'varchar', length: 64 }) hash: string
  @Column({ type: 'varchar', length: 10 }) kind: 'name' | 'phone_end' | 'text'
  @Column({ type: 'varchar', length: 26 }) customerId: string
}
