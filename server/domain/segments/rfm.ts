import { z } from 'zod'
import { DAY } from '../../lib/clock.ts'

const ascending = (list: number[]): boolean => list.every((one, i) => i === 0 || one > (list[i - 1] ?? 0))
const identifier = z.string().regex(/^[a-z][a-z0-9_]*$/, 'use lower-case letters, digits and underscores')
const spans = z
  .array(z.string().regex(/^\d{1,4} ?d$/, 'write whole days such as "30 d"'))
  .min(1)
  .max(8)
  .refine((list) => ascending(list.map(daysOf)), 'write the edges in ascending order')
const edges = z.array(z.number().positive()).min(1).max(8).refine(ascending, 'write the edges in ascending order')
/** What each score is called where people read it, the lowest first. */
const told = z.array(z.string().min(1).max(16)).min(2).max(9).optional()
/** Either edges, or so many parts with equally many customers, worked out anew each night. */
const scale = z
  .strictObject({ of: identifier, edges: edges.optional(), quantiles: z.int().min(2).max(9).optional(), words: told })
  .refine(({ edges, quantiles }) => (edges === undefined) !== (quantiles === undefined), {
    message: 'write either "edges" or "quantiles"',
  })
  .superRefine(({ edges, quantiles, words }, issues) =>
    countWords(words, quantiles ?? (edges?.length ?? 0) + 1, issues),
  )

/** Recency, frequency, monetary: three facts, and the edges between the scores (D7). */
export const rfmSchema = z.strictObject({
  recency: z
    .strictObject({ of: identifier, edges: spans, words: told })
    .superRefine(({ edges, words }, issues) => countWords(words, edges.length + 1, issues)),
  frequency: scale,
  monetary: scale,
})
export type Rfm = z.infer<typeof rfmSchema>
export type Scale = Rfm['frequency']

/** The facts whose quantiles can be worked out: those with an index. */
export const MEASURABLE: readonly string[] = ['orders', 'spent_fen', 'rides']

/** The edges that quantiles have led to, by fact. */
export type Edges = Record<string, number[]>

export interface Scores {
  r_score: number
  f_score: number
  m_score: number
  /** All three as people write them: 545. */
  rfm: string
}

/** The scores of a customer, 1 the lowest, and when time alone lowers them; none for whoever never came. */
export function scoresOf(
  { recency, frequency, monetary }: Rfm,
  measured: Edges,
  facts: Record<string, unknown>,
  now: number,
): { scores?: Scores; nextAt?: number } {
  const at = facts[recency.of]
  if (typeof at !== 'number') return {}
  const ahead = recency.edges.map((span) => at + daysOf(span) * DAY).filter((turn) => turn > now)
  const r = 1 + ahead.length
  const f = 1 + passed(frequency, measured, facts)
  const m = 1 + passed(monetary, measured, facts)
  const [nextAt] = ahead
  return { scores: { r_score: r, f_score: f, m_score: m, rfm: `${r}${f}${m}` }, ...(nextAt && { nextAt }) }
}

/** The scores as people say them, as far as the pack has words: how long ago, how often, how much. */
export function scoresInWords({ recency, frequency, monetary }: Rfm, scores: Record<string, unknown>): string[] {
  const { r_score, f_score, m_score } = scores
  const said = [recency.words?.[Number(r_score) - 1], frequency.words?.[Number(f_score) - 1]]
  return [...said, monetary.words?.[Number(m_score) - 1]].filter((one) => one !== undefined)
}

function countWords(words: string[] | undefined, scores: number, issues: z.RefinementCtx): void {
  if (!words || words.length === scores) return
  const message = `there are ${scores} scores, so write ${scores} words, that of the lowest first`
  issues.addIssue({ code: 'custom', path: ['words'], message })
}

function passed({ of, edges }: Scale, measured: Edges, facts: Record<string, unknown>): number {
  const value = facts[of]
  return typeof value === 'number' ? below(edges ?? measured[of] ?? [], value) : 0
}

/** How many edges a value has reached. */
export function below(list: readonly number[], value: number): number {
  return list.filter((edge) => value >= edge).length
}

function daysOf(span: string): number {
  return Number.parseInt(span, 10)
}
