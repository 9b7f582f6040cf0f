import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'
import type { Cause, EventType, Standing, State } from './states.ts'

/** A thing of ours that customers use and staff look after: a bike, a car, a battery, a station. */
@Entity('assets')
export class Asset implements Standing {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** What its QR code says and people type: upper case. */
  @Column({ type: 'varchar', length: 30, unique: true }) code: string
  /** Its kind, by the name that the pack gives it. */
  @Column({ type: 'varchar', length: 40 }) kind: string
  /** What a station is called; vehicles are called by their code. */
  @Column({ type: 'varchar', length: 60, nullable: true }) name: string | null
  @Column({ type: 'varchar', length: 16 }) state: State
  /** What keeps it out of service. */
  @Column({ type: 'varchar', length: 80, transformer: jsonText }) causes: Cause[]
  /** Where it stood before contact was lost. */
  @Column({ type: 'varchar', length: 16, nullable: true }) lostFrom: State | null
  /** Why it went out of service, in the words of whoever took it out. */
  @Column({ type: 'varchar', length: 200, nullable: true }) reason: string | null
  /** When the event happened, and which it was, that made it stand so. */
  @Column({ type: 'bigint' }) stateAt: number
  @Column({ type: 'varchar', length: 64, nullable: true }) eventId: string | null
  /** GCJ-02, as phones and locks in China give it. */
  @Column({ type: 'double', nullable: true }) lat: number | null
  @Column({ type: 'double', nullable: true }) lng: number | null
  @Column({ type: 'bigint', nullable: true }) placedAt: number | null
  @Column({ type: 'varchar', length: 26, nullable: true }) stationId: string | null
  /** How many vehicles a station takes. */
  @Column({ type: 'int', nullable: true }) capacity: number | null
  /** How far it has gone in all. */
  @Column({ type: 'bigint' }) meters: number
  /** Percent of its charge. */
  @Column({ type: 'int', nullable: true }) battery: number | null
  /** What the public feed calls it: another word after each trip, so that nobody can be followed. */
  @Column({ type: 'varchar', length: 26 }) publicId: string
  @Column({ type: 'bigint' }) registeredAt: number
  @Column({ type: 'int' }) version: number

  /** Whether it has left for good. */
  isScrapped(): boolean {
    return this.causes.includes('scrap')
  }
}

/** Something that happened to an asset; `fromState`, `toState` and `legal` follow from the order in which things happened. */
@Entity('asset_events')
export class AssetEvent {
  /** The reporter's own id: reported twice, it happened once. */
  @PrimaryColumn({ type: 'varchar', length: 64 }) id: string
  @Column({ type: 'varchar', length: 26 }) assetId: string
  /** The last of them, where several were reported as one. */
  @Column({ type: 'varchar', length: 32 }) type: EventType
  @Column({ type: 'bigint' }) occurredAt: number
  @Column({ type: 'bigint' }) receivedAt: number
  @Column({ type: 'varchar', length: 16 }) fromState: State
  @Column({ type: 'varchar', length: 16 }) toState: State
  /** Whether it may happen in the state before; what may not is recorded all the same. */
  @Column({ type: 'boolean' }) legal: boolean
  @Column({ type: 'varchar', length: 80, transformer: jsonText }) causes: Cause[]
  @Column({ type: 'varchar', length: 16, nullable: true }) lostFrom: State | null
  @Column({ type: 'varchar', length: 200, nullable: true }) reason: string | null
  /** Who did it: `staff:<id>`, `customer:<id>`, `flow`, or the system that reported it. */
  @Column({ type: 'varchar', length: 60 }) doneBy: string
  /** The run of a flow that made it happen. */
  @Column({ type: 'varchar', length: 26, nullable: true }) runId: string | null
  @Column({ type: 'text', transformer: jsonText }) data: EventData
}

/** What was reported beside the event itself. */
export interface EventData {
  /** All of them, where several were reported as one. */
  types?: EventType[]
  place?: { lat: number; lng: number; stationId?: string }
  meters?: number
  battery?: number
}

/** Work that an asset needs again and again: when it is due next, by date or by distance, and the run that does it. */
@Entity('asset_services')
export class AssetService {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) assetId: string
  @Column({ type: 'varchar', length: 40 }) plan: string
  /** Null while the work runs. */
  @Column({ type: 'bigint', nullable: true }) dueAt: number | null
  @Column({ type: 'bigint', nullable: true }) dueMeters: number | null
  @Column({ type: 'varchar', length: 26, nullable: true }) runId: string | null
  @Column({ type: 'bigint', nullable: true }) doneAt: number | null
  @Column({ type: 'int' }) version: number
}
