import { Attachment } from '../server/engines/files/attachment.ts'
import { cleanPicture, storePicture } from '../server/engines/files/files.ts'
import { backoff } from '../server/engines/messages/deliver.ts'
import type { Database } from '../server/lib/db.ts'
import { earliest } from '../server/lib/due.ts'
import { Invalid, PlatformError } from '../server/lib/errors.ts'
import { log } from '../server/lib/log.ts'
import type { Chat } from './chat.ts'

const BATCH = 20

/** Pictures that are still with the platform. */
export const picturesDue = earliest('attachments', 'nextAt', `state = 'fetching'`)

/** Fetches the pictures that staff sent in the chat; platforms keep them for a few days. Returns how many it tried. */
export async function fetchPictures(db: Database, chats: Chat[]): Promise<number> {
  const due = await db.read((tx) =>
    tx.find(Attachment, `WHERE nextAt <= ? AND state = 'fetching' ORDER BY nextAt LIMIT ${BATCH}`, [tx.now]),
  )
  for (const row of due) await fetchOne(db, chats, row)
  return due.length
}

async function fetchOne(db: Database, chats: Chat[], row: Attachment): Promise<void> {
  try {
    const picture = await cleanPicture(await fileOf(chats, row.source ?? ''))
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

/** A door calls a file `<platform>:<the platform's own id>`. */
function fileOf(chats: Chat[], source: string): Promise<Buffer> {
  const cut = source.indexOf(':')
  const chat = chats.find(({ platform }) => platform === source.slice(0, cut))
  if (!chat) throw new PlatformError(source.slice(0, cut), 'off', false, 'this work chat is not configured')
  return chat.file(source.slice(cut + 1))
}
