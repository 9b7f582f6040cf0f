import { createHash } from 'node:crypto'
import { type Condition, compile, pathsOf } from '../../lib/condition.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Event } from '../events/event.ts'
import { house, type World } from './hooks.ts'
import type { Memory, Occasion } from './run.ts'

/** With the name of a rule and of an occasion it still makes a key for the database. */
const LONGEST_KEY = 90

/** Whom and what a rule is thinking about. */
export interface About {
  customerId: string | null
  /** The things concerned, by their kind. */
  subjects: Record<string, string>
  occasion: Occasion
  memory?: Memory
}

/** What a rule may ask about a case; each noun is asked only for what is needed, and once. */
export interface Known {
  /** Whether a condition holds; without one it does. */
  holds(condition: Condition | undefined): Promise<boolean>
  /** What conditions on these paths read: the groups that they begin with. */
  data(paths: string[]): Promise<Record<string, unknown>>
  /** The values at these paths, for the trace. */
  values(paths: string[]): Promise<Record<string, unknown>>
}

/** Opens what is known of a case as of now. */
export function knownOf(world: World, tx: Tx, { customerId, subjects, occasion, memory }: About): Known {
  const groups = new Map<string, Promise<unknown>>([
    ['event', Promise.resolve(occasion)],
    [
      'run',
      Promise.resolve(memory ? { answers: memory.answers, splits: memory.splits, given: memory.given ?? {} } : {}),
    ],
  ])
  function group(name: string): Promise<unknown> {
    let found = groups.get(name)
    if (!found) {
      const id = name === 'customer' ? customerId : subjects[name]
      found = Promise.resolve(id ? world.facts.get(name)?.at(tx, id, tx.now) : undefined)
      groups.set(name, found)
    }
    return found
  }
  async function data(paths: string[]): Promise<Record<string, unknown>> {
    const names = [...new Set(paths.map((path) => path.split('.')[0] ?? ''))]
    return Object.fromEntries(await Promise.all(names.map(async (name) => [name, (await group(name)) ?? {}])))
  }
  return {
    data,
    holds: async (condition) => !condition || compile(condition)(await data(pathsOf(condition))),
    async values(paths) {
      const found = await data(paths)
      return Object.fromEntries(paths.map((path) => [path, valueAt(found, path) ?? null]))
    },
  }
}

/** An event as conditions read it. */
export function occasionOf({ name, at, data }: Pick<Event, 'name' | 'at' | 'data'>): Occasion {
  return { ...data, name, at }
}

/** The things that an event is about, by their kind: its subject, and what its data names (`order`, `orderId`, `order_id`). */
export function subjectsOf(
  world: World,
  { subjectType, subjectId, data }: Pick<Event, 'subjectType' | 'subjectId' | 'data'>,
): Record<string, string> {
  const named = [...world.facts.keys()].flatMap((type) => {
    const id = namedIn(data, type)
    return id === undefined || id.length > 26 ? [] : [[type, id] as const]
  })
  return { ...Object.fromEntries(named), [subjectType]: subjectId }
}

/** The key under which an event belongs together with others; undefined when it has none of that kind. */
export function keyOf(
  key: string,
  {
    customerId,
    subjectType,
    subjectId,
    data,
    id,
  }: Pick<Event, 'customerId' | 'subjectType' | 'subjectId' | 'data' | 'id'>,
): string | undefined {
  if (key === 'customer') return customerId ?? undefined
  if (key === 'event') return id
  if (subjectType === key) return subjectId
  const named = namedIn(data, key)
  return named && (named.length <= LONGEST_KEY ? named : createHash('sha256').update(named).digest('base64url'))
}

/** The value at a dotted path, or undefined. */
export function valueAt(data: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (here, name) =>
        typeof here === 'object' && here !== null && Object.hasOwn(here, name)
          ? (here as Record<string, unknown>)[name]
          : undefined,
      data,
    )
}

function namedIn(data: Record<string, unknown>, name: string): string | undefined {
  const given = data[name] ?? data[`${name}Id`] ?? data[`${name}_id`]
  return typeof given === 'string' || typeof given === 'number' ? String(given) : undefined
}

/** What was known of one of a kind at an instant, as rules would have read it. */
export async function factsAbout(tx: Tx, type: string, id: string, at: number): Promise<Record<string, unknown>> {
  return (await house.facts.get(type)?.at(tx, id, at)) ?? {}
}
