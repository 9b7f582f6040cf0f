import { Picker, Text, View } from '@tarojs/components'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { Chosen } from '../../components/fields/chosen.tsx'
import '../../components/fields/field.css'
import { Sheet } from '../../components/sheet.tsx'
import type { Rental, Times } from '../../services/bookings.ts'
import { now } from '../../services/clock.ts'
import { atOf, dayOf, lengthOf, nearest, timeOf, timesOn } from '../../services/wall-clock.ts'
import { words } from '../../words.ts'
import { Days } from './days.tsx'

const say = words.rental

interface DaySheetProps {
  open: boolean
  rental: Rental
  times: Times
  onClose: () => void
  onDone: (span: { from: number; until: number }) => void
}

/** The first and the last day on a calendar, and the time of each. */
export function DaySheet({ open, ...props }: DaySheetProps) {
  // Drawn anew each time that it is opened: it begins with what stands on the page.
  return open ? <Choosing {...props} /> : null
}

function Choosing({ rental, times, onClose, onDone }: Omit<DaySheetProps, 'open'>) {
  const [first, setFirst] = useState<string | undefined>(dayOf(times.from))
  const [last, setLast] = useState<string | undefined>(dayOf(times.until))
  const [wished, setWished] = useState({ from: timeOf(times.from), until: timeOf(times.until) })
  const { step, lead, least } = rental.times
  const weekOf = (name: string) => rental.stores.find(({ store }) => store === name)?.week ?? {}
  const earliest = now() + lead

  const pick = (day: string) => {
    const begins = first === undefined || last !== undefined || day < first
    setFirst(begins ? day : first)
    setLast(begins ? undefined : day)
  }

  const starts = first ? timesOn(weekOf(times.store), first, step).filter((time) => atOf(first, time) >= earliest) : []
  const start = first && nearest(starts, wished.from)
  const from = first && start ? atOf(first, start) : undefined
  const ends = last
    ? timesOn(weekOf(times.returnStore ?? times.store), last, step).filter(
        (time) => from !== undefined && atOf(last, time) >= from + least,
      )
    : []
  const end = last && nearest(ends, wished.until)
  const until = last && end ? atOf(last, end) : undefined
  const span = from !== undefined && until !== undefined ? { from, until } : undefined
  const length = span && lengthOf(span.from, span.until)

  return (
    <Sheet
      open
      title={say.days.title}
      onClose={onClose}
      foot={
        <View>
          <View className="field-pair day-times">
            <Clock
              label={say.days.pickUpTime}
              times={starts}
              value={start}
              onChange={(time) => setWished({ ...wished, from: time })}
            />
            <Clock
              label={say.days.giveBackTime}
              times={ends}
              value={end}
              onChange={(time) => setWished({ ...wished, until: time })}
            />
          </View>
          <Action
            text={length ? say.days.done(say.length(length.days, length.hours)) : say.days.choose}
            disabled={!span}
            onClick={() => span && onDone(span)}
          />
        </View>
      }
    >
      <Text className="day-hint">
        {first === undefined ? say.days.pickUp : last ? say.days.both : say.days.giveBack}
      </Text>
      <Days rental={rental} store={times.store} first={first} last={last} onPick={pick} />
      <Text className="day-note">{say.days.note}</Text>
    </Sheet>
  )
}

interface ClockProps {
  label: string
  times: string[]
  value: string | undefined
  onChange: (time: string) => void
}

function Clock({ label, times, value, onChange }: ClockProps) {
  return (
    <View className="field-half">
      <Text className="rent-label">{label}</Text>
      <Picker
        mode="selector"
        range={times}
        disabled={times.length === 0}
        value={Math.max(0, times.indexOf(value ?? ''))}
        onChange={({ detail }) => {
          const time = times[Number(detail.value)]
          if (time) onChange(time)
        }}
      >
        <Chosen text={value} placeholder={words.form.chooseTime} />
      </Picker>
    </View>
  )
}
