import { DAY } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'

/** Platforms repeat a callback within minutes; a week is ample. */
const INBOX_MS = 7 * DAY

/** Forgets the keys of callbacks that cannot come again. Returns how many. */
export function forgetOld(db: Database): Promise<number> {
  return db.write((tx) => tx.run('DELETE FROM inbox WHERE at < ?', [tx.now - INBOX_MS]))
}
