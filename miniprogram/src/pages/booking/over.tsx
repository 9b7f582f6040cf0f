import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { Action } from '../../components/action.tsx'
import type { Booking } from '../../services/bookings.ts'
import { words } from '../../words.ts'

const say = words.rental.booking
const WHY: Partial<Record<Booking['state'], string>> = {
  expired: say.lapsedText,
  cancelled: say.cancelledText,
  no_show: say.noShowText,
  closed: say.closedText,
}

/** A booking from which nothing comes any more: why, and the way to another one. */
export function Over({ booking: { state } }: { booking: Booking }) {
  const why = WHY[state]
  if (!why) return null
  return (
    <View className="card booking-part">
      {state === 'expired' ? <Text className="held-title">{say.lapsed}</Text> : null}
      <Text className="booking-note">{why}</Text>
      <View className="booking-do">
        <Action look="quiet" text={say.again} onClick={() => Taro.redirectTo({ url: '/pages/rent/rent' })} />
      </View>
    </View>
  )
}
