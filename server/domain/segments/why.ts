import { type Explained, explain } from '../../lib/condition-explain.ts'
import type { Tx } from '../../lib/tx.ts'
import { customerById } from '../customers/customers.ts'
import { book } from './book.ts'
import type { Vocabulary } from './book-check.ts'
import { type Definitions, vocabularyIn } from './book-read.ts'
import { ZONE } from './counts.ts'
import { factsOf, judgedNow } from './facts.ts'
import { segmentNamed } from './preview.ts'
import { SegmentMember } from './segment.ts'
import type { CustomerStage } from './stage.ts'
import { stagesOf } from './stages.ts'
import type { TagReason } from './tag.ts'
import { tagsOf } from './tags.ts'

/** An explained condition with what people call its facts; the words are made where it is shown. */
export type Told =
  | { holds: boolean; group: 'all' | 'any' | 'none'; parts: Told[] }
  | {
      holds: boolean
      fact: string
      /** What the pack calls it; what we call our own stands in templates/messages/facts.yaml. */
      title?: string
      kind: string
      word: string
      wanted: unknown
      found: unknown
    }

/** Why a customer is in a segment, or is not. */
export interface Why {
  segment: string
  title: string
  about?: string
  /** Since when they are in it; null: they are not. */
  since: number | null
  /** What the condition says at this moment: a few seconds may pass until it shows. */
  holds: boolean
  told: Told
}

/** Explains part by part why a customer is in a segment, named by its name or title, or is not. Throws NotFound. */
export async function whyMember(tx: Tx, said: string, name: string): Promise<Why> {
  const { segment, title, about, when } = segmentNamed(name)
  const { id: customerId } = await customerById(tx, said)
  const data = (await judgedNow(tx, customerId))?.data ?? {}
  const explained = explain(when, data, { now: tx.now, zone: ZONE })
  const member = await tx.get(SegmentMember, `${segment}:${customerId}`)
  const definitions = book() as Definitions
  return {
    segment,
    title,
    about,
    since: member?.since ?? null,
    holds: explained.holds,
    told: tell(explained, definitions, vocabularyIn(definitions)),
  }
}

function tell(explained: Explained, definitions: Definitions, vocabulary: Vocabulary): Told {
  if ('parts' in explained)
    return { ...explained, parts: explained.parts.map((part) => tell(part, definitions, vocabulary)) }
  const { holds, path, word } = explained
  const titled = (value: unknown) => (Array.isArray(value) ? value.map(titleOf) : titleOf(value))
  const titleOf = (value: unknown): unknown => {
    if (path === 'stage') return definitions.stages.find(({ stage }) => stage === value)?.title ?? value
    if (path === 'segments') return definitions.segments.find(({ segment }) => segment === value)?.title ?? value
    return value
  }
  return {
    holds,
    fact: path,
    title: definitions.titles[path],
    kind: vocabulary.kinds[path] ?? 'any',
    word,
    wanted: titled(explained.wanted),
    found: titled(explained.found),
  }
}

/** Where a customer stands: stage with its history, scores, segments, tags with the reasons for each, facts. */
export interface Standing {
  stage?: { stage: string; title: string; since: number }
  stages: (Pick<CustomerStage, 'stage' | 'enteredAt' | 'leftAt' | 'reason' | 'putBy'> & { title: string })[]
  rfm?: string
  segments: { segment: string; title: string; since: number }[]
  tags: { tag: string; reasons: TagReason[] }[]
  facts: Record<string, unknown>
}

/** Where a customer stands. Throws NotFound. */
export async function standingOf(tx: Tx, said: string): Promise<Standing> {
  const { id: customerId } = await customerById(tx, said)
  const { stages = [], segments = [] } = book() ?? {}
  const titleOf = (stage: string) => stages.find((one) => one.stage === stage)?.title ?? stage
  const { tags: _, segments: __, stage, stage_since, rfm, ...facts } = await factsOf(tx, customerId)
  const members = await tx.find(SegmentMember, 'WHERE customerId = ?', [customerId])
  const history = await stagesOf(tx, customerId)
  return {
    ...(typeof stage === 'string' && { stage: { stage, title: titleOf(stage), since: Number(stage_since) } }),
    stages: history.map(({ stage, enteredAt, leftAt, reason, putBy }) => {
      return { stage, title: titleOf(stage), enteredAt, leftAt, reason, putBy }
    }),
    ...(typeof rfm === 'string' && { rfm }),
    // In the order of the packs: the author put first what matters.
    segments: segments.flatMap(({ segment, title }) => {
      const member = members.find((one) => one.segment === segment)
      return member ? [{ segment, title, since: member.since }] : []
    }),
    tags: (await tagsOf(tx, customerId)).map(({ tag, reasons }) => ({ tag, reasons })),
    facts,
  }
}
