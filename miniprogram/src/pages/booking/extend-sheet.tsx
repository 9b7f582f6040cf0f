import { Picker, Text, View } from '@tarojs/components'
import { useEffect, useRef, useState } from 'react'
import { Action } from '../../components/action.tsx'
import { Chosen } from '../../components/fields/chosen.tsx'
import '../../components/fields/field.css'
import { Sheet } from '../../components/sheet.tsx'
import { useTask } from '../../hooks/use-task.ts'
import { type Booking, extendBooking } from '../../services/bookings.ts'
import { now } from '../../services/clock.ts'
import { explain } from '../../services/explain.ts'
import { yuan } from '../../services/money.ts'
import { readContract } from '../../services/rentals.ts'
import { sayTime } from '../../services/times.ts'
import { addDays, atOf, dayOf, nearest, timeOf, timesOn } from '../../services/wall-clock.ts'
import { words } from '../../words.ts'

const say = words.rental.booking
const STEP_MS = 1_800_000

interface ExtendSheetProps {
  open: boolean
  booking: Booking
  onClose: () => void
  onDone: () => Promise<void>
}

/** A later end: what it costs more is told before anything is agreed. */
export function ExtendSheet({ open, ...props }: ExtendSheetProps) {
  return open ? <Extending {...props} /> : null
}

function Extending({ booking, onClose, onDone }: Omit<ExtendSheetProps, 'open'>) {
  const { id, until: ends, returnStore } = booking
  const [day, setDay] = useState(addDays(dayOf(ends), 1))
  const [wished, setWished] = useState(timeOf(ends))
  const [answer, setAnswer] = useState<{ more: number } | { problem: string }>()
  const [busy, start] = useTask()
  const turn = useRef(0)
  const times = timesOn(returnStore.week, day, STEP_MS).filter((time) => atOf(day, time) > Math.max(ends, now()))
  const time = nearest(times, wished)
  const until = time ? atOf(day, time) : undefined

  useEffect(() => {
    turn.current += 1
    const mine = turn.current
    setAnswer(undefined)
    if (until === undefined) return
    extendBooking(id, until, true).then(
      ({ more }) => mine === turn.current && setAnswer({ more }),
      (error) => mine === turn.current && setAnswer({ problem: explain(error) }),
    )
  }, [id, until])

  const more = answer && 'more' in answer ? answer.more : undefined
  const agree = () =>
    start(async () => {
      if (until === undefined) return
      await extendBooking(id, until)
      // Draws up the supplement, if one is to be signed.
      await readContract(id).catch(() => undefined)
      await onDone()
    })
  return (
    <Sheet
      open
      title={say.extendTitle}
      onClose={onClose}
      foot={
        <Action
          text={more ? say.extendDo(yuan(more)) : say.extendDoFree}
          busy={busy}
          disabled={more === undefined}
          onClick={agree}
        />
      }
    >
      <Text className="booking-note">{say.extendNow(sayTime(ends, now()))}</Text>
      <View className="field-pair extend-pair">
        <View className="field-half field-half-wide">
          <Picker mode="date" value={day} start={dayOf(ends)} onChange={({ detail }) => setDay(detail.value)}>
            <Chosen text={day} />
          </Picker>
        </View>
        <View className="field-half">
          <Picker
            mode="selector"
            range={times}
            disabled={times.length === 0}
            value={Math.max(0, times.indexOf(time ?? ''))}
            onChange={({ detail }) => setWished(times[Number(detail.value)] ?? wished)}
          >
            <Chosen text={time} placeholder={words.form.chooseTime} />
          </Picker>
        </View>
      </View>
      <Said answer={answer} asking={until !== undefined} />
    </Sheet>
  )
}

function Said({ answer, asking }: { answer: { more: number } | { problem: string } | undefined; asking: boolean }) {
  if (!answer) return asking ? <Text className="booking-note">{say.extendAsking}</Text> : null
  if ('problem' in answer) return <Text className="extend-problem">{answer.problem}</Text>
  return <Text className="extend-more">{answer.more > 0 ? say.extendMore(yuan(answer.more)) : say.extendFree}</Text>
}
