import { createHash } from 'node:crypto'
import type { Database } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import { SYSTEM } from '../events/events.ts'
import { bookOf, type Clock } from './book.ts'
import { RuleClock, RuleDate } from './clock.ts'
import { type DateFiring, nextFiring } from './dates.ts'
import { enter } from './enter.ts'
import { RuleLook, RuleSeen } from './heard.ts'
import type { World } from './hooks.ts'
import { valueAt } from './known.ts'
import { LATE_MS, spread } from './stagger.ts'
import { msOf } from './times.ts'
import { trace } from './traces.ts'
import type { DateTrigger, FieldTrigger } from './trigger.ts'

const BATCH = 200

interface Subject {
  type: string
  id: string
  customerId: string | null
  /** What is known of it, where that has been asked for already. */
  known?: Record<string, unknown>
}

/** Looks anew at dates and fields of those of whom something may have changed. Returns how many. */
export async function lookAtAll(db: Database, world: World): Promise<number> {
  const due = await db.read((tx) => tx.find(RuleLook, `WHERE dueAt <= ? ORDER BY dueAt, id LIMIT ${BATCH}`, [tx.now]))
  for (const look of due) {
    try {
      await db.write(async (tx) => {
        if ((await tx.run('DELETE FROM rule_looks WHERE id = ?', [look.id])) !== 1) return
        await lookAt(world, tx, { type: look.subjectType, id: look.subjectId, customerId: look.customerId })
      })
    } catch (error) {
      log.error({ look: look.id, err: error }, 'rules cannot look at somebody')
      await db.write((tx) => tx.update(RuleLook, look.id, { dueAt: tx.now + LATE_MS }))
    }
  }
  return due.length
}

/** Compares what rules watch of one with what was seen last. With `only`, for a rule that is new: nothing fires yet. */
export async function lookAt(
  world: World,
  tx: Tx,
  subject: Subject,
  only?: Clock<DateTrigger | FieldTrigger>,
): Promise<void> {
  const { dates, fields } = bookOf(world)
  const of = (path: string) => path.startsWith(`${subject.type}.`)
  const watching = {
    dates: dates.filter((clock) => of(clock.trigger.date) && (!only || clock.id === only.id)),
    fields: fields.filter((clock) => of(clock.trigger.field) && (!only || clock.id === only.id)),
  }
  if (watching.dates.length + watching.fields.length === 0) return
  const facts = subject.known ?? (await world.facts.get(subject.type)?.at(tx, subject.id, tx.now))
  const customerId = subject.customerId ?? customerOf(subject, facts)
  const known = { [subject.type]: facts ?? {} }
  for (const clock of watching.dates) await keepDate(tx, clock, { ...subject, customerId }, known, only !== undefined)
  const paths = new Set(watching.fields.map(({ trigger }) => trigger.field))
  for (const path of paths) {
    const clocks = watching.fields.filter(({ trigger }) => trigger.field === path)
    await keepField(world, tx, clocks, path, { ...subject, customerId }, known, only !== undefined)
  }
}

/** Lets rules set out whose date has come for somebody. Returns how many dates were dealt with. */
export async function fireDates(db: Database, world: World): Promise<number> {
  const due = await db.read((tx) => tx.find(RuleDate, `WHERE wakeAt <= ? ORDER BY wakeAt, id LIMIT ${BATCH}`, [tx.now]))
  for (const row of due) {
    try {
      await db.write((tx) => fireDate(world, tx, row))
    } catch (error) {
      log.error({ date: row.id, err: error }, 'a rule cannot set out on its date')
      await db.write((tx) => tx.update(RuleDate, row.id, { wakeAt: tx.now + LATE_MS }, { wakeAt: row.wakeAt }))
    }
  }
  return due.length
}

