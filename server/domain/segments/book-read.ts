import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import {
  type PackProblem,
  parseSource,
  readSource,
  type Source,
  unknown,
  yamlFiles,
} from '../../engines/packs/source.ts'
import { textProblem } from '../../lib/render.ts'
import { checkCondition, testsIn, type Vocabulary } from './book-check.ts'
import { CORE_FACTS, type Fact, factOf, factSchema } from './fact.ts'
import { COLUMNS } from './known.ts'
import { lentFacts } from './lent.ts'
import { MEASURABLE, type Rfm, rfmSchema } from './rfm.ts'
import { type Segment, segmentSchema } from './segment.ts'
import { type Stage, stagesSchema } from './stage.ts'
import { type Talk, talksSchema } from './talk.ts'

/** What the packs say about customers: what is known of them, and where they belong by that. */
export interface Definitions {
  facts: Fact[]
  /** What packs call their facts. */
  titles: Record<string, string>
  rfm?: Rfm
  /** Of the last pack that has some: what is added to others says more of the customers. So it is with `rfm`. */
  stages: Stage[]
  /** Each after those on which it depends. */
  segments: Segment[]
  /** What can be talked about with whom. */
  talks: Talk[]
}

const factsSchema = z.strictObject({ facts: z.array(factSchema).default([]), rfm: rfmSchema.optional() })

/** The schemas of the files that are read here, by file or folder. */
export const CUSTOMER_SCHEMAS: Record<string, z.ZodType> = {
  'facts.yaml': factsSchema,
  'stages.yaml': stagesSchema,
  segments: segmentSchema,
  'talks.yaml': talksSchema,
}

interface Read<T> {
  value: T
  source: Source
}

/** Reads `facts.yaml`, `stages.yaml` and `segments/*.yaml` of these packs. */
export function readDefinitions(root: string, packs: string[], problems: PackProblem[]): Definitions {
  const all: Definitions = { facts: [...CORE_FACTS], titles: {}, stages: [], segments: [], talks: [] }
  const count = problems.length
  const facts = packs.flatMap((pack) => readOne(root, join(root, pack, 'facts.yaml'), factsSchema, problems))
  for (const one of facts) takeFacts(all, one, problems)
  // What cannot be read is told once, and not again wherever it is asked for.
  const partial = problems.length > count
  for (const one of facts) all.rfm = (partial ? one.value.rfm : checkRfm(one, factsKnown(all), problems)) ?? all.rfm

  const stages = packs.flatMap((pack) => readOne(root, join(root, pack, 'stages.yaml'), stagesSchema, problems))
  for (const one of stages) checkStages(one, { kinds: factsKnown(all), names: {}, partial }, problems)
  all.stages = stages.at(-1)?.value.stages ?? []

  const segments = packs
    .flatMap((pack) => yamlFiles(join(root, pack, 'segments')))
    .flatMap((path) => readOne(root, path, segmentSchema, problems))
  const everything = {
    segments: segments.map(({ value }) => value),
    stages: stages.flatMap(({ value }) => value.stages),
  }
  const vocabulary = { ...vocabularyIn({ ...all, ...everything }), partial: problems.length > count }
  const own = withoutDoubles(segments, ({ segment }) => segment, 'segment', problems)
  for (const { value, source } of own) checkCondition(value.when, ['when'], vocabulary, source, problems)
  all.segments = inOrder(own, problems)

  const talks = packs.flatMap((pack) => readOne(root, join(root, pack, 'talks.yaml'), talksSchema, problems))
  for (const one of talks) checkTalks(one, vocabulary, problems)
  all.talks = talks.flatMap(({ value }) => value.talks)
  return all
}

const SCORES: Vocabulary['kinds'] = { r_score: 'number', f_score: 'number', m_score: 'number', rfm: 'text' }

/** What the conditions of segments may say. */
export function vocabularyIn(definitions: Definitions): Vocabulary {
  const { stages, segments } = definitions
  const kinds: Vocabulary['kinds'] = { ...factsKnown(definitions), segments: 'list' }
  if (stages.length > 0) Object.assign(kinds, { stage: 'text', stage_since: 'time' })
  const names = { stage: stages.map(({ stage }) => stage), segments: segments.map(({ segment }) => segment) }
  return { kinds, names }
}

/** What is known of a customer before they are put anywhere. */
function factsKnown({ facts, rfm }: Definitions): Vocabulary['kinds'] {
  const kinds: Vocabulary['kinds'] = Object.fromEntries(facts.map(({ fact, kind }) => [fact, kind]))
  for (const lent of lentFacts()) Object.assign(kinds, lent.kinds)
  return { ...kinds, tags: 'list', ...(rfm && SCORES) }
}

function readOne<T>(root: string, path: string, schema: z.ZodType<T>, problems: PackProblem[]): Read<T>[] {
  if (!existsSync(path)) return []
  const source = readSource(root, path, problems)
  const value = source && parseSource(source, schema, problems)
  return value && source ? [{ value, source }] : []
}

/** Takes a pack's facts in: one of ours is made in the pack's way, as long as it stays what it is. */
function takeFacts(
  all: Definitions,
  { value, source }: Read<z.infer<typeof factsSchema>>,
  problems: PackProblem[],
): void {
  value.facts.forEach((yaml, index) => {
    const fact = factOf(yaml)
    const why = objection(all, fact)
    if (why) problems.push(source.problem(['facts', index, 'fact'], why))
    else {
      all.facts = [...all.facts.filter((one) => one.fact !== fact.fact), fact]
      all.titles[fact.fact] = yaml.title
    }
  })
}

