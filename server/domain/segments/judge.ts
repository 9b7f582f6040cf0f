import { compile, type Test } from '../../lib/condition.ts'
import { type Turner, turnerOf } from '../../lib/condition-turns.ts'
import type { When } from '../../lib/time-words.ts'
import type { Definitions } from './book-read.ts'
import { ZONE } from './counts.ts'
import type { FactValue } from './lent.ts'
import { type Edges, type Scores, scoresOf } from './rfm.ts'
import type { Segment } from './segment.ts'
import type { Stage } from './stage.ts'

/** What a customer is judged by. */
export interface Evidence {
  facts: Record<string, FactValue>
  /** Those that somebody or a rule has put on; those of segments follow from the judgement. */
  tags: string[]
  /** The stage they are in since when, and the one that somebody has set while the facts spoke for `base`. */
  stage?: { stage: string; since: number }
  set?: { stage: string; base: string }
}

/** Where a customer belongs. */
export interface Judgement {
  scores?: Scores
  stage?: { stage: string; since: number; base: string; reason?: string; set: boolean }
  segments: string[]
  /** The tags that their segments give them, with the segment. */
  tags: { tag: string; segment: string }[]
  /** When time alone may make another judgement of it. */
  nextAt?: number
  /** All that conditions saw. */
  data: Record<string, unknown>
}

/** Definitions as they are put to the test. */
interface Tests {
  stages: { stage: Stage; holds?: Test; turn?: Turner }[]
  segments: { segment: Segment; holds: Test; turn: Turner }[]
}

const made = new WeakMap<Definitions, Tests>()

function testsOf(definitions: Definitions): Tests {
  let tests = made.get(definitions)
  if (!tests) {
    const { stages, segments } = definitions
    tests = {
      stages: stages.map((stage) => ({
        stage,
        ...(stage.when && { holds: compile(stage.when), turn: turnerOf(stage.when) }),
      })),
      segments: segments.map((segment) => ({ segment, holds: compile(segment.when), turn: turnerOf(segment.when) })),
    }
    made.set(definitions, tests)
  }
  return tests
}

/** Says where a customer belongs, by the definitions alone: the same evidence at the same moment, the same judgement. */
export function judge(definitions: Definitions, edges: Edges, evidence: Evidence, now: number): Judgement {
  const { rfm } = definitions
  const { stages, segments } = testsOf(definitions)
  const when: When = { now, zone: ZONE }
  const data: Record<string, unknown> = { ...evidence.facts, tags: [...evidence.tags] }
  const turns: (number | undefined)[] = []

  const scored = rfm && scoresOf(rfm, edges, evidence.facts, now)
  Object.assign(data, scored?.scores)
  turns.push(scored?.nextAt)

  const stage = stageIn(stages, evidence, data, when, turns)
  if (stage) Object.assign(data, { stage: stage.stage, stage_since: stage.since })

  const belongs: string[] = []
  const tags: Judgement['tags'] = []
  data.segments = belongs
  for (const { segment: one, holds, turn } of segments) {
    const { segment, tags: given } = one
    // Later segments may ask for this one: what they see is a list that grows.
    const inside = holds(data, when)
    turns.push(turn(data, when))
    if (!inside) continue
    belongs.push(segment)
    for (const tag of given) tags.push({ tag, segment })
    const worn = data.tags as string[]
    data.tags = [...worn, ...given.filter((tag) => !worn.includes(tag))]
  }
  const ahead = turns.filter((turn) => turn !== undefined)
  const nextAt = ahead.length > 0 ? Math.min(...ahead) : undefined
  return { scores: scored?.scores, stage, segments: belongs, tags, nextAt, data }
}

function stageIn(
  stages: Tests['stages'],
  { stage: before, set }: Evidence,
  data: Record<string, unknown>,
  when: When,
  turns: (number | undefined)[],
): Judgement['stage'] {
  const found = stages.find(({ holds, turn }) => {
    if (turn) turns.push(turn(data, when))
    return !holds || holds(data, when)
  })?.stage
  if (!found) return undefined
  // What somebody has set holds until the facts speak for another stage than they did then.
  const holds = set?.base === found.stage && stages.some(({ stage }) => stage.stage === set.stage)
  const stage = holds ? set.stage : found.stage
  const since = before?.stage === stage ? before.since : when.now
  return { stage, since, base: found.stage, set: holds, ...(!holds && found.reason && { reason: found.reason }) }
}
