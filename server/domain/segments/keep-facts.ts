import type { Change, New } from '../../lib/tx.ts'
import type { Judgement } from './judge.ts'
import { COLUMNS, type CustomerFacts, columnsOf } from './known.ts'
import type { FactValue } from './lent.ts'

const OWN = Object.entries(COLUMNS).map(([fact, { column }]) => [fact, column] as const)

/** The row of what is known of a customer by a judgement: a new one, or what has changed of the one there is. */
export function factsToKeep(
  id: string,
  row: CustomerFacts | undefined,
  facts: Record<string, FactValue>,
  { scores, stage }: Pick<Judgement, 'scores' | 'stage'>,
): { fresh?: New<CustomerFacts>; changed?: Change<CustomerFacts> } {
  const known: Record<string, unknown> = { ...facts, ...scores }
  if (stage) Object.assign(known, { stage: stage.stage, stage_since: stage.since })
  const held = { stageSet: stage?.set ? stage.stage : null, stageBase: stage?.set ? stage.base : null }
  if (!row) return { fresh: { id, ...columnsOf(known), ...held } }
  const changes = changesOf(row, known, held)
  return Object.keys(changes).length > 0 ? { changed: { before: row, changes } } : {}
}

/** What of a row is no longer so: most of what is known of a customer stays from one look to the next. */
function changesOf(
  row: CustomerFacts,
  known: Record<string, unknown>,
  { stageSet, stageBase }: Pick<CustomerFacts, 'stageSet' | 'stageBase'>,
): Partial<CustomerFacts> {
  const changes: Partial<CustomerFacts> = {}
  let own = 0
  for (const [fact, column] of OWN) {
    const value = known[fact]
    if (value !== undefined) own++
    if (row[column] !== (value ?? null)) Object.assign(changes, { [column]: value ?? null })
  }
  if (row.stageSet !== stageSet) changes.stageSet = stageSet
  if (row.stageBase !== stageBase) changes.stageBase = stageBase
  const names = Object.keys(row.more)
  const same = names.length === Object.keys(known).length - own && names.every((name) => row.more[name] === known[name])
  if (!same) changes.more = columnsOf(known).more
  return changes
}
