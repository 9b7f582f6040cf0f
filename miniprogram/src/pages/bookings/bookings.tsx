import { View } from '@tarojs/components'
import Taro, { usePullDownRefresh } from '@tarojs/taro'
import { Action } from '../../components/action.tsx'
import { BookingCard } from '../../components/booking-card.tsx'
import { Empty } from '../../components/empty.tsx'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { usePages } from '../../hooks/use-pages.ts'
import { useTask } from '../../hooks/use-task.ts'
import { readBookings } from '../../services/bookings.ts'
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
  const { items: bookings, error, next, load, reload } = usePages(readBookings, (page) => page.bookings)
  const [busy, start] = useTask()
  usePullDownRefresh(() => reload().finally(() => Taro.stopPullDownRefresh()))
  if (!bookings) return error ? <Failed error={error} onRetry={reload} /> : <Loading />
  const rent = () => Taro.navigateTo({ url: '/pages/rent/rent' })
  if (bookings.length === 0)
    return <Empty icon="car" title={say.empty} text={say.emptyText} action={say.go} onAction={rent} />
  return (
    <View className="bookings">
      {bookings.map((booking) => (
        <BookingCard key={booking.id} booking={booking} />
      ))}
      {next ? <Action look="plain" text={say.more} busy={busy} onClick={() => start(load)} /> : null}
    </View>
  )
}
