import { DateTime } from 'luxon'
import { DAY } from '../../lib/clock.ts'
import type { Tx } from '../../lib/tx.ts'
import { staffById } from '../staff/roster.ts'
import { hoursOf } from '../staff/shift.ts'
import { DIGEST } from './digest.ts'
import type { Message } from './message.ts'

/** A span of the night in which messages of these kinds wait, unless they are urgent (C9). */
export interface QuietHours {
  from: string
  to: string
  holds: string[]
  zone: string
}

/** What a pack says of when people are left in peace. */
export interface PeaceRule {
  quiet?: QuietHours
  /** The kinds that wait while their receiver is off duty or on a break. */
  away: string[]
}

/** Who is away without having said until when is looked at again after this long; coming back ends it at once. */
const AWAY_LOOK_MS = DAY

/** The earliest instant at which a message may go: `now`, or the end of the quiet hours that hold it. */
export function afterQuiet(
  quiet: QuietHours | undefined,
  message: Pick<Message, 'kind' | 'urgent'>,
  now: number,
): number {
  if (!quiet || message.urgent || !quiet.holds.includes(message.kind)) return now
  const local = DateTime.fromMillis(now, { zone: quiet.zone })
  const minutes = local.hour * 60 + local.minute
  const from = minutesOf(quiet.from)
  const to = minutesOf(quiet.to)
  const within = from <= to ? minutes >= from && minutes < to : minutes >= from || minutes < to
  if (!within) return now
  const morning = local.startOf('day').set({ hour: Math.floor(to / 60), minute: to % 60 })
  return (minutes < to ? morning : morning.plus({ days: 1 })).toMillis()
}

/**
 * The earliest instant at which a message to a member of staff may go: their own quiet hours in place of the pack's,
 * and not while they are away. What is urgent goes at once.
 */
export async function afterPeace(rule: PeaceRule, message: Message, now: number, tx: Tx): Promise<number> {
  const atNight = rule.quiet?.holds.includes(message.kind) ?? false
  const whenAway = rule.away.includes(message.kind)
  if (message.urgent || !(atNight || whenAway)) return now
  const hours = await hoursOf(tx, message.recipientId)
  const back = whenAway ? await backAt(tx, message.recipientId, hours?.awayUntil ?? null, now) : now
  if (!rule.quiet) return back
  const own = hours?.quietFrom && hours.quietTo ? { from: hours.quietFrom, to: hours.quietTo } : {}
  return afterQuiet({ ...rule.quiet, ...own }, message, back)
}

/** Lets go what was held while a person was away; what the limits or the night hold is held again by itself. */
export async function releaseHeld(tx: Tx, staffId: string): Promise<number> {
  // As if just put into the outbox: their places are given anew.
  return tx.run(
    `UPDATE messages SET nextAt = createdAt WHERE recipientId = ? AND nextAt > ? AND kind <> ?
     AND state = 'pending' AND attempts = 0 AND channel = 'staff'`,
    [staffId, tx.now, DIGEST],
  )
}

async function backAt(tx: Tx, staffId: string, until: number | null, now: number): Promise<number> {
  if ((await staffById(tx, staffId))?.onDuty !== false) return now
  return until === null ? now + AWAY_LOOK_MS : Math.max(until, now)
}

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number)
  return (hours ?? 0) * 60 + (minutes ?? 0)
}
