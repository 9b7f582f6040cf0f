import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { useNow } from '../hooks/use-now.ts'
import { type BookingLine, pageOfBooking } from '../services/bookings.ts'
import { yuan } from '../services/money.ts'
import { sayLeft, sayTime } from '../services/times.ts'
import { words } from '../words.ts'
import './booking-card.css'
import { Icon } from './icon.tsx'
import './tag.css'

const LIVELY = new Set<BookingLine['state']>(['held', 'confirmed', 'running', 'returned'])

/** One rental in short; a tap opens it. */
export function BookingCard({ booking }: { booking: BookingLine }) {
  const { id, number, state, stateText, model, store, from, until, holdUntil, total } = booking
  const at = useNow(state === 'held')
  const open = () => Taro.navigateTo({ url: pageOfBooking(id) })
  const left = (holdUntil ?? 0) - at
  const waiting = state === 'held' && left > 0
  return (
    <View className="card booking-card" onClick={open} hoverClass="card-pressed">
      <View className="booking-card-head">
        <Text
          className={`tag ${waiting ? 'tag-waiting_customer' : LIVELY.has(state) ? 'tag-processing' : 'tag-closed'}`}
        >
          {waiting ? words.rental.list.pay(sayLeft(left)) : stateText}
        </Text>
        <Text className="booking-card-number">{number}</Text>
      </View>
      <View className="booking-card-title">{`${model}，${store}`}</View>
      <View className="booking-card-foot">
        <Text className="booking-card-when">{`${sayTime(from, at)} – ${sayTime(until, at)}`}</Text>
        <Text className="booking-card-sum">{yuan(total)}</Text>
        <Icon name="right" size={16} color="#A9B2AE" />
      </View>
    </View>
  )
}
