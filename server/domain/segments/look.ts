import { idsBehind } from '../../engines/events/aliases.ts'
import { Event } from '../../engines/events/event.ts'
import type { CustomerLook, CustomerLooks, Dimension, LookPart } from '../../engines/staff/looks.ts'
import { staffById } from '../../engines/staff/roster.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { refusedUse } from '../customers/consents.ts'
import { Customer } from '../customers/customer.ts'
import { ownerOf } from '../customers/owner.ts'
import { book } from './book.ts'
import { factsOf } from './facts.ts'
import { pastOf } from './past.ts'
import { scoresInWords } from './rfm.ts'
import { tagsOf } from './tags.ts'
import { pointsFor } from './talks.ts'

/** What another noun adds to one side of a customer, in a statement or two. */
export interface LentLook {
  dimension: Dimension
  find(tx: Tx, customerId: string): Promise<LookPart>
}

const lent = new Map<string, LentLook>()
const MOST_CONTACTS = 3
const CONTACTS = `AND name = 'interaction.recorded' ORDER BY id DESC LIMIT ${MOST_CONTACTS}`

/** On which side our facts stand; a pack's own belong to what customers do. */
const SIDES: Record<string, Dimension> = {
  registered_at: 'identity',
  tier: 'identity',
  orders: 'transactions',
  last_order_at: 'transactions',
  order_gap_days: 'transactions',
  spent_fen: 'transactions',
  rfm: 'transactions',
  r_score: 'transactions',
  f_score: 'transactions',
  m_score: 'transactions',
  tickets: 'service',
  open_tickets: 'service',
  fault_reports: 'service',
  birthday: 'profile',
  region: 'profile',
  stage: 'profile',
  stage_since: 'profile',
}

/** Lets another noun add to the look: main.ts hands it over for those above. */
export function lendLook(by: string, look: LentLook): void {
  lent.set(by, look)
}

/** What is lent to those who look at a customer in the chat. */
export function looksIn(words: Words): CustomerLooks {
  return { at: (tx, customerId) => lookAt(tx, customerId, words), past: pastOf }
}

/**
 * One customer from five sides, in one call: who, since when in which stage, last contacts, orders, open matters, tags
 * with the reason why each is there, and what can be talked about.
 */
export async function lookAt(tx: Tx, customerId: string, words: Words): Promise<CustomerLook | undefined> {
  const customer = await tx.get(Customer, customerId)
  if (!customer) return undefined
  const facts = await factsOf(tx, customerId)
  const refused = await refusedUse(tx, customerId, 'profiling')
  const { tags: _, segments, ...known } = facts
  const plain = refused ? unscored(known) : known
  const { stages = [], segments: all = [], titles = {}, rfm } = book() ?? {}
  const look: CustomerLook = {
    id: customerId,
    identity: await identityOf(tx, customer),
    behaviour: { contacts: await contactsOf(tx, customerId) },
    transactions: {},
    service: {},
    profile: {
      tags: await reasonedTags(tx, customerId, !refused),
      segments: refused ? [] : titlesOf(segments, all),
      ...(refused && { refused: refused.title }),
    },
    talks: pointsFor(facts, tx.now, words, !refused),
  }
  const own: { fact: string; title: string; value: unknown }[] = []
  for (const [fact, value] of Object.entries(plain)) {
    const side = SIDES[fact]
    if (titles[fact] !== undefined && !side) own.push({ fact, title: titles[fact], value })
    else look[side ?? 'behaviour'][fact] = value
  }
  if (own.length > 0) look.behaviour.facts = own
  const told = rfm ? scoresInWords(rfm, plain) : []
  if (told.length > 0) look.transactions.rfm_words = told
  const { stage } = plain
  if (typeof stage === 'string') look.profile.stage_title = stages.find((one) => one.stage === stage)?.title ?? stage
  for (const { dimension, find } of lent.values()) Object.assign(look[dimension], await find(tx, customerId))
  return look
}

async function identityOf(tx: Tx, { id, nickname, phone, tier, createdAt }: Customer): Promise<LookPart> {
  const kinds = await tx.query<{ kind: string }>(
    'SELECT DISTINCT kind FROM customer_identities WHERE customerId = ? ORDER BY kind',
    [id],
  )
  const owner = await ownerOf(tx, id)
  const staff = owner && (await staffById(tx, owner))
  return {
    name: nickname ?? '',
    phone: phone ?? '',
    known_by: kinds.map(({ kind }) => kind),
    registered_at: createdAt,
    ...(tier && { tier }),
    ...(staff && { owner: { id: staff.id, name: staff.name } }),
  }
}

async function contactsOf(tx: Tx, customerId: string): Promise<LookPart[]> {
  const ids = await idsBehind(tx, customerId)
  const events = await tx.find(Event, `WHERE customerId IN (${ids.map(() => '?').join(',')}) ${CONTACTS}`, ids)
  return events.map(({ at, data }) => {
    const { by = '', channel = '', text = '' } = data
    return { at, by, channel, text }
  })
}

/** What is known of somebody who does not want to be judged by what they did. */
function unscored({ rfm, r_score, f_score, m_score, ...plain }: LookPart): LookPart {
  return plain
}

/** Each tag with every reason for it; that of a segment is the segment's title, and worn only where it may choose. */
async function reasonedTags(
  tx: Tx,
  customerId: string,
  profiled: boolean,
): Promise<{ tag: string; reasons: string[] }[]> {
  const segments = book()?.segments ?? []
  const all = await tagsOf(tx, customerId)
  const worn = profiled ? all : all.filter(({ reasons }) => reasons.some(({ by }) => !by.startsWith('segment:')))
  return worn.map(({ tag, reasons }) => ({
    tag,
    reasons: reasons.map(({ by, reason }) => {
      const [sort, name] = by.split(':')
      return sort === 'segment' ? (segments.find(({ segment }) => segment === name)?.title ?? name ?? '') : reason
    }),
  }))
}

function titlesOf(names: unknown, known: { segment: string; title: string }[]): string[] {
  const within = Array.isArray(names) ? names : []
  return known.filter(({ segment }) => within.includes(segment)).map(({ title }) => title)
}
