import { Text, View } from '@tarojs/components'
import { useLive } from '../../hooks/use-live.ts'
import { type Rental, readFreeDays } from '../../services/bookings.ts'
import { now } from '../../services/clock.ts'
import { DAY_MS, dayOf, monthsOf, timesOn } from '../../services/wall-clock.ts'
import { words } from '../../words.ts'

const say = words.rental

interface DaysProps {
  rental: Rental
  store: string
  first: string | undefined
  last: string | undefined
  onPick: (day: string) => void
}

/** The months that can be booked: days on which nothing is free are grey, those on which nobody is there are closed. */
export function Days({ rental, store, first, last, onPick }: DaysProps) {
  const { lead, horizon, step } = rental.times
  const today = dayOf(now())
  const begins = dayOf(now() + lead)
  const ends = dayOf(now() + horizon)
  const length = Math.round(horizon / DAY_MS)
  const { data: free } = useLive(() => readFreeDays(store, length))
  const week = rental.stores.find((one) => one.store === store)?.week ?? {}

  const lookOf = (day: string) => {
    const closed = timesOn(week, day, step).length === 0
    const edge = day === first || day === last
    const between = first !== undefined && last !== undefined && day > first && day < last
    return {
      off: day < begins || day > ends || closed,
      className: edge ? 'day-edge' : between ? 'day-between' : '',
      note: day === first ? say.find.pickUp : day === last ? say.find.giveBack : noteOf(day, closed),
      full: free?.get(day) === 0,
    }
  }
  const noteOf = (day: string, closed: boolean) => {
    if (day < begins || day > ends) return ''
    if (closed) return say.days.closed
    if (free?.get(day) === 0) return say.days.full
    return day === today ? say.days.today : ''
  }

  return (
    <View>
      {monthsOf(today, ends).map(({ year, month, blanks, days }) => (
        <View key={`${year}-${month}`}>
          <Text className="day-month">{say.month(year, month)}</Text>
          <View className="day-grid">
            {blanks > 0 ? <View style={{ width: `${blanks * 14.28}%` }} /> : null}
            {days.map((day) => {
              const { off, className, note, full } = lookOf(day)
              return (
                <View
                  key={day}
                  className={`day ${className} ${off ? 'day-off' : full ? 'day-full' : ''}`}
                  ariaRole="button"
                  ariaLabel={`${day} ${note}`}
                  onClick={() => {
                    if (!off) onPick(day)
                  }}
                >
                  <Text className="day-number">{Number(day.slice(8))}</Text>
                  <Text className="day-word">{note}</Text>
                </View>
              )
            })}
          </View>
        </View>
      ))}
    </View>
  )
}
