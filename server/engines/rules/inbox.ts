import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import { noteFindings } from '../audit/findings.ts'
import { presentId } from '../events/aliases.ts'
import { Event } from '../events/event.ts'
import { bookOf } from './book.ts'
import { enter } from './enter.ts'
import { belongsTo } from './happened.ts'
import { RuleHeard } from './heard.ts'
import type { World } from './hooks.ts'
import { keyOf, knownOf, occasionOf, subjectsOf } from './known.ts'
import { programOf } from './program.ts'
import { changeRun, ruleOf } from './rows.ts'
import { RuleRun } from './run.ts'
import { isWaitFor, waitsForDate } from './steps.ts'
import { reasonToStop, stopRun } from './stops.ts'
import { msOf } from './times.ts'
import { namesIn, takeBranch } from './waits.ts'

const BATCH = 200
const TOGETHER = 25
const MOST_ATTEMPTS = 8

/** Deals with the events that rules listen to, in order of their arrival. Returns how many. */
export async function hearAll(db: Database, world: World, most: number): Promise<number> {
  let dealt = 0
  while (dealt < most) {
    const due = await db.read((tx) => tx.find(RuleHeard, `WHERE nextAt <= ? ORDER BY id LIMIT ${BATCH}`, [tx.now]))
    for (let from = 0; from < due.length; from += TOGETHER)
      await dealWithAll(db, world, due.slice(from, from + TOGETHER))
    dealt += due.length
    if (due.length < BATCH) return dealt
  }
  return dealt
}

/** Some share a commit, which is the dearest; if that cannot be, each has its own, so that one does not stop the others. */
async function dealWithAll(db: Database, world: World, some: RuleHeard[]): Promise<void> {
  try {
    await db.write(async (tx) => {
      for (const heard of some) await dealWith(world, tx, heard)
    })
  } catch {
    for (const heard of some) await dealWithAlone(db, world, heard)
  }
}

async function dealWith(world: World, tx: Tx, { id }: RuleHeard): Promise<void> {
  // Whoever takes the row away deals with it.
  if ((await tx.run('DELETE FROM rule_heard WHERE id = ?', [id])) !== 1) return
  const event = await tx.get(Event, id)
  if (!event) return
  if (event.customerId) event.customerId = await presentId(tx, event.customerId)
  await reach(world, tx, event)
  await setOut(world, tx, event)
}

async function dealWithAlone(db: Database, world: World, heard: RuleHeard): Promise<void> {
  try {
    await db.write((tx) => dealWith(world, tx, heard))
  } catch (error) {
    log.error({ event: heard.id, err: error }, 'rules cannot deal with an event')
    await db.write((tx) => putOff(tx, heard))
  }
}

/** One event must not stop the others: it is put off, and in the end given up and told. */
async function putOff(tx: Tx, { id, attempts }: RuleHeard): Promise<void> {
  if (attempts < MOST_ATTEMPTS) {
    await tx.update(RuleHeard, id, { attempts: attempts + 1, nextAt: tx.now + MINUTE * 2 ** attempts })
    return
  }
  await noteFindings(tx, [{ kind: 'rule_event_lost', subjectId: id, about: (await tx.get(Event, id))?.name ?? '' }])
  await tx.run('DELETE FROM rule_heard WHERE id = ?', [id])
}

/** Lets the runs under way that an event belongs to hear of it: they stop, or go on where they wait for it. */
async function reach(world: World, tx: Tx, event: Event): Promise<void> {
  for (const run of await runsOf(world, tx, event)) {
    const rule = await ruleOf(tx, run)
    if (!belongsTo(run, rule, event)) continue
    const known = knownOf(world, tx, run)
    if (rule.stop?.reasons.some((reason) => reason.event === event.name)) {
      const why = await reasonToStop(tx, run, rule, known)
      if (why) {
        await stopRun(tx, run, rule, why)
        continue
      }
    }
    const node = run.arrived && run.node !== null ? programOf(rule).nodes.get(run.node) : undefined
    if (!node) continue
    if (isWaitFor(node.step)) {
      const { wait_for: wait } = node.step
      const since = wait.since === 'start' ? run.sinceId : (run.arrivedId ?? run.sinceId)
      if (namesIn(wait).includes(event.name)) await takeBranch(tx, run, rule, node, wait, known, since)
    } else if (waitsForDate(node.step)) {
      // The date may have been moved: it is reckoned again.
      await changeRun(tx, run, { wakeAt: tx.now })
    }
  }
}

/** The runs under way that an event may concern: of its customer, or of one of its keys. */
async function runsOf(world: World, tx: Tx, event: Event): Promise<RuleRun[]> {
  const kinds = new Set([...world.rules().values()].map(({ body }) => body.key))
  const keys = [...kinds].flatMap((kind) => (['customer', 'event'].includes(kind) ? [] : (keyOf(kind, event) ?? [])))
  const ofCustomer = event.customerId
    ? await tx.find(RuleRun, `WHERE customerId = ? AND state = 'running' ORDER BY id`, [event.customerId])
    : []
  const ofKey =
    keys.length > 0
      ? await tx.find(
          RuleRun,
          `WHERE runKey IN (${keys.map(() => '?').join(',')}) AND state = 'running' ORDER BY id`,
          keys,
        )
      : []
  return [...new Map([...ofCustomer, ...ofKey].map((run) => [run.id, run])).values()]
}

/** Sets out every rule in force that this event sets going. */
async function setOut(world: World, tx: Tx, event: Event): Promise<void> {
  const occasion = occasionOf(event)
  const ears = (bookOf(world).ears.get(event.name) ?? []).filter(({ meant }) => meant({ event: occasion }))
  for (const version of new Set(ears.map((ear) => ear.version))) {
    const runKey = keyOf(version.body.key, event)
    if (runKey === undefined) continue
    await enter(world, tx, version, {
      runKey,
      customerId: event.customerId,
      subjects: subjectsOf(world, event),
      occasion,
      firing: event.id,
      sinceId: event.id,
      latest: tx.now - msOf(version.body.late),
    })
  }
}
