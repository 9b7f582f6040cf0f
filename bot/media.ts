import { Attachment } from '../server/engines/files/attachment.ts'
import { cleanPicture, storePicture } from '../server/engines/files/files.ts'
import { backoff } from '../server/engines/messages/deliver.ts'
import type { Database } from '../server/lib/db.ts'
import { Invalid, PlatformError } from '../server/lib/errors.ts'
import { log } from '../server/lib/log.ts'
import type { Wecom } from '../server/platforms/wecom.ts'

const BATCH = 20

/** Fetches the pictures that staff sent in the chat; the platform keeps them for three days. Returns how many it tried. */
export async function fetchPictures(db: Database, wecom: Wecom): Promise<number> {
  const due = await db.read((tx) =>
    tx.find(Attachment, `WHERE nextAt <= ? AND state = 'fetching' ORDER BY nextAt LIMIT ${BATCH}`, [tx.now]),
  )
  for (const row of due) await fetchOne(db, wecom, row)
  return due.length
}

async function fetchOne(db: Database, wecom: Wecom, row: Attachment): Promise<void> {
  try {
    const { bytes } = await wecom.download((row.source ?? '').replace(/^wecom:/, ''))
    const picture = await cleanPicture(bytes)
    await storePicture(row.id, picture)
    const { width, height } = picture
    await db.write((tx) =>
      tx.update(Attachment, row.id, { state: 'ready', nextAt: null, size: picture.bytes.length, width, height }),
    )
  } catch (error) {
    const known = error instanceof PlatformError || error instanceof Invalid
    if (!known) throw error
    const retry = error instanceof PlatformError && error.retryable
    log.warn({ picture: row.id, error: error.message, retry }, 'a picture could not be fetched')
    await db.write((tx) =>
      tx.update(Attachment, row.id, {
        state: retry ? 'fetching' : 'lost',
        attempts: row.attempts + 1,
        nextAt: retry ? tx.now + backoff(row.attempts + 1) : null,
      }),
    )
  }
}
