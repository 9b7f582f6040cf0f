import { Text, View } from '@tarojs/components'
import { useState } from 'react'
import type { Rental, Times } from '../../services/bookings.ts'
import { now } from '../../services/clock.ts'
import { sayDay } from '../../services/times.ts'
import { dayOf, lengthOf, quickTimes, timeOf, weekdayOf } from '../../services/wall-clock.ts'
import { words } from '../../words.ts'
import { DaySheet } from './day-sheet.tsx'

const say = words.rental

interface WhenProps {
  rental: Rental
  times: Times
  onChange: (times: Times) => void
}

/** From when until when; what most people want is one tap away. */
export function When({ rental, times, onChange }: WhenProps) {
  const [open, setOpen] = useState(false)
  const { from, until } = times
  const { days, hours } = lengthOf(from, until)
  const week = rental.stores.find(({ store }) => store === times.store)?.week ?? {}
  return (
    <View>
      <View className="rent-when" onClick={() => setOpen(true)} hoverClass="card-pressed" ariaRole="button">
        <Moment label={say.find.pickUp} at={from} />
        <View className="rent-length">
          <Text>{say.length(days, hours)}</Text>
        </View>
        <Moment label={say.find.giveBack} at={until} />
      </View>
      <View className="rent-quick">
        {quickTimes(week, rental.times, now()).map((one) => {
          const on = one.from === from && one.until === until
          return (
            <View
              key={one.quick}
              className={`rent-chip ${on ? 'rent-chip-on' : ''}`}
              ariaRole="radio"
              ariaLabel={words.form.option(say.find.quick[one.quick], on)}
              onClick={() => onChange({ ...times, from: one.from, until: one.until })}
            >
              <Text>{say.find.quick[one.quick]}</Text>
            </View>
          )
        })}
      </View>
      <DaySheet
        open={open}
        rental={rental}
        times={times}
        onClose={() => setOpen(false)}
        onDone={(next) => {
          onChange({ ...times, ...next })
          setOpen(false)
        }}
      />
    </View>
  )
}

function Moment({ label, at }: { label: string; at: number }) {
  return (
    <View className="rent-moment">
      <Text className="rent-label">{label}</Text>
      <Text className="rent-day">{sayDay(at, now())}</Text>
      <Text className="rent-time">{`${say.weekdays[weekdayOf(dayOf(at))]} ${timeOf(at)}`}</Text>
    </View>
  )
}
