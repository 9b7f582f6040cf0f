import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { type RuleRun, RuleTrace, type TraceKind } from './run.ts'

type About = Pick<RuleTrace, 'rule' | 'runKey' | 'customerId'> & { runId?: string | null }

/** Notes what a rule did, and on what grounds. */
export async function trace(
  tx: Tx,
  { rule, runKey, customerId, runId }: About,
  kind: TraceKind,
  data: Record<string, unknown> = {},
  node?: string | null,
): Promise<void> {
  await tx.insertLater(RuleTrace, { id: newId(tx.now), rule, runKey, customerId, runId, at: tx.now, kind, node, data })
}

/** The same of a run. */
export function traceRun(
  tx: Tx,
  run: RuleRun,
  kind: TraceKind,
  data: Record<string, unknown> = {},
  node: string | null = run.node,
): Promise<void> {
  return trace(tx, { ...run, runId: run.id }, kind, data, node)
}

/** Notes why a rule did not set out for somebody: once a day for each reason, however often it comes up. */
export async function traceRefusal(
  tx: Tx,
  about: About,
  why: string,
  data: Record<string, unknown> = {},
): Promise<void> {
  const day = Math.floor(tx.now / 86_400_000)
  const dedupKey = `${about.rule}:${about.runKey}:${why}:${day}`.slice(0, 190)
  const row = { id: newId(tx.now), ...about, runId: null, at: tx.now, kind: 'refused' as const, node: null }
  await tx.insertOnce(RuleTrace, { ...row, data: { ...data, why }, dedupKey })
}

/** What a run has been through, oldest first. */
export function tracesOf(tx: Tx, runId: string): Promise<RuleTrace[]> {
  return tx.find(RuleTrace, 'WHERE runId = ? ORDER BY id', [runId])
}
