import { words } from './words.js'

/** Shanghai keeps one offset all year. */
const OFFSET = 8 * 3_600_000

function parts(at) {
  const date = new Date(at + OFFSET)
  const two = (number) => String(number).padStart(2, '0')
  return {
    day: Math.floor((at + OFFSET) / 86_400_000),
    date: words.clock.date(date.getUTCMonth() + 1, date.getUTCDate()),
    weekday: words.clock.weekdays[date.getUTCDay()],
    time: `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`,
    seconds: two(date.getUTCSeconds()),
  }
}

/** Date, weekday and time of an instant in Shanghai. */
export const clockParts = parts

/** A time as chats show it: today only the time, yesterday so named, else with the date. */
export function chatTime(at, now) {
  const then = parts(at)
  const days = parts(now).day - then.day
  if (days === 0) return then.time
  return days === 1 ? `${words.chat.yesterday} ${then.time}` : `${then.date} ${then.time}`
}
