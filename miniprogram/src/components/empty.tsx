import { Text, View } from '@tarojs/components'
import { Action } from './action.tsx'
import './empty.css'
import { Icon } from './icon.tsx'

interface EmptyProps {
  icon: string
  title: string
  text?: string
  action?: string
  onAction?: () => void
  busy?: boolean
}

/** A page or a part with nothing to show: what that means, and what one can do. */
export function Empty({ icon, title, text, action, onAction, busy }: EmptyProps) {
  return (
    <View className="empty">
      <View className="empty-sign">
        <Icon name={icon} size={32} color="#7A8580" />
      </View>
      <Text className="empty-title">{title}</Text>
      {text ? <Text className="empty-text">{text}</Text> : null}
      {action ? <Action look="quiet" text={action} onClick={onAction} busy={busy} /> : null}
    </View>
  )
}