async function fireDate(world: World, tx: Tx, row: RuleDate): Promise<void> {
  const clock = bookOf(world).dates.find(({ id }) => id === row.clockId)
  const firesAt = row.wakeAt as number
  if (!clock) {
    await tx.update(RuleDate, row.id, { wakeAt: null }, { wakeAt: firesAt })
    return
  }
  const { trigger, version } = clock
  const { zone, rule, key } = version.body
  const [type = ''] = trigger.date.split('.')
  const facts = await world.facts.get(type)?.at(tx, row.subjectId, tx.now)
  const value = valueAt({ [type]: facts ?? {} }, trigger.date)
  // Known differently by now, and nobody has looked since: the date counts as it is.
  if (textOf(value) !== row.value) {
    await tx.update(RuleDate, row.id, { wakeAt: null }, { wakeAt: firesAt })
    return lookAt(world, tx, { type, id: row.subjectId, customerId: row.customerId }, undefined)
  }
  const later = trigger.yearly ? nextFiring(value, trigger, zone, firesAt + 1) : undefined
  const changes = { wakeAt: later?.firesAt ?? null, occursAt: later?.occursAt ?? row.occursAt }
  if (!(await tx.update(RuleDate, row.id, changes, { wakeAt: firesAt }))) return
  const runKey = key === 'customer' ? row.customerId : row.subjectId
  if (runKey === null) return
  const about = { rule, runKey, customerId: row.customerId }
  if (tx.now - firesAt > msOf(trigger.grace)) {
    return trace(tx, about, 'missed', { at: firesAt, grace: trigger.grace, date: row.value })
  }
  const firing = nextFiring(value, trigger, zone, firesAt) as DateFiring
  await enter(world, tx, version, {
    runKey,
    customerId: row.customerId,
    subjects: { [type]: row.subjectId },
    occasion: {
      name: 'date.reached',
      at: firesAt,
      field: trigger.date,
      date: firing.occursAt,
      ...(firing.years !== undefined && { years: firing.years }),
    },
    firing: `${clock.id.split('#')[1]}:${firing.occursAt}`,
    sinceId: newId(tx.now),
    ...(tx.now - firesAt > LATE_MS && { wakeAt: spread(row.id, tx.now) }),
  })
}

async function keepDate(
  tx: Tx,
  { id: clockId, trigger, version }: Clock<DateTrigger>,
  subject: Subject,
  known: Record<string, unknown>,
  first: boolean,
): Promise<void> {
  const id = `${clockId}:${subject.id}`
  const value = valueAt(known, trigger.date)
  const before = await tx.get(RuleDate, id)
  if (value === undefined || value === null) {
    if (before) await tx.run('DELETE FROM rule_dates WHERE id = ?', [id])
    return
  }
  if (before?.value === textOf(value) && !first) return
  // Of a date that becomes known late something may still be done; for a rule that is new what is past is past.
  const from = first ? tx.now : tx.now - msOf(trigger.grace)
  const next = nextFiring(value, trigger, version.body.zone, from)
  const row = {
    id,
    clockId,
    subjectId: subject.id,
    customerId: subject.customerId,
    value: textOf(value),
    occursAt: next?.occursAt ?? null,
    wakeAt: next?.firesAt ?? null,
  }
  if (!(await tx.insertOnce(RuleDate, row))) await tx.update(RuleDate, id, row)
}

async function keepField(
  world: World,
  tx: Tx,
  clocks: Clock<FieldTrigger>[],
  path: string,
  { type, id: subjectId, customerId }: Subject,
  known: Record<string, unknown>,
  first: boolean,
): Promise<void> {
  const id = `${type}:${subjectId}:${path}`.slice(0, 130)
  const value = valueAt(known, path) ?? null
  const text = shortened(value)
  const before = await tx.get(RuleSeen, id)
  if (before?.value === text) return
  if (!(await tx.insertOnce(RuleSeen, { id, value: text }))) await tx.update(RuleSeen, id, { value: text })
  // Whoever is met for the first time after everybody had been looked at is new, and had nothing before.
  if (first || (!before && (value === null || !(await allFilled(tx, clocks))))) return
  await world.record(tx, `${type}.changed`, {
    by: SYSTEM,
    subject: { type, id: subjectId },
    customerId,
    data: { field: path.slice(type.length + 1), from: before ? JSON.parse(before.value) : null, to: value },
  })
}

async function allFilled(tx: Tx, clocks: Clock<FieldTrigger>[]): Promise<boolean> {
  const rows = await Promise.all(clocks.map(({ id }) => tx.get(RuleClock, id)))
  return rows.every((row) => row?.filledAt)
}

function customerOf({ type, id }: Subject, facts: Record<string, unknown> | undefined): string | null {
  if (type === 'customer') return id
  return typeof facts?.customer_id === 'string' ? facts.customer_id : null
}

function textOf(value: unknown): string {
  return String(value ?? '').slice(0, 40)
}

/** A value as it is kept for comparison; of a long one only that it is another. */
function shortened(value: unknown): string {
  const text = JSON.stringify(value)
  if (text.length <= 500) return text
  return JSON.stringify(createHash('sha256').update(text).digest('base64url'))
}
