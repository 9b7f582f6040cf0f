import type { Message } from '../../engines/messages/message.ts'
import type { Shelf } from '../../engines/packs/shelf.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { addressee } from './addressees.ts'

/** What words of every way may say besides what the message itself tells: who is told, and by whom. */
export async function tellingData(tx: Tx, message: Message, shelf: Shelf): Promise<Record<string, unknown>> {
  const customer = await addressee(tx, message.recipientId)
  const brand = shelf.heads[0]?.brand ?? ''
  return { name: customer?.nickname ?? '', brand, now: tx.now, ...message.data }
}

/** The words of a message as a group of texts. */
export async function wordsFor(
  tx: Tx,
  message: Message,
  { shelf, words }: { shelf: Shelf; words: Words },
  place: string,
): Promise<Record<string, string>> {
  const texts = words.tree(place, await tellingData(tx, message, shelf)) as Record<string, unknown>
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, String(text)]))
}
