import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { words } from '../words.ts'
import { Icon } from './icon.tsx'
import './my-loyalty.css'

/** The ways to one's coupons and points. */
export function MyLoyalty() {
  return (
    <View className="card my-loyalty">
      <Way icon="coupon" name={words.loyalty.coupons} page="coupons" />
      <Way icon="points" name={words.loyalty.points} page="points" />
    </View>
  )
}

function Way({ icon, name, page }: { icon: string; name: string; page: string }) {
  const open = () => Taro.navigateTo({ url: `/pages/${page}/${page}` })
  return (
    <View className="my-loyalty-part" onClick={open} hoverClass="card-pressed">
      <Icon name={icon} />
      <Text className="my-loyalty-name">{name}</Text>
      <Icon name="right" size={16} color="#A9B2AE" />
    </View>
  )
}
