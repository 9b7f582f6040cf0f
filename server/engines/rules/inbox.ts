import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import { noteFindings } from '../audit/findings.ts'
import { presentIds } from '../events/aliases.ts'
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
import { namesIn, takeBranch, waitEnds } from './waits.ts'

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
    await db.write((tx) => dealWith(world, tx, some))
  } catch {
    for (const heard of some) await dealWithAlone(db, world, heard)
  }
}

async function dealWith(world: World, tx: Tx, some: RuleHeard[]): Promise<void> {
  const ids = some.map(({ id }) => id)
  // Whoever takes the rows away deals with them.
  const taken = await tx.run(`DELETE FROM rule_heard WHERE id IN (${slots(ids)})`, ids)
  if (taken === 0) return
  if (taken < ids.length) throw new Error('another process deals with some of these events')
  const events = await tx.find(Event, `WHERE id IN (${slots(ids)}) ORDER BY id`, ids)
  const present = await presentIds(tx, [...new Set(events.flatMap(({ customerId }) => customerId ?? []))])
  for (const event of events) event.customerId = (event.customerId && present.get(event.customerId)) ?? event.customerId
  const concerning = await withRuns(world, tx, events)
  let entered = false
  for (const event of events) {
    if (entered || concerning.has(event)) await reach(world, tx, event)
    if (await setOut(world, tx, event)) entered = true
  }
}

/** Those of some events that belong to a customer, or have a key, for whom a run is under way: most have none. */
async function withRuns(world: World, tx: Tx, events: Event[]): Promise<Set<Event>> {
  const keys = new Map(events.map((event) => [event, keysOf(world, event)]))
  const [owners, all] = [events.flatMap(({ customerId }) => customerId ?? []), [...keys.values()].flat()]
  const busy = new Set<string>()
  for (const [column, values] of Object.entries({ customerId: owners, runKey: all })) {
    const asked = [...new Set(values)]
    if (asked.length === 0) continue
    const rows = await tx.query<{ busy: string }>(
      `SELECT DISTINCT ${column} AS busy FROM rule_runs WHERE ${column} IN (${slots(asked)}) AND state = 'running'`,
      asked,
    )
    for (const row of rows) busy.add(row.busy)
  }
  return new Set(
    events.filter((event) => busy.has(event.customerId ?? '') || keys.get(event)?.some((key) => busy.has(key))),
  )
}

async function dealWithAlone(db: Database, world: World, heard: RuleHeard): Promise<void> {
  try {
    await db.write((tx) => dealWith(world, tx, [heard]))
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
      // The date may have been moved: then the run looks at it again.
      if ((await waitEnds(rule, node.step.wait, known, tx.now)) !== run.wakeAt)
        await changeRun(tx, run, { wakeAt: tx.now })
    }
  }
}

/** The runs under way that an event may concern: of its customer, or of one of its keys. */
async function runsOf(world: World, tx: Tx, event: Event): Promise<RuleRun[]> {
  const keys = keysOf(world, event)
  const ofCustomer = event.customerId
    ? await tx.find(RuleRun, `WHERE customerId = ? AND state = 'running' ORDER BY id`, [event.customerId])
    : []
  const ofKey =
    keys.length > 0
      ? await tx.find(RuleRun, `WHERE runKey IN (${slots(keys)}) AND state = 'running' ORDER BY id`, keys)
      : []
  return [...new Map([...ofCustomer, ...ofKey].map((run) => [run.id, run])).values()]
}

/** The keys that an event has, beside its customer, by which rules in force tell their runs apart. */
function keysOf(world: World, event: Event): string[] {
  const kinds = new Set([...world.rules().values()].map(({ body }) => body.key))
  return [...kinds].flatMap((kind) => (['customer', 'event'].includes(kind) ? [] : (keyOf(kind, event) ?? [])))
}

/** Sets out every rule in force that this event sets going; says whether there is any. */
async function setOut(world: World, tx: Tx, event: Event): Promise<boolean> {
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
  return ears.length > 0
}

function slots(values: unknown[]): string {
  return values.map(() => '?').join(',')
}
