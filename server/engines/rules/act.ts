import { DAY } from '../../lib/clock.ts'
import { pathsOf } from '../../lib/condition.ts'
import { AppError, Invalid } from '../../lib/errors.ts'
import { explain } from '../../lib/explain.ts'
import type { Tx } from '../../lib/tx.ts'
import { countContact, heldNow } from './contacts.ts'
import type { Here, Pace } from './here.ts'
import { NotNow, RULE_RUN, type RuleTurn, type RuleWord } from './hooks.ts'
import { choosesByBehaviour } from './profiled.ts'
import { changeRun, endRun, goTo } from './rows.ts'
import type { DoStep } from './steps.ts'
import { isLeaving, reasonToStop, stopRun } from './stops.ts'
import { stateOf } from './switches.ts'
import { msOf } from './times.ts'
import { traceRun } from './traces.ts'

/** How long after its time an action that failed is tried again: five times, then it is given up. */
const AGAIN_MS = [60_000, 5 * 60_000, 30 * 60_000, 2 * 3_600_000, DAY]

/**
 * An action comes up: asked first are the reasons to stop, whether the rule is in use, what
 * the customer has agreed to, the cap and the quiet hours.
 */
export async function act(here: Here, tx: Tx, step: DoStep): Promise<Pace> {
  const { world, run, rule, node, known } = here
  const why = await reasonToStop(tx, run, rule, known)
  if (why) {
    await stopRun(tx, run, rule, why)
    return 'on'
  }
  const word = world.word(step.do)
  if (!word) throw new Error(`rule ${rule.rule} says an unknown word: ${step.do}`)
  if (!word.inside && !isLeaving(run) && (await stateOf(tx, rule.rule)) !== 'on') {
    await endRun(tx, run, 'left', { why: 'paused' })
    return 'rests'
  }
  if (step.if && !(await known.holds(step.if))) {
    await traceRun(tx, run, 'passed', { word: step.do, parts: explain(step.if, await known.data(pathsOf(step.if))) })
    await goTo(tx, run, node.next)
    return 'on'
  }
  const { args, data } = await argumentsOf(here, tx.now, word, step)
  const profiled = word.markets?.(args) === true && choosesByBehaviour(rule, world.facts)
  const purpose = run.customerId && (await refusedPurpose(here, tx, word, args, profiled))
  if (purpose) {
    await traceRun(tx, run, 'passed', { word: step.do, why: 'consent', purpose })
    // Nobody will answer what was not asked, and nobody shall be reminded of it.
    if (word.tells && profiled) {
      await endRun(tx, run, 'ended', { why: 'consent' })
      return 'rests'
    }
    await goTo(tx, run, node.next)
    return 'on'
  }
  const kind = word.contact?.(args)
  if (kind && run.customerId) {
    const held = await hold(here, tx, step.do, kind, run.customerId)
    if (held) return held
    await countContact(tx, world.contacts(), kind, run)
  }
  const key = `rule:${run.id}:${node.id}:${run.round}`
  const turn: RuleTurn = { run, rule, key, customerId: run.customerId, data, profiled }
  const done = await word.run(tx, turn, args)
  await traceRun(tx, run, 'done', { word: step.do, ...(kind && { kind, effect: key }), ...done })
  const given = word.gives?.flatMap((name) => (done?.[name] === undefined ? [] : [[name, done[name]] as const])) ?? []
  const memory = given.length > 0 && { ...run.memory, given: { ...run.memory.given, ...Object.fromEntries(given) } }
  await goTo(tx, run, node.next, { staggered: false, ...(memory && { memory }) })
  return 'again'
}

/** What the customer has refused that forbids an action: the message itself, or to be chosen for it. */
async function refusedPurpose(
  { world, run: { customerId } }: Here,
  tx: Tx,
  word: RuleWord,
  args: unknown,
  profiled: boolean,
): Promise<string | undefined> {
  if (!customerId) return undefined
  return (await word.refused?.(tx, customerId, args)) ?? (profiled ? world.unprofiled(tx, customerId) : undefined)
}

/**
 * An action could not be done, and nothing of it was. What can be done later waits in the row. What the house itself refuses is not tried again; all else is, a
 * few times. A run whose action is given up ends there, unless the rule says that it may go on without it.
 */
export async function failedAct(here: Omit<Here, 'known'>, tx: Tx, error: unknown): Promise<void> {
  const { run, node } = here
  const step = node.step as DoStep
  if (error instanceof NotNow) {
    await traceRun(tx, run, 'held', { word: step.do, why: error.why, until: error.until })
    return changeRun(tx, run, { heldSince: run.heldSince ?? tx.now, wakeAt: error.until })
  }
  const final = error instanceof AppError || run.attempts >= AGAIN_MS.length
  const reason = error instanceof AppError ? error.why : String(error instanceof Error ? error.message : error)
  const data = { word: step.do, why: reason.slice(0, 200), ...(error instanceof AppError && error.data), final }
  await traceRun(tx, run, 'failed', data)
  if (!final) {
    const wakeAt = tx.now + (AGAIN_MS[run.attempts] ?? DAY)
    return changeRun(tx, run, { attempts: run.attempts + 1, wakeAt })
  }
  if (step.optional || isLeaving(run)) return goTo(tx, run, node.next)
  return endRun(tx, run, 'failed', { why: reason.slice(0, 200) })
}

/** Leaves an action for later, in the row, where the cap or the quiet hours want it; too late it is left out. */
async function hold(
  { world, run, rule, node }: Here,
  tx: Tx,
  word: string,
  kind: string,
  customerId: string,
): Promise<Pace | undefined> {
  const held = await heldNow(tx, world.contacts(), customerId, kind)
  if (!held) return undefined
  const since = run.heldSince ?? tx.now
  const told = { word, kind, why: held.why, until: held.until, ...(held.by && { by: held.by }) }
  if (held.until - since > msOf(rule.patience)) {
    await traceRun(tx, run, 'capped', told)
    await goTo(tx, run, node.next)
    return 'on'
  }
  await traceRun(tx, run, 'held', told)
  await changeRun(tx, run, { heldSince: since, wakeAt: held.until })
  return 'rests'
}

/** A word's arguments with the places in their texts filled in. */
async function argumentsOf(
  { world, run, known }: Here,
  now: number,
  { args: schema }: RuleWord,
  { do: _word, if: _if, optional: _optional, ...given }: DoStep,
): Promise<{ args: unknown; data: RuleTurn['data'] }> {
  // A text names the groups that it reads; each is asked for only where its name stands.
  const text = JSON.stringify(given)
  const groups = ['event', 'run', ...world.facts.keys()].filter((name) => text.includes(name))
  const data = await known.data([...groups, 'customer'].map((name) => `${name}.`))
  try {
    const filled = fill(given, (one) => world.say(one, { ...data, now }))
    return { args: schema.parse(filled), data: { ...data, [RULE_RUN]: run.id } }
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new Invalid('text', 'rule_text', {
      reason: String(error instanceof Error ? error.message : error).slice(0, 150),
    })
  }
}

function fill(value: unknown, say: (text: string) => string): unknown {
  if (typeof value === 'string') return value.includes('{{') ? say(value) : value
  if (Array.isArray(value)) return value.map((one) => fill(one, say))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, fill(one, say)]))
}
