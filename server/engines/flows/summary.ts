import type { Calendar } from '../../lib/calendar.ts'
import { DAY, MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import type { Tx } from '../../lib/tx.ts'
import { zoneOf } from '../../lib/zone.ts'
import { enqueue } from '../messages/outbox.ts'
import { StaffHours } from '../staff/hours.ts'
import { holdsRole } from '../staff/roster.ts'

/** When the morning summary is made, for whom, and who also gets everybody's figures. */
export interface SummaryRule {
  /** Minutes after midnight in the calendar's zone. */
  at: number
  calendar: Calendar
  roles: string[]
  team: string[]
}

const BATCH = 100
/** Working time begins and ends on such marks. */
const MARK_MS = 15 * MINUTE
/** No holidays are longer than this. */
const LOOK_BACK_MS = 20 * DAY

/**
 * Gives each person on duty their summary of a working day once its time has come; what downtime missed on earlier days
 * is not caught up. Whoever is new begins with the next one. Returns how many were made.
 */
export async function makeSummaries(db: Database, rule: SummaryRule | undefined): Promise<number> {
  if (!rule) return 0
  const people = await db.read((tx) => waiting(tx, rule))
  let made = 0
  for (let from = 0; from < people.length; from += BATCH) {
    made += await db.write(async (tx) => {
      let count = 0
      for (const one of people.slice(from, from + BATCH)) if (await make(tx, rule, one)) count += 1
      return count
    })
  }
  return made
}

/** The next instant after `now` at which summaries are made, or undefined. */
export function nextSummary(rule: SummaryRule | undefined, now: number): number | undefined {
  if (!rule) return undefined
  for (let day = midnight(rule, now); day <= now + LOOK_BACK_MS; day += DAY) {
    const at = day + rule.at * MINUTE
    if (at > now && works(rule, day)) return at
  }
  return undefined
}

interface Waiting {
  id: string
  summaryDay: number | null
}

function waiting(tx: Tx, rule: SummaryRule): Promise<Waiting[]> {
  const roles = [...new Set([...rule.roles, ...rule.team])]
  return tx.query<Waiting>(
    `SELECT s.id, h.summaryDay FROM staff s LEFT JOIN staff_hours h ON h.id = s.id
     WHERE s.active = 1 AND (h.summaryDay IS NULL OR (s.onDuty = 1 AND h.summaryDay < ?))
     AND s.id IN (SELECT staffId FROM staff_roles WHERE role IN (${roles.map(() => '?').join(',')})) ORDER BY s.id`,
    [dayDue(rule, tx.now), ...roles],
  )
}

async function make(tx: Tx, rule: SummaryRule, { id, summaryDay }: Waiting): Promise<boolean> {
  const day = dayDue(rule, tx.now)
  if (summaryDay === null) {
    await tx.insertOnce(StaffHours, { id })
    await tx.update(StaffHours, id, { summaryDay: day }, { summaryDay })
    return false
  }
  if (!(await tx.update(StaffHours, id, { summaryDay: day }, { summaryDay }))) return false
  let team = false
  for (const role of rule.team) team ||= await holdsRole(tx, id, role)
  await enqueue(tx, {
    key: `summary:${id}:${day}`,
    channel: 'staff',
    to: id,
    kind: 'summary',
    subjectId: id,
    data: { day, team, since: lastWorked(rule.calendar, midnight(rule, tx.now)) },
    collapseKey: `summary:${id}`,
  })
  return true
}

/** The day whose summaries are to be made by now: today on a working day after the time, else none. */
function dayDue(rule: SummaryRule, now: number): number {
  const day = midnight(rule, now)
  return now >= day + rule.at * MINUTE && works(rule, day) ? rule.calendar.businessDay(now) : 0
}

function works({ calendar }: SummaryRule, day: number): boolean {
  return calendar.businessDay(calendar.nextWorking(day)) === calendar.businessDay(day)
}

function midnight({ calendar }: SummaryRule, now: number): number {
  return now - (zoneOf(calendar.zone).wall(now).getTime() % DAY)
}

/** When working time last ended before this instant: what came since came overnight. */
function lastWorked(calendar: Calendar, before: number): number {
  for (let at = before - MARK_MS; at > before - LOOK_BACK_MS; at -= MARK_MS) {
    if (calendar.isWorking(at)) return at + MARK_MS
  }
  return before
}
