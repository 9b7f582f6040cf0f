import { Column, Entity, PrimaryColumn } from 'typeorm'
import { record } from '../../engines/events/events.ts'
import type { WayName } from '../../engines/packs/ways.ts'
import { blindIndex } from '../../lib/crypto.ts'
import type { Tx } from '../../lib/tx.ts'
import { noteConsent, purposesNow } from './consent.ts'

/** A way to a customer that is closed: they want nothing by it, or what is sent by it does not arrive. */
@Entity('customer_stops')
export class CustomerStop {
  /** Customer and way. */
  @PrimaryColumn({ type: 'varchar', length: 60 }) id: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 12 }) via: string
  @Column({ type: 'varchar', length: 12 }) reason: 'unsubscribed' | 'bounced'
  /** Blind index of the address that is dead: another one is another matter. */
  @Column({ type: 'varchar', length: 64, nullable: true }) about: string | null
  @Column({ type: 'bigint' }) at: number
}

interface Stop {
  reason: CustomerStop['reason']
  /** The address that is dead. */
  address?: string
  /** The message by which it came to be known. */
  messageId?: string
}

/** Closes a way to a customer; a second time changes nothing. */
export async function stopWay(tx: Tx, customerId: string, via: WayName, stop: Stop): Promise<boolean> {
  const { reason, address, messageId } = stop
  const about = address === undefined ? null : blindIndex('address', address)
  const before = await tx.get(CustomerStop, idOf(customerId, via))
  // Their wish holds for every address, also for one that was dead before.
  if (before && (before.reason === 'unsubscribed' || (before.reason === reason && before.about === about))) return false
  const row = { customerId, via, reason, about, at: tx.now }
  if (before) await tx.update(CustomerStop, before.id, row)
  else if (!(await tx.insertOnce(CustomerStop, { id: idOf(customerId, via), ...row }))) return false
  if (reason === 'unsubscribed') await sayToAll(tx, customerId, via, false)
  await tell(tx, customerId, `${via}.${reason}`, reason === 'unsubscribed', messageId)
  return true
}

/** Opens a way again that the customer had closed. */
export async function resumeWay(tx: Tx, customerId: string, via: WayName): Promise<boolean> {
  const gone = await tx.run(`DELETE FROM customer_stops WHERE id = ? AND reason = 'unsubscribed'`, [
    idOf(customerId, via),
  ])
  if (gone !== 1) return false
  await sayToAll(tx, customerId, via, true)
  await tell(tx, customerId, `${via}.resumed`, true)
  return true
}

/** Whether a way to a customer is closed, for this address. */
export async function isStopped(tx: Tx, customerId: string, via: WayName, address?: string): Promise<boolean> {
  const stop = await tx.get(CustomerStop, idOf(customerId, via))
  if (!stop) return false
  return stop.reason === 'unsubscribed' || (address !== undefined && stop.about === blindIndex('address', address))
}

/** A closed way is a no to every purpose that goes by it, and an opened one the yes that it was before. */
async function sayToAll(tx: Tx, customerId: string, via: WayName, yes: boolean): Promise<void> {
  for (const purpose of purposesNow())
    if (purpose.via === via) await noteConsent(tx, customerId, purpose, yes, yes ? 'resume' : 'unsubscribe')
}

function idOf(customerId: string, via: WayName): string {
  return `${customerId}:${via}`
}

function tell(tx: Tx, customerId: string, name: string, own: boolean, messageId?: string): Promise<void> {
  return record(tx, name, {
    by: own ? { type: 'customer', id: customerId } : { type: 'system' },
    subject: { type: 'customer', id: customerId },
    customerId,
    data: messageId ? { message: messageId } : {},
  })
}
