import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { BookingCard } from '../../components/booking-card.tsx'
import { Icon } from '../../components/icon.tsx'
import '../../components/service-card.css'
import { useLive } from '../../hooks/use-live.ts'
import type { Catalog } from '../../services/api.ts'
import { type BookingLine, readBookings } from '../../services/bookings.ts'
import { words } from '../../words.ts'

const EVERY_MS = 10_000
const GOING_ON = new Set<BookingLine['state']>(['held', 'confirmed', 'running', 'returned', 'settled'])

/** What can be booked: cars, times with our people; each where the business offers it. */
export function BookingCards({ bookable: { rental, appointments } }: Pick<Catalog, 'bookable'>) {
  return (
    <View>
      {rental ? <Card icon="car" title={rental} text={words.rental.cardText} page="rent" /> : null}
      {appointments ? (
        <Card icon="booking" title={words.appointments.card} text={words.appointments.cardText} page="appointments" />
      ) : null}
    </View>
  )
}

/** The customer's rental that goes on, as it stands now; nothing when there is none. */
export function LatestBooking() {
  const { data } = useLive(
    () => readBookings(),
    (page) => (page?.bookings.some(isOn) ? EVERY_MS : null),
  )
  const booking = data?.bookings.find(isOn)
  if (!booking) return null
  return (
    <View>
      <View className="section-title home-latest">
        <Text>{words.rental.mine}</Text>
        <Text className="home-all" onClick={() => Taro.navigateTo({ url: '/pages/bookings/bookings' })}>
          {words.rental.all}
        </Text>
      </View>
      <BookingCard booking={booking} />
    </View>
  )
}

function Card({ icon, title, text, page }: { icon: string; title: string; text: string; page: string }) {
  return (
    <View
      className="card service-card"
      hoverClass="card-pressed"
      onClick={() => Taro.navigateTo({ url: `/pages/${page}/${page}` })}
    >
      <View className="service-card-icon">
        <Icon name={icon} size={28} />
      </View>
      <View className="service-card-words">
        <Text className="service-card-title">{title}</Text>
        <Text className="service-card-text">{text}</Text>
      </View>
      <Icon name="right" size={16} color="#A9B2AE" />
    </View>
  )
}

function isOn({ state }: BookingLine): boolean {
  return GOING_ON.has(state)
}
