import { createHash } from 'node:crypto'
import { pathsOf } from '../../lib/condition.ts'
import { explain } from '../../lib/explain.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { act } from './act.ts'
import type { Here, Pace } from './here.ts'
import type { World } from './hooks.ts'
import { knownOf } from './known.ts'
import { listOf, programOf } from './program.ts'
import { changeRun, endRun, goTo, ruleOf, runById } from './rows.ts'
import type { RuleRun } from './run.ts'
import { isDo, isWaitFor, percent, type Step } from './steps.ts'
import { isLeaving } from './stops.ts'
import { stateOf } from './switches.ts'
import { afterSpan } from './times.ts'
import { traceRun } from './traces.ts'
import { namesIn, takeBranch, waitEnds } from './waits.ts'

/** More steps without a wait or an action than this are a rule that runs in a ring; it cannot, but nobody shall wait. */
const MOST_STEPS = 1_000

/**
 * Takes a run on from where it stands, if its time has come: over branches and splits to the next action, which is the
 * last thing that one transaction does, or to the next wait. Where it may not act it stops before the action.
 */
export async function walk(world: World, tx: Tx, runId: string, mayAct = true): Promise<Pace> {
  const run = await runById(tx, runId)
  if (run.state !== 'running' || run.wakeAt === null || run.wakeAt > tx.now) return 'rests'
  const rule = await ruleOf(tx, run)
  if ((await stateOf(tx, rule.rule)) === 'killed') return over(tx, run, 'killed')
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const node = run.node === null ? undefined : programOf(rule).nodes.get(run.node)
    if (!node) return over(tx, run, run.memory.stopped ? 'stopped' : 'completed')
    // What led to an action is kept before it is tried: if it fails, nothing else has to be undone.
    if ((steps > 0 || !mayAct) && isDo(node.step)) return 'again'
    const pace = await step({ world, run, rule, node, known: knownOf(world, tx, run) }, tx)
    if (pace !== 'on') return pace
  }
  throw new Error(`rule ${rule.rule} does not come to a wait`)
}

async function step(here: Here, tx: Tx): Promise<Pace> {
  const { run, node } = here
  const { step: what } = node
  if (isDo(what)) return act(here, tx, what)
  if ('wait' in what) return wait(here, tx, what)
  if (isWaitFor(what)) return waitFor(here, tx, what)
  if ('branch' in what) return branch(here, tx, what)
  if ('split' in what) return split(here, tx, what)
  return over(tx, run, isLeaving(run) ? 'stopped' : 'ended', what.end ? { why: what.end } : {})
}

async function over(tx: Tx, run: RuleRun, outcome: NonNullable<RuleRun['outcome']>, data = {}): Promise<Pace> {
  await endRun(tx, run, outcome, data)
  return 'rests'
}

async function wait({ run, rule, node, known }: Here, tx: Tx, what: Extract<Step, { wait: unknown }>): Promise<Pace> {
  const given = what.wait as Parameters<typeof waitEnds>[1]
  const byDate = typeof given === 'object' && 'date' in given
  // A date may have been moved while the run waited for it: then it goes on waiting.
  const until = run.arrived && !byDate ? tx.now : await waitEnds(rule, given, known, tx.now)
  if (until === undefined) return over(tx, run, 'ended', { why: 'no_date', path: byDate ? given.date : '' })
  if (until <= tx.now) {
    if (run.arrived) await traceRun(tx, run, 'woke')
    await goTo(tx, run, node.next)
    return 'on'
  }
  await traceRun(tx, run, 'waits', { until })
  await rest(tx, run, until)
  return 'rests'
}

async function waitFor(
  { run, rule, node, known }: Here,
  tx: Tx,
  { wait_for: what }: Extract<Step, { wait_for: unknown }>,
): Promise<Pace> {
  const since = what.since === 'start' ? run.sinceId : run.arrivedId
  if (since && (await takeBranch(tx, run, rule, node, what, known, since))) return 'on'
  if (run.arrived) {
    await traceRun(tx, run, 'woke', { timeout: what.timeout })
    await goTo(tx, run, listOf(programOf(rule), node, what.first_of.length))
    return 'on'
  }
  const until = afterSpan(rule, tx.now, what.timeout)
  await traceRun(tx, run, 'waits', { until, events: [...new Set(namesIn(what))] })
  await rest(tx, run, until)
  return 'rests'
}

function rest(tx: Tx, run: RuleRun, until: number): Promise<void> {
  return changeRun(tx, run, { arrived: true, arrivedId: newId(tx.now), wakeAt: until, staggered: false })
}

async function branch(
  { run, rule, node, known }: Here,
  tx: Tx,
  what: Extract<Step, { branch: unknown }>,
): Promise<Pace> {
  const ways = what.branch as Extract<Step, { branch: unknown[] }>['branch']
  const looked: unknown[] = []
  for (const [n, { if: condition }] of ways.entries()) {
    if (condition) looked.push({ way: n, parts: explain(condition, await known.data(pathsOf(condition))) })
    if (!(await known.holds(condition))) continue
    await traceRun(tx, run, 'branched', { way: n, looked })
    await goTo(tx, run, listOf(programOf(rule), node, n))
    return 'on'
  }
  await traceRun(tx, run, 'branched', { way: null, looked })
  await goTo(tx, run, node.next)
  return 'on'
}

async function split({ run, rule, node }: Here, tx: Tx, what: Extract<Step, { split: unknown }>): Promise<Pace> {
  const parts = what.split as Extract<Step, { split: unknown[] }>['split']
  const n = partFor(
    `${rule.rule}:${node.id}:${run.runKey}`,
    parts.map(({ share }) => percent(share)),
  )
  const { name = '', share = '' } = parts[n] ?? {}
  await traceRun(tx, run, 'split', { part: name, share })
  const memory = { ...run.memory, splits: { ...run.memory.splits, [node.id]: name } }
  await goTo(tx, run, listOf(programOf(rule), node, n), { memory })
  return 'on'
}

/** The part into which a key falls, always the same one. */
export function partFor(key: string, shares: number[]): number {
  // 48 bits of the hash, evenly over a hundred.
  const point = (createHash('sha256').update(key).digest().readUIntBE(0, 6) / 2 ** 48) * 100
  let sum = 0
  const found = shares.findIndex((share) => {
    sum += share
    return point < sum
  })
  return found < 0 ? shares.length - 1 : found
}
