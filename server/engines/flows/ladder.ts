import { type Calendar, type Interval, makeCalendar } from '../../lib/calendar.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Flow, Rung } from './flow.ts'
import { FlowPause, type FlowStep } from './step.ts'

const calendars = new WeakMap<Flow, Calendar>()

/** The working calendar of a flow. */
export function calendarOf(flow: Flow): Calendar {
  let calendar = calendars.get(flow)
  if (!calendar) {
    calendar = makeCalendar(flow.calendar)
    calendars.set(flow, calendar)
  }
  return calendar
}

/** The spans in which a step's clock stood still, rebuilt from its history. */
export async function pausesOf(tx: Tx, stepId: string): Promise<Interval[]> {
  const rows = await tx.find(FlowPause, 'WHERE stepId = ?', [stepId])
  return rows.map(({ fromAt, toAt }) => ({ from: fromAt, to: toAt ?? undefined }))
}

/** The pauses of many steps at once, by step. */
export async function pausesOfAll(tx: Tx, stepIds: string[]): Promise<Map<string, Interval[]>> {
  const found = new Map<string, Interval[]>()
  if (stepIds.length === 0) return found
  const rows = await tx.find(FlowPause, `WHERE stepId IN (${stepIds.map(() => '?').join(',')})`, stepIds)
  for (const { stepId, fromAt, toAt } of rows) {
    const list = found.get(stepId) ?? []
    list.push({ from: fromAt, to: toAt ?? undefined })
    found.set(stepId, list)
  }
  return found
}

type Clocked = Pick<FlowStep, 'openedAt' | 'limitMs' | 'rung' | 'rungAt' | 'ackUntil'>

/** When a rung's time comes for a step, in milliseconds UTC; Infinity while the clock is paused. */
export function rungTime(flow: Flow, step: Clocked, rung: Rung, pauses: Interval[]): number {
  const calendar = calendarOf(flow)
  if (rung.kind === 'escalate') return calendar.add(step.rungAt ?? step.openedAt, rung.afterMs, pauses)
  return calendar.add(step.openedAt, Math.round(step.limitMs * rung.share), pauses)
}

/** The two columns that keep a running step's time: when it is due, and when the sweep looks at it next. */
export function timesOf(flow: Flow, step: Clocked, pauses: Interval[]): Pick<FlowStep, 'dueAt' | 'wakeAt'> {
  const dueAt = calendarOf(flow).add(step.openedAt, step.limitMs, pauses)
  const rung = flow.ladder[step.rung]
  // At the top of the ladder only an acknowledgement can still run out.
  const wakeAt = rung
    ? Math.max(rungTime(flow, step, rung, pauses), step.ackUntil ?? 0)
    : (step.ackUntil ?? Number.POSITIVE_INFINITY)
  return { dueAt: finite(dueAt), wakeAt: finite(wakeAt) }
}

/**
 * The rung to fire now: the next one, or a later warning whose time has come as well, so that a process that was down
 * sends one late warning instead of all it missed. A level of the chain is never skipped.
 */
export function dueRung(flow: Flow, step: Clocked, pauses: Interval[], now: number): number {
  let index = step.rung
  for (;;) {
    const following = flow.ladder[index + 1]
    if (!following || following.kind === 'escalate') return index
    if (rungTime(flow, step, following, pauses) > now) return index
    index += 1
  }
}

/** The first rung that still lies ahead, for a step whose limit was extended. */
export function rungAhead(flow: Flow, step: Clocked, pauses: Interval[], now: number): number {
  const ahead = flow.ladder.findIndex((rung) => rung.kind === 'escalate' || rungTime(flow, step, rung, pauses) > now)
  return ahead === -1 ? flow.ladder.length : ahead
}

function finite(at: number): number | null {
  return Number.isFinite(at) ? at : null
}
