import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import type { Tx } from '../../lib/tx.ts'
import { Memo } from '../staff/memo.ts'
import { enqueue } from './outbox.ts'

const BATCH = 100

/** Tells people what they wanted to be reminded of; each once. Returns how many were due. */
export async function sweepMemos(db: Database): Promise<number> {
  const due = await db.read((tx) => tx.find(Memo, `WHERE wakeAt <= ? ORDER BY wakeAt, id LIMIT ${BATCH}`, [tx.now]))
  for (const memo of due) await db.write((tx) => tell(tx, memo))
  return due.length
}

/** When the next one is due. */
export const nextMemo = earliest('memos', 'wakeAt')

async function tell(tx: Tx, { id, staffId, wakeAt }: Memo): Promise<void> {
  if (!(await tx.update(Memo, id, { wakeAt: null }, { wakeAt }))) return
  await enqueue(tx, {
    key: `memo:${id}`,
    channel: 'staff',
    to: staffId,
    kind: 'memo',
    subjectId: id,
    // Somebody asked for this minute: no quiet hours hold it back.
    urgent: true,
  })
}
