import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { BookingCard } from '../../components/booking-card.tsx'
import { Icon } from '../../components/icon.tsx'
import '../../components/service-card.css'
import { useLive } from '../../hooks/use-live.ts'
import { readServices } from '../../services/appointments.ts'
import { type BookingLine, readBookings, readRental } from '../../services/bookings.ts'
import { ApiError } from '../../services/transport.ts'
import { words } from '../../words.ts'

const EVERY_MS = 10_000
const GOING_ON = new Set<BookingLine['state']>(['held', 'confirmed', 'running', 'returned', 'settled'])

/** What can be booked: cars, times with our people; each where the business offers it. */
export function BookingCards() {
  const rental = useLive(() => readRental().catch(unlessThere))
  const services = useLive(() => readServices().catch(unlessThere))
  return (
    <View>
      {rental.data ? <Card icon="car" title={rental.data.title} text={words.rental.cardText} page="rent" /> : null}
      {services.data && services.data.length > 0 ? (
        <Card icon="booking" title={words.appointments.card} text={words.appointments.cardText} page="appointments" />
      ) : null}
    </View>
  )
}

/** The customer's rental that goes on, as it stands now; nothing when there is none. */
export function LatestBooking() {
  const { data } = useLive(
    () => readBookings().catch(unlessThere),
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

/** Nothing of the kind is offered here. */
function unlessThere(error: unknown): undefined {
  if (error instanceof ApiError && error.status === 404) return undefined
  throw error
}
