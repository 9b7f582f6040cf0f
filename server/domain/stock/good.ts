import { Column, Entity, PrimaryColumn } from 'typeorm'

/** Goods of one kind: how many there are, how many of them are promised. */
@Entity('stock_goods')
export class StockGood {
  /** Its number (SKU), as orders and carts name it. */
  @PrimaryColumn({ type: 'varchar', length: 64 }) id: string
  @Column({ type: 'varchar', length: 120 }) title: string
  /** How many lie in the house, the promised ones with them. */
  @Column({ type: 'int' }) onHand: number
  @Column({ type: 'int' }) allocated: number
  /** So many are kept back and not sold. */
  @Column({ type: 'int' }) threshold: number
  /** The time of the newest count that was told: an older one changes nothing. */
  @Column({ type: 'bigint' }) countedAt: number
  /** Whether carts were told that it is gone. */
  @Column({ type: 'boolean' }) gone: boolean
  /** When those are told in whose carts it lies; null: there is nothing to tell. */
  @Column({ type: 'bigint', nullable: true }) tellAt: number | null

  /** How many can still be sold; below zero more were sold elsewhere than there are. */
  saleable(): number {
    return this.onHand - this.allocated - this.threshold
  }
}

export type AllocationState = 'allocated' | 'sold' | 'released' | 'returned'

/** Goods that are promised to somebody, until they leave the house or the promise is taken back. */
@Entity('stock_allocations')
export class StockAllocation {
  /** Whose it is and how it is called there: `<source>:<order>:<sku>`. */
  @PrimaryColumn({ type: 'varchar', length: 190 }) id: string
  @Column({ type: 'varchar', length: 64 }) sku: string
  @Column({ type: 'int' }) quantity: number
  @Column({ type: 'varchar', length: 10 }) state: AllocationState
  @Column({ type: 'bigint' }) at: number
}

export type MoveKind = 'allocation' | 'release' | 'sale' | 'cancellation' | 'adjustment'

/** A movement of goods; never changed. */
@Entity('stock_moves')
export class StockMove {
  /** Names it: the same again moves nothing. */
  @PrimaryColumn({ type: 'varchar', length: 210 }) id: string
  @Column({ type: 'varchar', length: 64 }) sku: string
  @Column({ type: 'varchar', length: 12 }) kind: MoveKind
  /** How many; an adjustment below zero takes away. */
  @Column({ type: 'int' }) quantity: number
  /** Who told of it: the name of a key, or `orders`. */
  @Column({ type: 'varchar', length: 40 }) source: string
  @Column({ type: 'varchar', length: 120, nullable: true }) reason: string | null
  @Column({ type: 'bigint' }) at: number
}

/** A good in somebody's cart. */
@Entity('stock_carts')
export class StockCart {
  /** `<customer>:<sku>` */
  @PrimaryColumn({ type: 'varchar', length: 100 }) id: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 64 }) sku: string
  @Column({ type: 'bigint' }) at: number
  /** Whether its owner was told that it is sold out. */
  @Column({ type: 'boolean' }) gone: boolean
}
