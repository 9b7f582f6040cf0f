import { join } from 'node:path'
import { storeDefinition } from '../../engines/definitions/definitions.ts'
import type { Heard } from '../../engines/events/events.ts'
import type { PackProblem } from '../../engines/packs/source.ts'
import type { Database } from '../../lib/db.ts'
import { type Definitions, readDefinitions } from './book-read.ts'
import { lentFacts } from './lent.ts'
import type { Rfm } from './rfm.ts'

/** The definitions in force, with their versions: what was counted or judged by another one is done anew. */
export interface Book extends Definitions {
  factsVersion: number
  version: number
  /** Whether an event may change what is known of its customer. */
  hears(event: Heard): boolean
}

let inForce: Book | undefined

/** The definitions in force; undefined before any were read. */
export function book(): Book | undefined {
  return inForce
}

/** Puts the packs' definitions in force unless they have a mistake; returns the mistakes. */
export async function useSegments(
  db: Database,
  { templatesDir, packs }: { templatesDir: string; packs: string[] },
): Promise<PackProblem[]> {
  const problems: PackProblem[] = []
  const definitions = readDefinitions(join(templatesDir, 'packs'), packs, problems)
  if (problems.length === 0) inForce = await enter(db, definitions)
  return problems
}

/** Puts the packs' definitions in force at the start; throws when they have a mistake. */
export async function openSegments(...given: Parameters<typeof useSegments>): Promise<void> {
  const problems = await useSegments(...given)
  if (problems.length === 0) return
  const list = problems.map(({ file, line, field, reason }) => `  ${file}:${line} ${field}: ${reason}`)
  throw new Error(`The packs cannot be used:\n${list.join('\n')}`)
}

/** Stores what is new among definitions and puts a number on it, the same in every process. */
async function enter(db: Database, definitions: Definitions): Promise<Book> {
  const { facts, segments, stages, rfm } = definitions
  const written = facts.map((fact) => ({
    ...fact,
    sources: fact.sources.map(({ names, ...source }) => ({ ...source, ...(names && { names: [...names] }) })),
  }))
  return db.write(async (tx) => {
    const common = { name: 'customers', pack: 'all' }
    const { version: factsVersion } = await storeDefinition(tx, { ...common, kind: 'facts', body: written })
    const lent = lentFacts().map(({ kinds }) => kinds)
    const body = { facts: factsVersion, lent, segments, stages, rfm: rfm && wordless(rfm) }
    const { version } = await storeDefinition(tx, { ...common, kind: 'segments', body })
    return { ...definitions, factsVersion, version, hears: hearing(definitions) }
  })
}

/** What scores are called changes nobody's. */
function wordless({ recency, frequency, monetary }: Rfm): Rfm {
  return {
    recency: { of: recency.of, edges: recency.edges },
    frequency: { of: frequency.of, edges: frequency.edges, quantiles: frequency.quantiles },
    monetary: { of: monetary.of, edges: monetary.edges, quantiles: monetary.quantiles },
  }
}

function hearing({ facts }: Definitions): Book['hears'] {
  const sources = facts.flatMap((fact) => fact.sources)
  const names = new Set([
    ...sources.flatMap(({ names }) => [...(names ?? [])]),
    ...lentFacts().flatMap(({ after }) => after),
  ])
  const actors = new Set(sources.flatMap(({ names, by }) => (names ? [] : (by ?? ['customer', 'staff', 'system']))))
  return ({ name, customerId, actorType }) => (names.has(name) || actors.has(actorType)) && Boolean(customerId)
}
