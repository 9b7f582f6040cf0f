import type { New, Tx } from '../../lib/tx.ts'
import { definitionById } from '../definitions/definitions.ts'
import type { Event } from '../events/event.ts'
import { awaitedBy, type Book, bookOf } from './book.ts'
import { RuleHeard, RuleLook } from './heard.ts'
import { type Changes, house, type World } from './hooks.ts'
import { occasionOf, subjectsOf } from './known.ts'
import type { Rule } from './rule.ts'

/** Hears every event in the transaction that writes it, and keeps those that some rule listens to. */
export function hearForRules(tx: Tx, events: New<Event>[]): Promise<void> {
  return hearIn(house, tx, events)
}

/**
 * The same in any world. What a rule makes of an event is decided by the duty, a moment later and apart: no rule can
 * hold up, or break, what people do at a door. The row that asks for it is committed with the event or not at all.
 */
export async function hearIn(world: World, tx: Tx, events: New<Event>[]): Promise<void> {
  const book = bookOf(world)
  const known = olderNames.get(world.rules)
  let heard = false
  for (const event of events) {
    if (listensTo(book, event) || known?.has(event.name)) {
      heard = true
      await tx.insertLater(RuleHeard, { id: event.id, nextAt: tx.now, attempts: 0 })
    }
    if (await lookAfter(world, book, tx, event)) heard = true
  }
  if (heard) tx.afterCommit(() => world.poke())
}

/** Names that only versions of rules wait for that are no longer in force; runs keep theirs to the end. */
const olderNames = new WeakMap<World['rules'], Set<string>>()

/** Learns what runs under way wait for: their versions may be older than what the packs say now. */
export async function learnAwaited(world: World, tx: Tx): Promise<void> {
  const rows = await tx.query<{ id: string }>(
    `SELECT DISTINCT definitionId AS id FROM rule_runs WHERE state = 'running'`,
  )
  const names = olderNames.get(world.rules) ?? new Set()
  for (const { id } of rows) {
    for (const name of awaitedBy((await definitionById<Rule>(tx, id)).body)) names.add(name)
  }
  olderNames.set(world.rules, names)
}

/** Asks for a new look at somebody's or something's dates and watched fields: what is known of them may have changed. */
export async function lookAgain(
  tx: Tx,
  type: string,
  ids: string[],
  customerIdOf: (id: string) => string | null = (id) => (type === 'customer' ? id : null),
  world: World = house,
): Promise<void> {
  if (!bookOf(world).watched.has(type)) return
  for (const id of ids) await wantLook(tx, type, id, customerIdOf(id))
  if (ids.length > 0) tx.afterCommit(() => world.poke())
}

/** The events that may change what rules watch of a kind. */
export function changesOf(world: World, type: string, fields: readonly string[]): Changes {
  const by = world.facts.get(type)?.changedBy ?? []
  return typeof by === 'function' ? by(fields) : { names: by }
}

function listensTo(book: Book, event: New<Event>): boolean {
  if (book.awaited.has(event.name)) return true
  const ears = book.ears.get(event.name)
  if (!ears) return false
  const occasion = { event: occasionOf(event) }
  return ears.some(({ meant }) => meant(occasion))
}

async function lookAfter(world: World, book: Book, tx: Tx, event: New<Event>): Promise<boolean> {
  let wanted = false
  for (const [type, fields] of book.watched) {
    const { names, themselves } = changesOf(world, type, fields)
    const own = themselves === true && event.actorType === type
    if (!own && !names.some((beginning) => event.name.startsWith(beginning))) continue
    const id = type === 'customer' ? event.customerId : subjectsOf(world, event)[type]
    if (!id) continue
    await wantLook(tx, type, id, event.customerId ?? null)
    wanted = true
  }
  return wanted
}

async function wantLook(tx: Tx, type: string, id: string, customerId: string | null): Promise<void> {
  const look = { id: `${type}:${id}`, subjectType: type, subjectId: id, customerId, dueAt: tx.now }
  await tx.memo(`look:${look.id}`, () => tx.insertOnceSoon(RuleLook, look))
}
