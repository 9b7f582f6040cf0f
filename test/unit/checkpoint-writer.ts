import { Received } from '../../server/engines/messages/message.ts'
import { entities, migrations } from '../../server/entities.ts'
import { FixedClock } from '../../server/lib/clock.ts'
import { Database } from '../../server/lib/db.ts'

/** Commits so often that the log is shortened. */
const COMMITS = 300

/** Opens an embedded database and writes to it until its log is shortened. */
export async function writeMuch(url: string): Promise<Database> {
  const db = await Database.open({ url, entities, migrations, clock: new FixedClock(1) })
  for (let n = 0; n < COMMITS; n++) {
    await db.write((tx) => tx.insert(Received, { id: `${n}:${'x'.repeat(150)}`, at: tx.now }))
  }
  return db
}
