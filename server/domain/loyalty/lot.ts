import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

/**
 * Points that were granted together, with their time. What is left of a lot is less than nothing when it was earned by
 * something that was undone after the points were spent: that is the customer's debt, which new points pay first.
 */
@Entity('points_lots')
export class PointsLot {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  /** The move that granted it. */
  @Column({ type: 'varchar', length: 190, unique: true }) moveId: string
  @Column({ type: 'int' }) points: number
  @Column({ type: 'int' }) remaining: number
  /** pending: not good yet; closed: nothing is left, and nothing owed. */
  @Column({ type: 'varchar', length: 8 }) state: 'pending' | 'active' | 'closed'
  @Column({ type: 'bigint' }) startsAt: number
  /** The first instant at which it is not good any more; null: never. */
  @Column({ type: 'bigint', nullable: true }) endsAt: number | null
  /** When the sweep has something to do with it. */
  @Column({ type: 'bigint', nullable: true }) sweepAt: number | null

  /** Counts points in or out and sets what follows from that. */
  change(points: number): void {
    this.remaining += points
    if (this.state !== 'pending') this.state = this.remaining === 0 ? 'closed' : 'active'
    else if (this.remaining === 0) this.state = 'closed'
    this.sweepAt = this.nextSweep()
  }

  /** Its points are good from now on. */
  begin(): void {
    this.state = 'active'
    this.sweepAt = this.nextSweep()
  }

  private nextSweep(): number | null {
    if (this.state === 'pending') return this.startsAt
    return this.remaining > 0 ? this.endsAt : null
  }
}

/** merge: two ledgers became one, and what one owed was paid by the other. */
export type MoveKind = 'grant' | 'start' | 'spend' | 'return' | 'reverse' | 'expire' | 'merge'

/** One thing that happened to a customer's points, once for its key. */
@Entity('points_moves')
export class PointsMove {
  /** What names it. */
  @PrimaryColumn({ type: 'varchar', length: 190 }) id: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  /** Its place in the customer's history. */
  @Column({ type: 'int' }) seq: number
  @Column({ type: 'varchar', length: 8 }) kind: MoveKind
  /** How the balance changed by it; of points that are not good yet, how many they are. */
  @Column({ type: 'int' }) points: number
  @Column({ type: 'int' }) balance: number
  /** The move that it undoes. */
  @Column({ type: 'varchar', length: 190, nullable: true }) undoes: string | null
  /** A word of templates/messages/loyalty.yaml, or a text of a pack. */
  @Column({ type: 'varchar', length: 60 }) why: string
  @Column({ type: 'text', transformer: jsonText }) about: Record<string, unknown>
  @Column({ type: 'bigint' }) at: number
}

/** A line of the ledger: how one move changed one lot. Lines are written once and never changed. */
@Entity('points_entries')
export class PointsEntry {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 190 }) moveId: string
  @Column({ type: 'varchar', length: 26 }) lotId: string
  /**
   * `settle`: from a lot to another one's debt; the two lines of it come to nothing. `parted`: such a line whose lots are
   * not one customer's any more.
   */
  @Column({ type: 'varchar', length: 8 }) kind: MoveKind | 'settle' | 'parted'
  @Column({ type: 'int' }) points: number
  /** Of `settle`: the lot on the other side. */
  @Column({ type: 'varchar', length: 26, nullable: true }) otherId: string | null
}

/** A customer's ledger: one change at a time. */
@Entity('points_accounts')
export class PointsAccount {
  /** The customer. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** The place of the last move. */
  @Column({ type: 'int' }) seq: number
  /** How often it was opened: counting up keeps everybody else out until the transaction ends. */
  @Column({ type: 'bigint' }) opened: number
}
