import { ScrollView, Text, Textarea, View } from '@tarojs/components'
import Taro, { useRouter } from '@tarojs/taro'
import { useEffect, useRef, useState } from 'react'
import { Action } from '../../components/action.tsx'
import { Empty } from '../../components/empty.tsx'
import { Failed } from '../../components/failed.tsx'
import '../../components/fields/field.css'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { useLive } from '../../hooks/use-live.ts'
import { tell, useTask } from '../../hooks/use-task.ts'
import { makeAppointment, moveAppointment, readServices, readSlots, type Service } from '../../services/appointments.ts'
import { type Attempt, attemptFor } from '../../services/attempt.ts'
import { knowCatalog } from '../../services/catalog.ts'
import { now } from '../../services/clock.ts'
import { actAndAskForMessages } from '../../services/subscriptions.ts'
import { sayTime } from '../../services/times.ts'
import { addDays, dayOf, timeOf, weekdayOf } from '../../services/wall-clock.ts'
import { words } from '../../words.ts'
import './slots.css'

const say = words.appointments
/** So many days are offered at once. */
const DAYS = 30
const EVERY_MS = 15_000
const LONGEST_NOTE = 200

/** Choosing a time: with whom, on which day, at which hour. */
export default function Slots() {
  const { service = '', moved } = useRouter().params
  return (
    <Page>
      <Choosing name={decodeURIComponent(service)} moved={moved && decodeURIComponent(moved)} />
    </Page>
  )
}

function Choosing({ name, moved }: { name: string; moved?: string }) {
  const { data, error, reload } = useLive(readServices)
  if (!data) return error ? <Failed error={error} onRetry={reload} /> : <Loading cards={3} />
  const service = data.find((one) => one.service === name)
  if (!service) return <Empty icon="booking" title={say.empty} text={say.emptyText} />
  return <Times service={service} moved={moved} />
}

function Times({ service, moved }: { service: Service; moved?: string }) {
  const [resource, setResource] = useState<string>()
  const [day, setDay] = useState(dayOf(now()))
  const [at, setAt] = useState<number>()
  const [note, setNote] = useState('')
  const attempt = useRef<Attempt>()
  const [busy, start] = useTask()
  useEffect(knowCatalog, [])

  const send = async () => {
    if (at === undefined) return
    const seat = resource ? { at, resource } : { at }
    if (moved) await moveAppointment(moved, seat)
    else {
      const wish = { ...seat, service: service.service, ...(note.trim() && { note: note.trim() }) }
      attempt.current = attemptFor(JSON.stringify(wish), attempt.current)
      await makeAppointment(wish, attempt.current.key)
    }
    tell(moved ? say.moved : say.booked)
    await Taro.navigateBack().catch(() => Taro.redirectTo({ url: '/pages/appointments/appointments' }))
  }
  const when = at === undefined ? undefined : sayTime(at, now())
  return (
    <View className="slots">
      <View className="slots-head">
        <Text className="slots-title">{service.title}</Text>
        <Text className="slots-text">{`${say.minutes(service.length / 60_000)}　${service.place}`}</Text>
      </View>
      {service.resources.length > 1 ? (
        <View>
          <View className="section-title">{say.who}</View>
          <View className="slots-chips">
            <Chip text={say.anybody} on={resource === undefined} onClick={() => setResource(undefined)} />
            {service.resources.map((one) => (
              <Chip
                key={one.resource}
                text={one.title}
                on={resource === one.resource}
                onClick={() => setResource(one.resource)}
              />
            ))}
          </View>
        </View>
      ) : null}
      <View className="section-title">{say.day}</View>
      <DayStrip
        day={day}
        onChange={(next) => {
          setDay(next)
          setAt(undefined)
        }}
      />
      <View className="section-title">{say.time}</View>
      <Free
        key={`${day} ${resource}`}
        service={service.service}
        day={day}
        resource={resource}
        at={at}
        onChange={setAt}
      />
      {moved ? null : (
        <View className="card slots-note">
          <Text className="field-label">{say.note}</Text>
          <Textarea
            className="field-input slots-note-text"
            value={note}
            maxlength={LONGEST_NOTE}
            placeholder={say.notePlaceholder}
            placeholderClass="field-placeholder"
            onInput={({ detail }) => setNote(detail.value)}
          />
        </View>
      )}
      <View className="slots-do">
        <Action
          text={when ? (moved ? say.move(when) : say.book(when)) : say.choose}
          busyText={say.booking}
          busy={busy}
          disabled={at === undefined}
          onClick={() => start(() => actAndAskForMessages(send))}
        />
      </View>
    </View>
  )
}

function DayStrip({ day, onChange }: { day: string; onChange: (day: string) => void }) {
  const today = dayOf(now())
  return (
    <ScrollView scrollX className="slots-days">
      <View className="slots-days-row">
        {Array.from({ length: DAYS }, (_, nth) => addDays(today, nth)).map((one) => (
          <View
            key={one}
            className={`slots-day ${one === day ? 'slots-on' : ''}`}
            ariaRole="radio"
            ariaLabel={words.form.option(one, one === day)}
            onClick={() => onChange(one)}
          >
            <Text className="slots-day-week">{one === today ? say.today : say.weekdays[weekdayOf(one)]}</Text>
            <Text className="slots-day-number">{`${Number(one.slice(5, 7))}/${Number(one.slice(8))}`}</Text>
          </View>
        ))}
      </View>
    </ScrollView>
  )
}

interface FreeProps {
  service: string
  day: string
  resource?: string
  at: number | undefined
  onChange: (at: number | undefined) => void
}

/** The times of a day that are free; one that somebody else has taken meanwhile is chosen no more. */
function Free({ service, day, resource, at, onChange }: FreeProps) {
  const { data, error, reload } = useLive(
    () => readSlots(service, day, resource),
    () => EVERY_MS,
  )
  const gone = data !== undefined && at !== undefined && !data.some((slot) => slot.at === at)
  useEffect(() => {
    if (gone) onChange(undefined)
  }, [gone, onChange])
  if (!data) return error ? <Failed error={error} onRetry={reload} /> : <Loading cards={1} />
  if (data.length === 0) return <Empty icon="booking" title={say.noSlots} text={say.noSlotsText} />
  return (
    <View className="slots-times">
      {data.map((slot) => (
        <Chip
          key={slot.at}
          text={timeOf(slot.at)}
          more={say.left(slot.left)}
          on={slot.at === at}
          onClick={() => onChange(slot.at)}
        />
      ))}
    </View>
  )
}

function Chip({ text, more, on, onClick }: { text: string; more?: string; on: boolean; onClick: () => void }) {
  return (
    <View
      className={`slots-chip ${on ? 'slots-on' : ''}`}
      ariaRole="radio"
      ariaLabel={words.form.option(text, on)}
      onClick={onClick}
    >
      <Text className="slots-chip-text">{text}</Text>
      {more ? <Text className="slots-chip-more">{more}</Text> : null}
    </View>
  )
}
