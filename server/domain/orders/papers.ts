import { recordAll, SYSTEM } from '../../engines/events/events.ts'
import { Invalid } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { instantOf } from '../../lib/instant.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { keyTexts } from '../customers/find.ts'
import { meetAll } from '../customers/meet.ts'
import { customerIn, pastOf } from './orders.ts'
import { OrderPaper, type PaperKind } from './paper.ts'
import type { PaperGiven } from './schema.ts'

/** These the customer does; the others are done by us. */
const BY_CUSTOMER = new Set(['quote.accepted', 'quote.rejected', 'contract.signed', 'return.requested'])

/**
 * Takes what another system says of a quote, contract, invoice or return. Of two versions the newer one holds; each
 * state that it was ever in is told once as an event (`contract.signed`). Throws Invalid.
 */
export async function putPaper(
  tx: Tx,
  kind: PaperKind,
  given: PaperGiven,
  source: string,
): Promise<{ paper: OrderPaper; outcome: 'created' | 'updated' | 'known' }> {
  const at = pastOf(tx, 'updated_at', given.updated_at)
  const known = await paperByNumber(tx, kind, source, given.number)
  const paper = known ?? (await createPaper(tx, kind, given, source, at))
  const newer = known !== undefined && at > known.updatedAt
  if (known && newer) {
    const changes = { ...fieldsOf(given), updatedAt: at }
    if (!(await tx.update(OrderPaper, known.id, changes, { updatedAt: known.updatedAt }))) throw new LostRace()
    Object.assign(paper, changes)
  }
  await recordAll(tx, [eventOf(paper, given.status, given.status === firstOf(kind) ? paper.issuedAt : at)])
  return { paper, outcome: known === undefined ? 'created' : newer ? 'updated' : 'known' }
}

/** Such a paper by its number in the system where it stands, or undefined. */
export function paperByNumber(
  tx: Tx,
  kind: PaperKind,
  source: string,
  number: string,
): Promise<OrderPaper | undefined> {
  return tx.first(OrderPaper, 'WHERE kind = ? AND source = ? AND number = ?', [kind, source, number])
}

async function createPaper(
  tx: Tx,
  kind: PaperKind,
  given: PaperGiven,
  source: string,
  at: number,
): Promise<OrderPaper> {
  if (!given.customer) throw new Invalid('customer', 'value_missing')
  const [met] = await meetAll(tx, [given.customer], { by: SYSTEM, source })
  const customerId = customerIn(met)
  const row = {
    id: newId(tx.now),
    kind,
    source,
    number: given.number,
    customerId,
    issuedAt: given.issued_at === undefined ? at : pastOf(tx, 'issued_at', given.issued_at),
    updatedAt: at,
    ...fieldsOf(given),
  }
  // Told by two requests at once: one of them makes it, the other runs again and finds it.
  if (!(await tx.insertOnce(OrderPaper, row))) throw new LostRace()
  await keyTexts(tx, customerId, [given.number])
  return Object.assign(new OrderPaper(), row)
}

function fieldsOf({ order, status, amount, title, data, ends_at }: PaperGiven) {
  return {
    orderNumber: order ?? null,
    status,
    amount: amount ?? null,
    title: title ?? null,
    data: data ?? {},
    endsAt: ends_at === undefined ? null : instantOf(ends_at),
  }
}

function eventOf(
  { id, kind, source, number, customerId, orderNumber, amount, title, endsAt }: OrderPaper,
  status: string,
  at: number,
) {
  const name = `${kind}.${status}`
  return {
    name,
    by: BY_CUSTOMER.has(name) ? { type: 'customer' as const, id: customerId } : SYSTEM,
    subject: { type: kind, id },
    customerId,
    data: { number, source, amount, title, order_number: orderNumber, ends_at: endsAt },
    dedupKey: `paper:${id}:${status}`,
    at,
  }
}

function firstOf(kind: PaperKind): string {
  return { quote: 'sent', contract: 'sent', invoice: 'issued', return: 'requested' }[kind]
}
