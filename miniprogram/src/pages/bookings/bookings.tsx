import { View } from '@tarojs/components'
import Taro, { usePullDownRefresh } from '@tarojs/taro'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { BookingCard } from '../../components/booking-card.tsx'
import { Empty } from '../../components/empty.tsx'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { useLive } from '../../hooks/use-live.ts'
import { useTask } from '../../hooks/use-task.ts'
import { type BookingLine, readBookings } from '../../services/bookings.ts'
import { words } from '../../words.ts'
import './bookings.css'

const say = words.rental.list

/** The customer's rentals, newest first. */
export default function Bookings() {
  return (
    <Page>
      <List />
    </Page>
  )
}

function List() {
  const first = useLive(() => readBookings())
  const [older, setOlder] = useState<{ bookings: BookingLine[]; next: string | null }>()
  const [busy, start] = useTask()
  const reload = async () => {
    setOlder(undefined)
    await first.reload()
  }
  usePullDownRefresh(() => reload().finally(() => Taro.stopPullDownRefresh()))
  if (!first.data) return first.error ? <Failed error={first.error} onRetry={reload} /> : <Loading />
  const bookings = [...first.data.bookings, ...(older?.bookings ?? [])]
  const next = older ? older.next : first.data.next
  const more = (before: string) =>
    start(async () => {
      const page = await readBookings(before)
      setOlder({ bookings: [...(older?.bookings ?? []), ...page.bookings], next: page.next })
    })
  const rent = () => Taro.navigateTo({ url: '/pages/rent/rent' })
  if (bookings.length === 0)
    return <Empty icon="car" title={say.empty} text={say.emptyText} action={say.go} onAction={rent} />
  return (
    <View className="bookings">
      {bookings.map((booking) => (
        <BookingCard key={booking.id} booking={booking} />
      ))}
      {next ? <Action look="plain" text={say.more} busy={busy} onClick={() => more(next)} /> : null}
    </View>
  )
}
