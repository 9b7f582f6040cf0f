import { HOUR } from '../../lib/clock.ts'
import { pathsOf } from '../../lib/condition.ts'
import { explain } from '../../lib/explain.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { noteFindings } from '../audit/findings.ts'
import type { RuleVersion, World } from './hooks.ts'
import { knownOf } from './known.ts'
import { programOf } from './program.ts'
import { EMPTY_RUN, restartRun, runById } from './rows.ts'
import type { Rule } from './rule.ts'
import { type Occasion, RuleRun } from './run.ts'
import { stateOf } from './switches.ts'
import { msOf } from './times.ts'
import { trace, traceRefusal, traceRun } from './traces.ts'

/** Somebody, or something, that a rule may set out for. */
export interface Entry {
  runKey: string
  customerId: string | null
  subjects: Record<string, string>
  occasion: Occasion
  /** Names the occasion: the same one sets a rule going once for each key. */
  firing: string
  /** The event after which what the run waits for counts. */
  sinceId: string
  /** What happened before this is too late to be answered; the clock's own firings have their grace. */
  latest?: number
  /** When its first step may be taken. */
  wakeAt?: number
}

/** So many runs of one rule and key within an hour are a rule that sets itself going. */
const TOO_MANY = 20

/** Sets a rule out for somebody, if it is for them now. Returns the run, or undefined where it is not. */
export async function enter(world: World, tx: Tx, version: RuleVersion, entry: Entry): Promise<RuleRun | undefined> {
  const rule = version.body
  const about = { rule: rule.rule, runKey: entry.runKey, customerId: entry.customerId }
  const refuse = async (why: string, data: Record<string, unknown> = {}) => {
    await traceRefusal(tx, about, why, { event: entry.occasion.name, ...data })
    return undefined
  }
  const state = await stateOf(tx, rule.rule)
  if (state !== 'on') return refuse(state)
  if (entry.latest !== undefined && entry.occasion.at < entry.latest) return refuse('late', { at: entry.occasion.at })

  const openKey = openKeyOf(rule.rule, entry.runKey)
  const before = await tx.query<Before>(
    `SELECT id, state, startedAt FROM rule_runs WHERE rule = ? AND runKey = ? ORDER BY id DESC LIMIT ${TOO_MANY}`,
    [rule.rule, entry.runKey],
  )
  const underWay = before.find((run) => run.state === 'running')
  if (underWay && rule.again !== 'restart') return refuse('under_way', { since: Number(underWay.startedAt) })

  const known = knownOf(world, tx, entry)
  const asked = rule.if ? pathsOf(rule.if) : []
  if (rule.if && !(await known.holds(rule.if))) {
    return refuse('condition', { parts: explain(rule.if, await known.data(asked)) })
  }
  const values = await known.values(asked)
  if (underWay) {
    const live = await runById(tx, underWay.id)
    await restartRun(tx, live, version, entry)
    await traceRun(tx, live, 'restarted', { event: entry.occasion.name, values })
    return live
  }
  const barred = await barredBy(tx, rule, before)
  if (barred) return refuse(barred.why, barred)

  const row = {
    ...EMPTY_RUN,
    id: newId(tx.now),
    rule: rule.rule,
    definitionId: version.id,
    runKey: entry.runKey,
    openKey,
    entryKey: `${openKey}:${entry.firing}`,
    customerId: entry.customerId,
    subjects: entry.subjects,
    node: programOf(rule).first,
    wakeAt: entry.wakeAt ?? tx.now,
    sinceId: entry.sinceId,
    occasion: entry.occasion,
    memory: { answers: {}, splits: {} },
    startedAt: tx.now,
  }
  if (!(await tx.insertOnce(RuleRun, row))) {
    // The same occasion once more has nothing to do; another one that came at the same moment looks again.
    if (await tx.first(RuleRun, 'WHERE entryKey = ?', [row.entryKey])) return undefined
    throw new LostRace()
  }
  const run = Object.assign(new RuleRun(), row)
  await trace(tx, { ...about, runId: run.id }, 'entered', {
    event: entry.occasion.name,
    ...aboutOf(entry.occasion),
    version: version.version,
    values,
  })
  return run
}

/** Which date or segment it was, for the trace. */
function aboutOf({ field, segment }: Occasion): Record<string, unknown> {
  return { ...(typeof field === 'string' && { field }), ...(typeof segment === 'string' && { segment }) }
}

/** The mark of the one live run of a rule and key. */
export function openKeyOf(rule: string, runKey: string): string {
  return `${rule}:${runKey}`
}

/** What is known of a run that the same key has been through. */
interface Before {
  id: string
  state: RuleRun['state']
  startedAt: number
}

/** Why the same key may not go through a rule again yet. */
async function barredBy(
  tx: Tx,
  { rule, title, re_entry: again }: Rule,
  runs: Before[],
): Promise<{ why: string; before: number } | undefined> {
  const [last] = runs
  if (!last) return undefined
  const before = Number(last.startedAt)
  if (again === 'never') return { why: 're_entry', before }
  if (typeof again === 'object' && tx.now < before + msOf(again.after)) return { why: 're_entry', before }
  if (Number(runs[TOO_MANY - 1]?.startedAt ?? 0) < tx.now - HOUR) return undefined
  await noteFindings(tx, [{ kind: 'rule_runs_wild', subjectId: rule, about: title }])
  return { why: 'too_often', before }
}
