import { Invalid } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { record } from '../events/events.ts'
import { touchCards } from '../messages/outbox.ts'
import type { Staff } from '../staff/staff.ts'
import { giveAck, rollOf } from './acks.ts'
import { guardManager, person } from './guards.ts'
import { handOver, tellAssignee } from './hands.ts'
import type { Turn } from './hooks.ts'
import { calendarOf, pausesOf, rungAhead } from './ladder.ts'
import { about, changeStep, resetClock } from './rows.ts'
import { sayAccepted } from './steps.ts'

/** A supervisor gives the step to somebody; the chain rests as after an acknowledgement. */
export async function reassignStep(tx: Tx, turn: Turn, staff: Staff, to: string): Promise<void> {
  await guardManager(tx, turn, staff)
  await handOver(tx, turn, staff, to)
  await resetClock(tx, turn, { ackBy: staff.id, ackUntil: tx.now + turn.flow.acknowledgeMs })
}

/** A supervisor takes the step into their own hands. */
export async function takeOverStep(tx: Tx, turn: Turn, staff: Staff): Promise<void> {
  await guardManager(tx, turn, staff)
  if (turn.step.assigneeId === staff.id) return
  await handOver(tx, turn, staff, staff.id)
  await sayAccepted(tx, turn, staff)
  await resetClock(tx, turn, { acceptedAt: tx.now, ackBy: staff.id, ackUntil: tx.now + turn.flow.acknowledgeMs })
}

/**
 * A supervisor allows more working time, with a reason: from the deadline on, or from now on where it has passed, as what
 * has passed helps nobody. The ladder begins again below the new deadline.
 */
export async function extendStep(tx: Tx, turn: Turn, staff: Staff, byMs: number, reason: string): Promise<void> {
  await guardManager(tx, turn, staff)
  if (!reason.trim()) throw new Invalid('reason', 'reason_missing')
  const pauses = await pausesOf(tx, turn.step.id)
  const usedMs = calendarOf(turn.flow).between(turn.step.openedAt, tx.now, pauses)
  const longer = { ...turn.step, limitMs: Math.max(turn.step.limitMs, usedMs) + byMs, rungAt: null }
  const rung = rungAhead(turn.flow, longer, pauses, tx.now)
  await resetClock(tx, turn, { limitMs: longer.limitMs, rung, rungAt: tx.now, level: 0, ackBy: null, ackUntil: null })
  await touchCards(tx, turn.step.id)
  await record(tx, 'step.extended', {
    ...about(turn.run),
    by: person(staff),
    data: { step: turn.step.name, byMs, reason, dueAt: turn.step.dueAt },
  })
  await tellAssignee(tx, turn, 'extended', { byMs, reason, by: staff.name })
}

/**
 * A supervisor has seen it: the chain rests for a set time and then goes on (SEMANTICS B11). Where all of a level are
 * asked to, each speaks for themselves, and the chain rests when nobody is missing any more (B12).
 */
export async function acknowledgeStep(tx: Tx, turn: Turn, staff: Staff): Promise<void> {
  await guardManager(tx, turn, staff)
  if (turn.step.ackUntil !== null && turn.step.ackUntil > tx.now) return
  const roll = await rollOf(tx, turn)
  if (roll && !(await giveAck(tx, turn, staff))) return
  const missing = roll?.missing.some(({ id }) => id !== staff.id)
  // The version counts even where no time changes: of two who speak at once, the second must see the first.
  if (missing) await changeStep(tx, turn.step, {})
  else await resetClock(tx, turn, { ackBy: staff.id, ackUntil: tx.now + turn.flow.acknowledgeMs })
  await touchCards(tx, turn.step.id)
  await record(tx, 'step.acknowledged', {
    ...about(turn.run),
    by: person(staff),
    data: { step: turn.step.name, until: turn.step.ackUntil },
  })
}
