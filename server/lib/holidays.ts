import { createRequire } from 'node:module'

interface Tables {
  holidays: Record<string, string>
  workdays: Record<string, string>
}

// The tables are read instead of calling the package: its functions go through the process's own time zone and
// answer for the day before when that lies west of UTC.
const { holidays, workdays } = createRequire(import.meta.url)('chinese-days/dist/chinese-days.json') as Tables

const lastYear = Math.max(...Object.keys(holidays).map((day) => Number(day.slice(0, 4))))

/** The last day (yyyymmdd) whose public holidays the State Council has published, as far as our tables know. */
export const CHINA_KNOWN_UNTIL = lastYear * 10_000 + 1231

/** What the public holidays of China make of a day (`yyyy-mm-dd`): free, worked as a make-up day (调休), or nothing. */
export function chinaDay(date: string): 'holiday' | 'makeUp' | undefined {
  if (date in workdays) return 'makeUp'
  return date in holidays ? 'holiday' : undefined
}