function objection({ facts }: Definitions, fact: Fact): string | undefined {
  const core = CORE_FACTS.find((one) => one.fact === fact.fact)
  const before = facts.find((one) => one.fact === fact.fact)
  if (!core && COLUMNS[fact.fact]) return `"${fact.fact}" is a reserved name`
  if (core && core.kind !== fact.kind) return `"${fact.fact}" must stay a ${core.kind}`
  if (before && before !== core && !isDeepStrictEqual(before, fact))
    return `"${fact.fact}" is defined in another pack already`
  return undefined
}

function checkRfm(
  { value, source }: Read<{ rfm?: Rfm }>,
  kinds: Vocabulary['kinds'],
  problems: PackProblem[],
): Rfm | undefined {
  const { rfm } = value
  if (!rfm) return undefined
  for (const part of ['recency', 'frequency', 'monetary'] as const) {
    const path = ['rfm', part, 'of']
    const wanted = part === 'recency' ? 'time' : 'number'
    const fitting = Object.keys(kinds).filter((fact) => kinds[fact] === wanted && !SCORES[fact])
    const { of } = rfm[part]
    if (!fitting.includes(of)) problems.push(source.problem(path, unknown('fact', of, fitting)))
    else if (part !== 'recency' && rfm[part].quantiles && !MEASURABLE.includes(of))
      problems.push(source.problem(path, unknown('fact', of, [...MEASURABLE])))
  }
  return rfm
}

function checkStages(
  { value, source }: Read<{ stages: Stage[] }>,
  vocabulary: Vocabulary,
  problems: PackProblem[],
): void {
  const { stages } = value
  stages.forEach(({ stage, when, lost, reason }, index) => {
    const at = (...path: PropertyKey[]) => ['stages', index, ...path]
    if (stages.findIndex((other) => other.stage === stage) < index)
      problems.push(source.problem(at('stage'), `the stage "${stage}" stands twice`))
    if (when) checkCondition(when, at('when'), vocabulary, source, problems)
    if (!when !== (index === stages.length - 1))
      problems.push(source.problem(at('stage'), 'the last stage, and no other, must be without "when"'))
    if (reason && !lost) problems.push(source.problem(at('reason'), '"reason" needs "lost: true"'))
  })
}

function checkTalks({ value, source }: Read<{ talks: Talk[] }>, vocabulary: Vocabulary, problems: PackProblem[]): void {
  value.talks.forEach(({ when, say }, index) => {
    if (when) checkCondition(when, ['talks', index, 'when'], vocabulary, source, problems)
    const problem = say.includes('{{') && textProblem(say)
    if (problem) problems.push(source.problem(['talks', index, 'say'], `the text ${problem}`))
  })
}

/** What several packs say alike is one thing; what they say differently is a mistake. */
function withoutDoubles<T>(
  all: Read<T>[],
  nameOf: (value: T) => string,
  field: string,
  problems: PackProblem[],
): Read<T>[] {
  return all.filter(({ value, source }, index) => {
    const before = all.findIndex((other) => nameOf(other.value) === nameOf(value))
    const first = all[before]
    if (before === index || !first) return true
    if (!isDeepStrictEqual(first.value, value) || first.source.file.split('/')[0] === source.file.split('/')[0])
      problems.push(source.problem([field], `"${nameOf(value)}" is defined in ${first.source.file} already`))
    return false
  })
}

/** Puts each segment behind those that it names, or whose tags it names; whoever waits for themselves is told so. */
function inOrder(all: Read<Segment>[], problems: PackProblem[]): Segment[] {
  const ordered: Segment[] = []
  const open = [...all]
  while (open.length > 0) {
    const next = open.findIndex(({ value }) => open.every(({ value: other }) => !waitsFor(value, other)))
    if (next === -1) {
      const round = open.filter(({ value }) => comesBack(value, open))
      for (const { value, source } of round)
        problems.push(source.problem(['when'], `"${value.segment}" depends on itself: segments cannot go round`))
      return ordered
    }
    for (const { value } of open.splice(next, 1)) ordered.push(value)
  }
  return ordered
}

/** Whether whoever a segment waits for waits for it in turn. */
function comesBack(segment: Segment, open: Read<Segment>[]): boolean {
  const seen = new Set<Segment>()
  const ahead = [segment]
  for (let one = ahead.pop(); one; one = ahead.pop()) {
    const waiting = one
    for (const { value } of open.filter(({ value: other }) => waitsFor(waiting, other))) {
      if (value === segment) return true
      if (!seen.has(value)) ahead.push(value)
      seen.add(value)
    }
  }
  return false
}

function waitsFor(segment: Segment, other: Segment): boolean {
  return testsIn(segment.when).some(({ fact, word, wanted }) => {
    const names = word === '$begins' || word === '$size' || word === '$exists' ? undefined : [wanted].flat()
    if (fact === 'segments') return names?.includes(other.segment) ?? other !== segment
    return fact === 'tags' && other.tags.length > 0 && (names?.some((tag) => other.tags.includes(String(tag))) ?? true)
  })
}
