import { DateTime } from 'luxon'
import { clockParts } from '../../lib/clock-time.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { RuleContact } from './heard.ts'
import type { RuleRun } from './run.ts'

/** How often, and when, rules may speak to one customer, all of them together (K11). */
export interface ContactClass {
  /** So many a day, and so many in seven days. */
  per_day?: number
  per_week?: number
  /** Between these times of day nobody is disturbed. */
  quiet?: { from: string; to: string }
}

export interface ContactRule {
  zone: string
  classes: Record<string, ContactClass>
}

/** Why a message may not go now, and when it may at the earliest. */
export interface Held {
  why: 'quiet' | 'cap'
  until: number
  /** The rules whose messages have used the cap up. */
  by?: string[]
}

/** Whether a message of a class may go to a customer now; if not, why and until when. */
export async function heldNow(
  tx: Tx,
  { zone, classes }: ContactRule,
  customerId: string,
  kind: string,
): Promise<Held | undefined> {
  const limits = classes[kind]
  if (!limits) return undefined
  const here = DateTime.fromMillis(tx.now, { zone })
  const quiet = limits.quiet && quietUntil(here, limits.quiet)
  if (quiet) return { why: 'quiet', until: quiet }
  const today = dayOf(here)
  const recent = await contactsSince(tx, customerId, kind, dayOf(here.minus({ days: 6 })))
  const ofToday = recent.filter(({ day }) => day === today)
  const by = (rows: RuleContact[]) => [...new Set(rows.map(({ rule }) => rule))]
  // The first free moment is not later than this: the day on which the oldest that count has dropped out.
  if (limits.per_week !== undefined && recent.length >= limits.per_week) {
    const oldest = recent[recent.length - limits.per_week] as RuleContact
    const free = DateTime.fromFormat(String(oldest.day), 'yyyyMMdd', { zone }).plus({ days: 7 })
    return { why: 'cap', until: afterQuiet(free, limits.quiet).toMillis(), by: by(recent) }
  }
  if (limits.per_day !== undefined && ofToday.length >= limits.per_day) {
    const free = here.startOf('day').plus({ days: 1 })
    return { why: 'cap', until: afterQuiet(free, limits.quiet).toMillis(), by: by(ofToday) }
  }
  return undefined
}

/** Counts a message. Whoever takes the same place at the same moment looks again. */
export async function countContact(
  tx: Tx,
  { zone }: ContactRule,
  kind: string,
  run: Pick<RuleRun, 'customerId' | 'rule' | 'id'>,
): Promise<void> {
  const { customerId } = run
  if (!customerId) return
  const day = dayOf(DateTime.fromMillis(tx.now, { zone }))
  const [row] = await tx.query<{ n: number }>(
    'SELECT COUNT(*) AS n FROM rule_contacts WHERE customerId = ? AND kind = ? AND day = ?',
    [customerId, kind, day],
  )
  const id = `${customerId}:${kind}:${day}:${Number(row?.n ?? 0)}`
  const contact = { id, customerId, kind, day, at: tx.now, rule: run.rule, runId: run.id }
  if (!(await tx.insertOnce(RuleContact, contact))) throw new LostRace()
}

/** The messages of a class to a customer since a day, oldest first. */
export function contactsSince(tx: Tx, customerId: string, kind: string, day: number): Promise<RuleContact[]> {
  return tx.find(RuleContact, 'WHERE customerId = ? AND kind = ? AND day >= ? AND at <= ? ORDER BY at, id', [
    customerId,
    kind,
    day,
    tx.now,
  ])
}

function quietUntil(here: DateTime, { from, to }: NonNullable<ContactClass['quiet']>): number | undefined {
  const begins = here.set({ ...clockParts(from), second: 0, millisecond: 0 })
  const ends = here.set({ ...clockParts(to), second: 0, millisecond: 0 })
  const overnight = begins > ends
  const within = overnight ? here >= begins || here < ends : here >= begins && here < ends
  if (!within) return undefined
  return (here < ends ? ends : ends.plus({ days: 1 })).toMillis()
}

function afterQuiet(at: DateTime, quiet: ContactClass['quiet']): DateTime {
  const until = quiet && quietUntil(at, quiet)
  return until ? DateTime.fromMillis(until, { zone: at.zone }) : at
}

function dayOf(at: DateTime): number {
  return Number(at.toFormat('yyyyMMdd'))
}
