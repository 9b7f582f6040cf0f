import { signatureHolds, signText } from '../../lib/crypto.ts'
import { NotFound } from '../../lib/errors.ts'
import type { New, Tx } from '../../lib/tx.ts'
import { Document } from './document.ts'
import { readStored, writeStored } from './store.ts'

/** Of the files in which documents stand. */
export const DOCUMENT_ENDING = 'pdf'

/** Writes a document's bytes; the row follows in the caller's transaction. Written again, it is the same file. */
export function storeDocument(id: string, bytes: Uint8Array): Promise<void> {
  return writeStored(id, DOCUMENT_ENDING, bytes)
}

/** The bytes of a document; throws NotFound. */
export function readDocument(id: string): Promise<Buffer> {
  return readStored(id, DOCUMENT_ENDING)
}

/** The row of a document whose bytes are stored; earlier versions of the same number give way. False: it was there. */
export async function addDocument(tx: Tx, row: Omit<New<Document>, 'createdAt' | 'supersededAt'>): Promise<boolean> {
  const added = await tx.insertOnce(Document, { ...row, createdAt: tx.now })
  if (!added) return false
  await tx.run(
    'UPDATE documents SET supersededAt = ? WHERE subjectId = ? AND number = ? AND version < ? AND supersededAt IS NULL',
    [tx.now, row.subjectId, row.number, row.version],
  )
  return true
}

/** The documents of a subject, the newest first; those that were superseded as well. */
export function documentsOf(tx: Tx, subjectId: string): Promise<Document[]> {
  return tx.find(Document, 'WHERE subjectId = ? ORDER BY id DESC', [subjectId])
}

/** A document by id; throws NotFound. */
export async function documentById(tx: Tx, id: string): Promise<Document> {
  const document = await tx.get(Document, id)
  if (!document) throw new NotFound('file')
  return document
}

/** A path on our own server at which a document can be read until `until`; only handed to those who may read it. */
export function documentPath(id: string, until: number): string {
  return `/documents/${id}?until=${until}&sig=${signText(`document:${id}:${until}`)}`
}

/** Whether a document's link was made by us and still holds. */
export function documentLinkHolds(id: string, until: number, signature: string, now: number): boolean {
  return until > now && signatureHolds(`document:${id}:${until}`, signature)
}
