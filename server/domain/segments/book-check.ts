import { type PackProblem, type Source, unknown } from '../../engines/packs/source.ts'
import type { Condition } from '../../lib/condition.ts'
import { isTellable } from '../../lib/condition-sql.ts'
import { TIME_WORDS } from '../../lib/time-words.ts'
import type { FactKind } from './fact.ts'

/** What conditions may say: the facts there are, and the names that some of them can have. */
export interface Vocabulary {
  kinds: Record<string, FactKind | 'list'>
  /** The stages, the segments. */
  names: Record<string, string[]>
  /** Some could not be read: what is not among these may be one of them. */
  partial?: boolean
}

const GROUPS = new Set(['$and', '$or', '$nor'])

/** Checks that a condition speaks of facts that there are, in a way that fits them. */
export function checkCondition(
  condition: Condition,
  path: PropertyKey[],
  vocabulary: Vocabulary,
  source: Pick<Source, 'problem'>,
  problems: PackProblem[],
): void {
  if (!isTellable(condition)) {
    problems.push(source.problem(path, 'customers cannot be found by "$regex"; use "$begins" or "$in"'))
    return
  }
  for (const { fact, word, wanted, at, factAt } of testsIn(condition, path)) {
    const kind = Object.hasOwn(vocabulary.kinds, fact) ? vocabulary.kinds[fact] : undefined
    if (!kind) {
      if (vocabulary.partial) continue
      problems.push(source.problem(factAt, unknown('fact', fact, Object.keys(vocabulary.kinds))))
    } else {
      const why =
        misfit(fact, kind, word, wanted) ?? (vocabulary.partial ? undefined : nameless(fact, wanted, vocabulary))
      if (why) problems.push(source.problem(at, why))
    }
  }
}

/** Why a test does not fit what the fact is, or undefined. */
function misfit(fact: string, kind: FactKind | 'list', word: string, wanted: unknown): string | undefined {
  if (Object.hasOwn(TIME_WORDS, word)) {
    const fits = kind === 'time' || kind === 'any' || (kind === 'month_day' && word === '$yearly')
    return fits ? undefined : `"${fact}" is no time: "${word}" means nothing for it`
  }
  if (word === '$exists' || kind === 'any') return undefined
  if (word === '$size' || word === '$all') return kind === 'list' ? undefined : `"${fact}" is no list`
  const type = kind === 'text' || kind === 'list' ? 'text' : 'number'
  const strange = [wanted].flat().find((one) => one !== null && typeof one !== (type === 'text' ? 'string' : 'number'))
  return strange === undefined ? undefined : `"${fact}" is a ${type}, not ${JSON.stringify(strange)}`
}

function nameless(fact: string, wanted: unknown, { names }: Vocabulary): string | undefined {
  const known = names[fact]
  const strange = known && [wanted].flat().find((one) => typeof one === 'string' && !known.includes(one))
  return strange === undefined ? undefined : unknown(NOUN[fact] ?? fact, String(strange), known ?? [])
}

const NOUN: Record<string, string> = { stage: 'stage', segments: 'segment' }

interface Named {
  fact: string
  word: string
  wanted: unknown
  at: PropertyKey[]
  factAt: PropertyKey[]
}

/** The single tests of a condition, each with its place. */
export function testsIn(condition: Condition, path: PropertyKey[] = []): Named[] {
  return Object.entries(condition).flatMap(([key, value]) => {
    const at = [...path, key]
    if (GROUPS.has(key)) return (value as Condition[]).flatMap((part, i) => testsIn(part, [...at, i]))
    return testsOf(key, value, at)
  })
}

function testsOf(fact: string, value: unknown, at: PropertyKey[], factAt = at): Named[] {
  if (typeof value !== 'object' || value === null) return [{ fact, word: '$eq', wanted: value, at, factAt }]
  return Object.entries(value).flatMap(([word, wanted]) =>
    word === '$not'
      ? testsOf(fact, wanted, [...at, word], factAt)
      : [{ fact, word, wanted, at: [...at, word], factAt }],
  )
}
