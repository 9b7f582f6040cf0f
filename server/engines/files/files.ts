import { signatureHolds, signText } from '../../lib/crypto.ts'
import { Invalid } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { Attachment } from './attachment.ts'
import { readStored, writeStored } from './store.ts'

export const MAX_UPLOAD_BYTES = 10 * 1024 * 1024
const MAX_SIDE = 2048
const MAX_PIXELS = 60_000_000
const FORMATS = new Set(['jpeg', 'png', 'webp'])
/** Of the files in which pictures stand. */
export const PICTURE_ENDING = 'jpg'

/** In `field`: the picture of a paper. It was not checked for content, and so is good for nothing else. */
export const PAPER_PICTURE = 'document'

export interface Picture {
  bytes: Buffer
  width: number
  height: number
}

/**
 * Makes a picture fit to keep: what it is is decided by its content, it is turned upright, made at most 2048 pixels
 * wide or high, and written anew as JPEG without EXIF (no place, no device). Throws Invalid.
 */
export async function cleanPicture(raw: Buffer): Promise<Picture> {
  if (raw.length > MAX_UPLOAD_BYTES) throw new Invalid('file', 'file_too_large', { megabytes: 10 })
  // Loaded at the first picture only: the library takes 20 MB that an idle process need not hold.
  const { default: sharp } = await import('sharp')
  try {
    const picture = sharp(raw, { limitInputPixels: MAX_PIXELS, failOn: 'error' })
    const { format } = await picture.metadata()
    if (!format || !FORMATS.has(format)) throw new Invalid('file', 'file_kind')
    const { data, info } = await picture
      .rotate()
      .resize({ width: MAX_SIDE, height: MAX_SIDE, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .jpeg({ quality: 82 })
      .toBuffer({ resolveWithObject: true })
    return { bytes: data, width: info.width, height: info.height }
  } catch (error) {
    if (error instanceof Invalid) throw error
    throw new Invalid('file', 'file_kind')
  }
}

/** Writes a picture's bytes; the row follows in the caller's transaction, an orphan file does no harm. */
export function storePicture(id: string, picture: Picture): Promise<void> {
  return writeStored(id, PICTURE_ENDING, picture.bytes)
}

/** The bytes of a stored picture; throws NotFound. */
export function readPicture(id: string): Promise<Buffer> {
  return readStored(id, PICTURE_ENDING)
}

/** Where a picture of staff belongs: to which case, and for which step and field of its form it was given. */
export type Belongs = Partial<Pick<Attachment, 'subjectId' | 'stepId' | 'field'>>

/** The row of a picture that is already stored. */
export async function addPicture(
  tx: Tx,
  id: string,
  owner: { type: Attachment['ownerType']; id: string },
  picture: Picture,
  safety: Attachment['safety'],
  belongs: Belongs = {},
): Promise<void> {
  await tx.insert(Attachment, {
    id,
    ownerType: owner.type,
    ownerId: owner.id,
    state: 'ready',
    safety,
    ...belongs,
    size: picture.bytes.length,
    width: picture.width,
    height: picture.height,
    attempts: 0,
    nextAt: safety === 'unchecked' ? tx.now : null,
    createdAt: tx.now,
  })
}

/** A picture that only the chat platform has yet; the fetch duty will bring it. */
export async function addPromisedPicture(tx: Tx, staffId: string, source: string, belongs: Belongs): Promise<string> {
  const id = newId(tx.now)
  await tx.insert(Attachment, {
    id,
    ownerType: 'staff',
    ownerId: staffId,
    state: 'fetching',
    safety: 'pass',
    source,
    ...belongs,
    size: 0,
    width: 0,
    height: 0,
    attempts: 0,
    nextAt: tx.now,
    createdAt: tx.now,
  })
  return id
}

/** The rows of pictures by their ids, in the order of the ids. */
export async function picturesOf(tx: Tx, ids: string[]): Promise<Attachment[]> {
  if (ids.length === 0) return []
  const rows = await tx.find(Attachment, `WHERE id IN (${ids.map(() => '?').join(',')})`, ids)
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/**
 * Checks that these pictures were uploaded by this customer, for this purpose, and ties them to a subject. Throws
 * Invalid.
 */
export async function claimPictures(
  tx: Tx,
  customerId: string,
  ids: string[],
  subjectId: string,
  purpose: typeof PAPER_PICTURE | null = null,
): Promise<void> {
  const rows = await picturesOf(tx, ids)
  const theirs = rows.filter((row) => row.ownerType === 'customer' && row.ownerId === customerId)
  const mine = theirs.filter(({ field }) => (field === PAPER_PICTURE) === (purpose === PAPER_PICTURE))
  if (mine.length !== new Set(ids).size) throw new Invalid('photos', 'photo_unknown')
  for (const row of mine) await tx.update(Attachment, row.id, { subjectId })
}

/** The picture of a paper that this customer has uploaded as such. Throws Invalid. */
export async function paperPicture(tx: Tx, customerId: string, id: string): Promise<Attachment> {
  const row = await tx.get(Attachment, id)
  const own = row?.ownerType === 'customer' && row.ownerId === customerId && row.field === PAPER_PICTURE
  if (!row || !own) throw new Invalid('photo', 'photo_unknown')
  return row
}

/** A path on our own server at which a picture can be seen until `until`; only handed to those who may see it. */
export function picturePath(id: string, until: number): string {
  return `/files/${id}?until=${until}&sig=${signText(`file:${id}:${until}`)}`
}

/** Whether a picture's link was made by us and still holds. */
export function pictureLinkHolds(id: string, until: number, signature: string, now: number): boolean {
  return until > now && signatureHolds(`file:${id}:${until}`, signature)
}
