import type { Database } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { bookOf, type Clock } from './book.ts'
import { RuleClock } from './clock.ts'
import { enter } from './enter.ts'
import type { RuleVersion, World } from './hooks.ts'
import { lookAt } from './looks.ts'
import { lastOccurrence, nextOccurrence } from './schedule.ts'
import { LATE_MS, spread } from './stagger.ts'
import { msOf } from './times.ts'
import { trace } from './traces.ts'
import type { DateTrigger, FieldTrigger, ScheduleTrigger } from './trigger.ts'

const BATCH = 100
/** So many are looked at in one transaction for a rule that is new. */
const FILLED = 500
/** How much of a long list is gone through before others get their turn. */
const BATCHES = 5

/** For which rules of a house the clocks are set. */
const set = new WeakMap<Database, ReadonlyMap<string, RuleVersion>>()

/** Lets clocks fire whose time has come, and looks at everybody for rules that are new. Returns how much was done. */
export async function tickClocks(db: Database, world: World): Promise<number> {
  await setClocks(db, world)
  const due = await db.read((tx) => tx.find(RuleClock, 'WHERE nextAt <= ? ORDER BY nextAt, id LIMIT 50', [tx.now]))
  let done = 0
  for (const { id } of due) {
    const { schedules, dates, fields } = bookOf(world)
    const schedule = schedules.find((one) => one.id === id)
    const watch = [...dates, ...fields].find((one) => one.id === id)
    for (let n = 0; n < BATCHES; n++) {
      const more = await db.write(async (tx) => {
        const row = await tx.get(RuleClock, id)
        if (!row || row.nextAt === null || row.nextAt > tx.now) return false
        if (schedule) return fire(world, tx, schedule, row)
        return watch ? fillIn(world, tx, watch, row) : false
      })
      if (!more) break
      done += 1
    }
  }
  return done
}

/** Gives each clock of the rules in force its row; those that are new or changed begin anew, those that are gone rest. */
async function setClocks(db: Database, world: World): Promise<void> {
  const rules = world.rules()
  if (set.get(db) === rules) return
  const { schedules, dates, fields } = bookOf(world)
  await db.write(async (tx) => {
    const rows = new Map((await tx.find(RuleClock, 'ORDER BY id')).map((row) => [row.id, row]))
    for (const clock of [...schedules, ...dates, ...fields]) {
      const row = rows.get(clock.id)
      rows.delete(clock.id)
      if (row?.mark === clock.mark) continue
      const begun = { mark: clock.mark, nextAt: firstOf(clock, tx.now), firing: null, afterId: null, filledAt: null }
      if (row) await change(tx, row, begun)
      else await tx.insertOnce(RuleClock, { ...begun, id: clock.id, rule: clock.version.body.rule, version: 0 })
    }
    for (const gone of rows.values()) {
      if (gone.mark !== '')
        await change(tx, gone, { mark: '', nextAt: null, firing: null, afterId: null, filledAt: null })
    }
  })
  set.set(db, rules)
}

function firstOf({ version, trigger }: Clock, now: number): number | null {
  return 'every' in trigger ? (nextOccurrence(version.body, trigger, now) ?? null) : now
}

/**
 * A schedule's time has come. Of those that were missed only the last counts, and only within its grace; a list is dealt
 * out by and by. Returns whether there is more of it.
 */
async function fire(world: World, tx: Tx, clock: Clock<ScheduleTrigger>, row: RuleClock): Promise<boolean> {
  const { version, trigger } = clock
  const next = nextOccurrence(version.body, trigger, tx.now) ?? null
  const firing = row.firing ?? lastOccurrence(version.body, trigger, tx.now)
  if (firing === undefined) {
    await change(tx, row, { nextAt: next })
    return false
  }
  if (row.firing === null && tx.now - firing > msOf(trigger.grace)) {
    const about = { rule: version.body.rule, runKey: '*', customerId: null }
    await trace(tx, about, 'missed', { at: firing, grace: trigger.grace })
    await change(tx, row, { nextAt: next })
    return false
  }
  const facts = trigger.each ? world.facts.get(trigger.each) : undefined
  const after = row.firing === null ? '' : (row.afterId ?? '')
  const ids = trigger.each ? ((await facts?.list?.(tx, after, BATCH, trigger.in)) ?? []) : ['*']
  for (const id of ids) await setOut(world, tx, clock, id, firing)
  if (trigger.each && ids.length === BATCH) {
    await change(tx, row, { firing, afterId: ids.at(-1) ?? null, nextAt: tx.now })
    return true
  }
  await change(tx, row, { firing: null, afterId: null, nextAt: next })
  return false
}

async function setOut(world: World, tx: Tx, clock: Clock<ScheduleTrigger>, id: string, firing: number): Promise<void> {
  const type = clock.trigger.each
  const late = tx.now - firing > LATE_MS
  await enter(world, tx, clock.version, {
    runKey: id,
    customerId: type === 'customer' ? id : null,
    subjects: type ? { [type]: id } : {},
    occasion: { name: 'schedule.fired', at: firing },
    firing: `${clock.id.split('#')[1]}:${firing}`,
    sinceId: newId(tx.now),
    ...(late && { wakeAt: spread(`${clock.id}:${id}:${firing}`, tx.now) }),
  })
}

/** A rule that watches dates or fields is new: everybody who is there is looked at, and nothing fires for what is past. */
async function fillIn(
  world: World,
  tx: Tx,
  clock: Clock<DateTrigger | FieldTrigger>,
  row: RuleClock,
): Promise<boolean> {
  const { trigger } = clock
  const [type = ''] = ('date' in trigger ? trigger.date : trigger.field).split('.')
  const facts = world.facts.get(type)
  const ids = (await facts?.list?.(tx, row.afterId ?? '', FILLED)) ?? []
  const dates = 'date' in trigger && ids.length > 0 ? await facts?.dates?.(tx, ids) : undefined
  for (const id of ids) {
    const known = dates?.get(id)
    await lookAt(world, tx, { type, id, customerId: null, ...(known && { known }) }, clock)
  }
  const last = ids.at(-1)
  if (ids.length === FILLED && last) {
    await change(tx, row, { afterId: last })
    return true
  }
  await change(tx, row, { filledAt: tx.now, nextAt: null, afterId: null })
  return false
}

async function change(tx: Tx, row: RuleClock, changes: Partial<RuleClock>): Promise<void> {
  const next = { ...changes, version: row.version + 1 }
  if (!(await tx.update(RuleClock, row.id, next, { version: row.version }))) throw new LostRace()
}
