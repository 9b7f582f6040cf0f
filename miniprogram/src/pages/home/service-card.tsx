import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { Icon } from '../../components/icon.tsx'
import type { Service } from '../../services/api.ts'

/** One thing that the business can do for the customer; a tap begins it. */
export function ServiceCard({ service }: { service: Service }) {
  const begin = () => Taro.navigateTo({ url: `/pages/form/form?name=${encodeURIComponent(service.form)}` })
  return (
    <View className="card service-card" hoverClass="card-pressed" onClick={begin}>
      <View className="service-card-icon">
        <Icon name={service.icon} size={28} />
      </View>
      <View className="service-card-words">
        <Text className="service-card-title">{service.title}</Text>
        <Text className="service-card-text">{service.description}</Text>
      </View>
      <Icon name="right" size={16} color="#A9B2AE" />
    </View>
  )
}
