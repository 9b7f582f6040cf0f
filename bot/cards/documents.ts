import { documentById, documentPath, documentsOf } from '../../server/engines/files/documents.ts'
import type { Outgoing } from '../../server/engines/messages/outbox.ts'
import { DAY } from '../../server/lib/clock.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { CardKind, Look } from '../card.ts'
import { answer } from '../here.ts'

/** How long a link holds that is passed on, where the document itself has no end. */
const LINK_MS = 15 * DAY

/** A document as a line with a link that can be passed on, and as a file. */
export const documentCards: CardKind[] = [
  {
    kind: 'document_ready',
    async draw(tx, message, words): Promise<Look> {
      const { id, kind, validUntil, ...document } = await documentById(tx, message.subjectId)
      const until = Math.max(validUntil ?? 0, tx.now + LINK_MS)
      const data = { ...message.data, ...document, validUntil: validUntil ?? 0, now: tx.now }
      const link = { to: documentPath(id, until), label: document.name }
      return { text: words.text(`cards/documents.${kind}`, data), link }
    },
  },
  {
    kind: 'document',
    async draw(tx, message): Promise<Look> {
      const { id, name } = await documentById(tx, message.subjectId)
      return { file: { id, name } }
    },
  },
]

/** Sends somebody the newest document of a matter; false when there is none. */
export async function sendDocument(tx: Tx, staffId: string, subjectId: string): Promise<boolean> {
  const [newest] = await documentsOf(tx, subjectId)
  if (!newest) return false
  const message = (kind: string): Outgoing => ({
    key: `${kind}:${newId(tx.now)}`,
    channel: 'staff',
    to: staffId,
    kind,
    subjectId: newest.id,
    urgent: true,
  })
  await answer(tx, message('document_ready'), message('document'))
  return true
}
