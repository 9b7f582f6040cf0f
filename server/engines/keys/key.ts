import { Column, Entity, PrimaryColumn } from 'typeorm'
import { sealedText } from '../../lib/crypto.ts'

/**
 * A secret that stays the same when the keys of the ring change, sealed by them like everything else: the blind index
 * and the signatures of links hang on it, so the oldest key can leave the ring.
 */
@Entity('key_roots')
export class KeyRoot {
  @PrimaryColumn({ type: 'varchar', length: 20 }) id: 'index' | 'link'
  /** base64 */
  @Column({ type: 'text', transformer: sealedText }) secret: string
  @Column({ type: 'bigint' }) createdAt: number
}

/** How far one sealed column has been sealed anew by the key that seals now. */
@Entity('key_rotations')
export class KeyRotation {
  /** `<table>.<column>` */
  @PrimaryColumn({ type: 'varchar', length: 100 }) id: string
  /** The key that this pass seals by. */
  @Column({ type: 'varchar', length: 40 }) keyId: string
  /** The id of the last row that it has looked at. */
  @Column({ type: 'varchar', length: 190 }) afterId: string
  /** How many rows this pass has sealed anew: a pass that finds none is the last one. */
  @Column({ type: 'int' }) rewritten: number
  /** How many all passes have. */
  @Column({ type: 'bigint' }) total: number
  @Column({ type: 'bigint', nullable: true }) doneAt: number | null
}
