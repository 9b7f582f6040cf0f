import { View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { useLive } from '../hooks/use-live.ts'
import { readCards } from '../services/rides.ts'
import { words } from '../words.ts'
import { Row } from './row.tsx'

/** The way to one's rides and cards, where there is something to ride. */
export function MyRides() {
  const { data } = useLive(readCards)
  if (!data || data.offered.length + data.cards.length === 0) return null
  return (
    <View className="card rows">
      <Row label={words.rides.title} onClick={() => Taro.navigateTo({ url: '/pages/rides/rides' })} />
    </View>
  )
}
