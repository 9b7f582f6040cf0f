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
  const heard = events.filter((event) => listensTo(book, event) || known?.has(event.name))
  for (const { id } of heard) await tx.insertLater(RuleHeard, { id, nextAt: tx.now, attempts: 0 })
  const looks = events.flatMap((event) => looksAfter(world, book, event, tx.now))
  await wantLooks(tx, looks)
  if (heard.length > 0 || looks.length > 0) tx.afterCommit(() => world.poke())
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
  await wantLooks(
    tx,
    ids.map((id) => lookAt(type, id, customerIdOf(id), tx.now)),
  )
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

function looksAfter(world: World, book: Book, event: New<Event>, now: number): RuleLook[] {
  const looks: RuleLook[] = []
  for (const [type, fields] of book.watched) {
    const { names, themselves } = changesOf(world, type, fields)
    const own = themselves === true && event.actorType === type
    if (!own && !names.some((beginning) => event.name.startsWith(beginning))) continue
    const id = type === 'customer' ? event.customerId : subjectsOf(world, event)[type]
    if (id) looks.push(lookAt(type, id, event.customerId ?? null, now))
  }
  return looks
}

function lookAt(type: string, id: string, customerId: string | null, dueAt: number): RuleLook {
  return { id: `${type}:${id}`, subjectType: type, subjectId: id, customerId, dueAt }
}

/** Asked for once in a transaction, and while one is asked for already, not again. */
async function wantLooks(tx: Tx, looks: RuleLook[]): Promise<void> {
  const each = new Map(looks.map((look) => [look.id, look]))
  const [first] = each.values()
  if (first && each.size === 1) await tx.memo(`look:${first.id}`, () => tx.insertOnceSoon(RuleLook, first))
  else if (first) await tx.insertMissing(RuleLook, [...each.values()])
}
