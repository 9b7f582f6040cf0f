import { DateTime } from 'luxon'
import { record } from '../../engines/events/events.ts'
import { claimPictures, PAPER_PICTURE, picturePath } from '../../engines/files/files.ts'
import { isIdNumber } from '../../engines/forms/id-number-field.ts'
import { DAY, HOUR } from '../../lib/clock.ts'
import { Invalid, NotFound } from '../../lib/errors.ts'
import { maskIdNumber, maskPrivate } from '../../lib/format.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { CustomerDocument, type DocumentKind } from './document.ts'

const ZONE = 'Asia/Shanghai'
const CLASSES = ['A1', 'A2', 'A3', 'B1', 'B2', 'C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'D', 'E', 'F', 'M', 'N', 'P']

export interface Paper {
  kind: DocumentKind
  number: string
  holder?: string
  class?: string
  /** `2030-05-31`; left out: it does not end. */
  expires_on?: string
  /** Of a driving licence: since when its holder may drive. */
  issued_on?: string
  photo?: string
}

/** A customer's papers as they see them: numbers masked. */
export async function documentsOf(tx: Tx, customerId: string) {
  const rows = await tx.find(CustomerDocument, 'WHERE customerId = ? ORDER BY id', [customerId])
  return rows.map(({ id, kind, number, holder, class: ofClass, expiresOn, issuedOn, photoId, createdAt }) => ({
    id,
    kind,
    number: number.length > 12 ? maskIdNumber(number) : maskPrivate(number),
    holder,
    class: ofClass,
    expires_on: expiresOn && written(expiresOn),
    issued_on: issuedOn && written(issuedOn),
    expires_at: expiresOn && endOf(expiresOn),
    photo: photoId && picturePath(photoId, tx.now + HOUR),
    createdAt,
  }))
}

/** Takes a paper in place of the one of its kind before. Throws Invalid with the field. */
export async function addDocument(tx: Tx, customerId: string, paper: Paper): Promise<string> {
  const number = paper.number.normalize('NFKC').replace(/\s/g, '').toUpperCase()
  if (paper.kind === 'passport' ? !/^[0-9A-Z]{6,12}$/.test(number) : !isIdNumber(number))
    throw new Invalid('number', 'document_number')
  if (paper.class !== undefined && (paper.kind !== 'driving_licence' || !CLASSES.includes(paper.class)))
    throw new Invalid('class', 'document_class')
  const expiresOn = paper.expires_on === undefined ? null : dayOf('expires_on', paper.expires_on)
  if (expiresOn !== null && endOf(expiresOn) < tx.now) throw new Invalid('expires_on', 'document_expired')
  const issuedOn = paper.issued_on === undefined ? null : dayOf('issued_on', paper.issued_on)
  if (issuedOn !== null && (paper.kind !== 'driving_licence' || endOf(issuedOn) - DAY > tx.now))
    throw new Invalid('issued_on', 'wrong_value')
  const id = newId(tx.now)
  if (paper.photo) await claimPictures(tx, customerId, [paper.photo], id, PAPER_PICTURE)
  await tx.run('DELETE FROM customer_documents WHERE customerId = ? AND kind = ?', [customerId, paper.kind])
  await tx.insert(CustomerDocument, {
    ...{ id, customerId, kind: paper.kind, number, holder: paper.holder ?? null, class: paper.class ?? null },
    ...{ expiresOn, issuedOn, photoId: paper.photo ?? null, createdAt: tx.now },
  })
  await tell(tx, 'document.added', customerId, {
    kind: paper.kind,
    ...(paper.class && { class: paper.class }),
    ...(expiresOn !== null && { expires_at: endOf(expiresOn) }),
  })
  return id
}

/** Takes a paper away. Returns its photo's id, whose bytes are the caller's to remove. Throws NotFound. */
export async function removeDocument(tx: Tx, customerId: string, id: string): Promise<string | null> {
  const paper = await tx.get(CustomerDocument, id)
  if (paper?.customerId !== customerId) throw new NotFound('document')
  await tx.run('DELETE FROM customer_documents WHERE id = ?', [id])
  if (paper.photoId) await tx.run('DELETE FROM attachments WHERE id = ?', [paper.photoId])
  await tell(tx, 'document.removed', customerId, { kind: paper.kind })
  return paper.photoId
}

/** The last instant of a day. */
export function endOf(day: number): number {
  return DateTime.fromFormat(String(day), 'yyyyMMdd', { zone: ZONE }).endOf('day').toMillis()
}

/** A day as it is written in answers. */
function written(day: number): string {
  return String(day).replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3')
}

function dayOf(field: string, text: string): number {
  const day = DateTime.fromFormat(text, 'yyyy-MM-dd', { zone: ZONE })
  if (!day.isValid || day.year > 2200) throw new Invalid(field, 'wrong_value')
  return Number(day.toFormat('yyyyMMdd'))
}

function tell(tx: Tx, name: string, customerId: string, data: Record<string, unknown>): Promise<void> {
  const about = { by: { type: 'customer' as const, id: customerId }, subject: { type: 'customer', id: customerId } }
  return record(tx, name, { ...about, customerId, data })
}
