import { DateTime } from 'luxon'
import type { Message } from './message.ts'

/** A span of the night in which messages of these kinds wait, unless they are urgent (C9). */
export interface QuietHours {
  from: string
  to: string
  holds: string[]
  zone: string
}

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

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number)
  return (hours ?? 0) * 60 + (minutes ?? 0)
}
