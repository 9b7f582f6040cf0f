import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import { noteFindings } from '../audit/findings.ts'
import { failedAct } from './act.ts'
import { tickClocks } from './clocks.ts'
import { learnAwaited } from './hear.ts'
import { house, NotNow, titleOfRule, type World } from './hooks.ts'
import { hearAll } from './inbox.ts'
import { fireDates, lookAtAll } from './looks.ts'
import { programOf } from './program.ts'
import { changeRun, ruleOf } from './rows.ts'
import { RuleRun } from './run.ts'
import { LATE_MS, spread } from './stagger.ts'
import { isDo } from './steps.ts'
import { walk } from './walk.ts'

const BATCH = 200
const TOGETHER = 25
const MOST_BATCHES = 10
const MOST_HEARD = 2_000
/** So many that fell due while the house was down are taken at once; the others get times of their own. */
const AT_ONCE = 20
const MOST_ACTIONS = 60

/**
 * Everything that rules have to do now: deal with what was heard, let clocks and dates fire, take runs on whose time has
 * come. Bounded, most overdue first; what is left comes with the next sweep. One process at a time: events are dealt
 * with in the order of their arrival. Returns how much was done.
 */
export function sweepRules(db: Database, world: World = house): Promise<number> {
  return db.alone('rules', async () => {
    if (learned.get(db) !== world.rules()) await openRules(db, world)
    let done = await hearAll(db, world, MOST_HEARD)
    done += await tickClocks(db, world)
    done += await untilLess(() => lookAtAll(db, world))
    done += await untilLess(() => fireDates(db, world))
    // What was looked at may have told of a change.
    done += await hearAll(db, world, MOST_HEARD)
    return done + (await untilLess(() => walkAll(db, world)))
  })
}

/** For which state of the packs it is known what the runs under way wait for: their versions may be older. */
const learned = new WeakMap<Database, ReturnType<World['rules']>>()

/** Learns what the runs under way wait for: before anybody comes in, and when the packs have changed. */
export async function openRules(db: Database, world: World = house): Promise<void> {
  await db.read((tx) => learnAwaited(world, tx))
  learned.set(db, world.rules())
}

/** When rules have something to do next. */
export const nextRule = [
  earliest('rule_runs', 'wakeAt'),
  earliest('rule_clocks', 'nextAt'),
  earliest('rule_dates', 'wakeAt'),
  earliest('rule_heard', 'nextAt'),
  earliest('rule_looks', 'dueAt'),
]

/** Again and again while there are whole batches of it, within bounds. */
async function untilLess(work: () => Promise<number>): Promise<number> {
  let done = 0
  for (let n = 0; n < MOST_BATCHES; n++) {
    const some = await work()
    done += some
    if (some < BATCH) return done
  }
  return done
}

async function walkAll(db: Database, world: World): Promise<number> {
  const due = await db.read((tx) => tx.find(RuleRun, `WHERE wakeAt <= ? ORDER BY wakeAt, id LIMIT ${BATCH}`, [tx.now]))
  const now = await db.read(async (tx) => tx.now)
  const late = due.filter((run) => !run.staggered && now - (run.wakeAt ?? now) > LATE_MS).slice(AT_ONCE)
  if (late.length > 0) {
    await db.write(async (tx) => {
      for (const run of late) await stagger(tx, run)
    })
  }
  const ids = due.filter((run) => !late.includes(run)).map(({ id }) => id)
  for (let from = 0; from < ids.length; from += TOGETHER) {
    for (const id of await walkTogether(db, world, ids.slice(from, from + TOGETHER))) await walkOn(db, world, id)
  }
  return due.length
}

/** Takes runs on up to their next action or wait, sharing a commit; returns those that have an action before them. */
async function walkTogether(db: Database, world: World, ids: string[]): Promise<string[]> {
  try {
    return await db.write(async (tx) => {
      const again: string[] = []
      for (const id of ids) if ((await walk(world, tx, id, false)) === 'again') again.push(id)
      return again
    })
  } catch {
    // One of them is broken: each by itself shows which.
    return ids
  }
}

function stagger(tx: Tx, { id, version }: RuleRun): Promise<boolean> {
  const changes = { wakeAt: spread(id, tx.now), staggered: true, version: version + 1 }
  return tx.update(RuleRun, id, changes, { version })
}

/** Takes one run on, an action a transaction, until it rests. */
async function walkOn(db: Database, world: World, id: string): Promise<void> {
  for (let n = 0; n < MOST_ACTIONS; n++) {
    try {
      if ((await db.write((tx) => walk(world, tx, id))) === 'rests') return
    } catch (error) {
      await db.write((tx) => failed(world, tx, id, error))
      return
    }
  }
}

/** One broken run must not stop the others. An action is the first thing in its transaction: where the run stands is where it failed. */
async function failed(world: World, tx: Tx, id: string, error: unknown): Promise<void> {
  const run = await tx.get(RuleRun, id)
  if (run?.state !== 'running') return
  const rule = await ruleOf(tx, run).catch(() => undefined)
  const node = rule && run.node !== null ? programOf(rule).nodes.get(run.node) : undefined
  if (!(error instanceof NotNow))
    log.warn({ run: id, rule: run.rule, node: node?.id, err: error }, 'a rule could not take its step')
  if (rule && node && isDo(node.step)) return failedAct({ world, run, rule, node }, tx, error)
  await noteFindings(tx, [{ kind: 'rule_run_broken', subjectId: id, about: titleOfRule(run.rule) }])
  await changeRun(tx, run, { wakeAt: tx.now + 10 * MINUTE })
}
