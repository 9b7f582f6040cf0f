import { documentPath, documentsOf } from '../../engines/files/documents.ts'
import { HOUR } from '../../lib/clock.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Ticket } from './ticket.ts'
import type { Paper } from './view.ts'

/** How long a link in an answer holds; it changes only once an hour, so that an unchanged ticket gives an unchanged answer. */
const LINK_MS = 2 * HOUR

/** What was made out to the customer of a ticket, the newest first. */
export async function papersOf(tx: Tx, words: Words, ticket: Ticket): Promise<Paper[]> {
  const documents = await documentsOf(tx, ticket.id)
  const until = Math.ceil((tx.now + LINK_MS) / HOUR) * HOUR
  return documents.map(({ id, kind, number, version, createdAt, validUntil, supersededAt }) => ({
    id,
    title: words.text(`messages/tickets.document.${kind}`, { version }),
    number,
    url: documentPath(id, until),
    at: createdAt,
    validUntil,
    superseded: supersededAt !== null,
  }))
}
