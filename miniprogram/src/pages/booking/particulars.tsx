import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { Action } from '../../components/action.tsx'
import { PriceParts } from '../../components/price-parts.tsx'
import type { Booking, Store } from '../../services/bookings.ts'
import { now } from '../../services/clock.ts'
import { sayTime } from '../../services/times.ts'
import { words } from '../../words.ts'

const say = words.rental.booking

/** What was booked: the car, where and when, and its price. */
export function Particulars({ booking }: { booking: Booking }) {
  const { model, plate, store, returnStore, from, until, doors, price } = booking
  return (
    <View>
      <View className="section-title">{say.order}</View>
      <View className="card order-card">
        <Line label={say.car} text={plate ? `${model.title}，${say.plate(plate)}` : model.title} />
        <Line label={say.from} text={sayTime(from, now())} more={doors?.deliver?.address ?? placeOf(store)} />
        <Line label={say.until} text={sayTime(until, now())} more={doors?.collect?.address ?? placeOf(returnStore)} />
        <View className="order-card-ways">
          <Action
            look="plain"
            text={say.call}
            onClick={() => Taro.makePhoneCall({ phoneNumber: store.phone }).catch(() => undefined)}
          />
          <Action look="plain" text={say.navigate} onClick={() => show(store)} />
        </View>
      </View>
      <View className="section-title">{say.price}</View>
      <PriceParts price={price} />
    </View>
  )
}

function Line({ label, text, more }: { label: string; text: string; more?: string }) {
  return (
    <View className="order-card-line">
      <Text className="order-card-label">{label}</Text>
      <View className="order-card-words">
        <Text className="order-card-text" userSelect>
          {text}
        </Text>
        {more ? <Text className="booking-note">{more}</Text> : null}
      </View>
    </View>
  )
}

function show({ title, address, place }: Store): void {
  const { lat: latitude, lng: longitude } = place
  Taro.openLocation({ latitude, longitude, name: title, address }).catch(() => undefined)
}

function placeOf({ title, address }: Store): string {
  return `${title}，${address}`
}
