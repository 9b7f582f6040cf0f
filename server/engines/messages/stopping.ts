import type { Database } from '../../lib/db.ts'

const stopping = new WeakSet<Database>()

/** Begins nothing more with the outbox of this database: what is on its way still lands, the rest waits where it is. */
export function stopSending(db: Database): void {
  stopping.add(db)
}

/** Whether the process that holds this database is about to end. */
export function isStopping(db: Database): boolean {
  return stopping.has(db)
}
