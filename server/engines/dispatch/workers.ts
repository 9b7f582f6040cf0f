import type { Point } from '../../lib/geo.ts'
import type { Tx } from '../../lib/tx.ts'
import { type Actor, record } from '../events/events.ts'
import { Worker } from './worker.ts'

/** Notes where somebody is (GCJ-02). */
export async function placeWorker(tx: Tx, staffId: string, { lat, lng }: Point): Promise<void> {
  await change(tx, staffId, { lat, lng, seenAt: tx.now }, { type: 'staff', id: staffId }, 'staff.placed')
}

/** Notes what somebody can do, where they work, how much they can have in hand. */
export async function describeWorker(
  tx: Tx,
  staffId: string,
  facts: Partial<Pick<Worker, 'skills' | 'zones' | 'capacity'>>,
  by: Actor,
): Promise<void> {
  await change(tx, staffId, facts, by, 'staff.skilled')
}

async function change(tx: Tx, staffId: string, facts: Partial<Worker>, by: Actor, name: string): Promise<void> {
  await tx.insertOnce(Worker, { id: staffId })
  await tx.update(Worker, staffId, facts)
  // Where somebody was is no business of the trace: only that they said so.
  const data = 'lat' in facts ? {} : { ...facts }
  await record(tx, name, { by, subject: { type: 'staff', id: staffId }, data })
}
