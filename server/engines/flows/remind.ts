import { DAY, MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Message } from '../messages/message.ts'
import { enqueue } from '../messages/outbox.ts'
import { CardReminder } from './card-reminder.ts'
import type { Turn } from './hooks.ts'
import { calendarOf } from './ladder.ts'
import { turnOf } from './rows.ts'

const BATCH = 100
/** The ladder of the step itself is about to speak: two messages in one minute say no more than one. */
const SOON_MS = MINUTE
/** What the step's ladder says to whoever has the step. */
const LADDER = ['warning', 'overdue', 'escalation']

/** A task card has arrived: if nobody accepts the step, its receiver is reminded (SEMANTICS B4). */
export async function startReminder(tx: Tx, message: Message): Promise<void> {
  // A card in place of an older one begins nothing anew.
  if (message.data.replaces) return
  const turn = await turnOf(tx, message.subjectId)
  const [first] = timesFrom(turn, tx.now)
  if (first === undefined || !awaits(turn, message.recipientId, turn.step.hands)) return
  await tx.insertOnce(CardReminder, {
    id: message.id,
    stepId: turn.step.id,
    staffId: message.recipientId,
    hands: turn.step.hands,
    startedAt: tx.now,
    tickedAt: tx.now,
    wakeAt: first,
  })
}

/** Reminds everybody whose time has come: each time of the ladder once, those missed together as one. */
export async function remindPeople(db: Database): Promise<number> {
  let reminded = 0
  for (;;) {
    const due = await db.read((tx) =>
      tx.find(CardReminder, `WHERE wakeAt <= ? ORDER BY wakeAt LIMIT ${BATCH}`, [tx.now]),
    )
    for (const one of due) await db.write((tx) => remind(tx, one))
    reminded += due.length
    if (due.length < BATCH) return reminded
  }
}

/** When the next reminder comes, or undefined. */
export const nextReminder = earliest('card_reminders', 'wakeAt')

async function remind(tx: Tx, ladder: CardReminder): Promise<void> {
  const turn = await turnIn(tx, ladder)
  if (!turn) return
  const times = awaits(turn, ladder.staffId, ladder.hands) ? timesFrom(turn, ladder.startedAt) : []
  const next = times.find((at) => at > tx.now)
  if (!(await moveOn(tx, ladder, next))) return
  const missed = times.filter((at) => at > ladder.tickedAt && at <= tx.now)
  const latest = missed.at(-1)
  if (latest === undefined || (await ladderSpeaks(tx, turn, ladder, times))) return
  await enqueue(tx, {
    key: `unaccepted:${ladder.id}:${times.indexOf(latest)}`,
    channel: 'staff',
    to: ladder.staffId,
    kind: 'unaccepted',
    subjectId: turn.step.id,
    data: { since: ladder.startedAt },
    urgent: turn.run.priority === 'urgent',
    // A warning that comes while this one still waits says more.
    collapseKey: `sla:${turn.step.id}:${ladder.staffId}`,
  })
}

async function turnIn(tx: Tx, ladder: CardReminder): Promise<Turn | undefined> {
  try {
    return await turnOf(tx, ladder.stepId)
  } catch (error) {
    // One broken step must not stop the others.
    log.error({ step: ladder.stepId, err: error }, 'a reminder cannot be judged')
    await tx.update(CardReminder, ladder.id, { wakeAt: tx.now + DAY }, { tickedAt: ladder.tickedAt })
    return undefined
  }
}

/** Whether the step still waits for this person to accept it. */
function awaits({ step }: Turn, staffId: string, hands: number): boolean {
  if (step.state !== 'open' || step.acceptedAt !== null || step.hands !== hands) return false
  return step.assigneeId === null || step.assigneeId === staffId
}

function timesFrom({ flow }: Turn, startedAt: number): number[] {
  const calendar = calendarOf(flow)
  return (flow.remindAfterMs ?? []).map((ms) => calendar.add(startedAt, ms))
}

/** Notes that the ladder was looked at; false when another process did so first. */
async function moveOn(tx: Tx, { id, tickedAt }: CardReminder, next: number | undefined): Promise<boolean> {
  if (next !== undefined) return tx.update(CardReminder, id, { tickedAt: tx.now, wakeAt: next }, { tickedAt })
  return (await tx.run('DELETE FROM card_reminders WHERE id = ? AND tickedAt = ?', [id, tickedAt])) === 1
}

/**
 * Whether the step's own ladder has told this person since the reminder before, or is about to: warnings, overdue and
 * escalation say all that a reminder says.
 */
async function ladderSpeaks(tx: Tx, { step }: Turn, ladder: CardReminder, times: number[]): Promise<boolean> {
  if (step.wakeAt !== null && step.wakeAt <= tx.now + SOON_MS) return true
  const since = times.findLast((at) => at <= ladder.tickedAt) ?? ladder.startedAt
  const rows = await tx.query(
    `SELECT 1 FROM messages WHERE subjectId = ? AND +recipientId = ? AND createdAt > ?
     AND kind IN (${LADDER.map(() => '?').join(',')}) LIMIT 1`,
    [step.id, ladder.staffId, since, ...LADDER],
  )
  return rows.length > 0
}
