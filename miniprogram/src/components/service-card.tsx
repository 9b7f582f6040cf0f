import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import type { Service } from '../services/api.ts'
import { note } from '../services/events.ts'
import { Icon } from './icon.tsx'
import './service-card.css'

/** One thing that the business can do for the customer, or for the thing with this code; a tap begins it. */
export function ServiceCard({ service, code }: { service: Service; code?: string }) {
  const about = code ? `&code=${encodeURIComponent(code)}` : ''
  const begin = () => {
    note('element.clicked', { element: 'service', form: service.form })
    Taro.navigateTo({ url: `/pages/form/form?name=${encodeURIComponent(service.form)}${about}` })
  }
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
