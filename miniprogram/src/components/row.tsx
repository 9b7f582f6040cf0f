import { Text, View } from '@tarojs/components'
import { Icon } from './icon.tsx'
import './row.css'

interface RowProps {
  label: string
  value?: string | null
  /** What stands there while there is no value. */
  none?: string
  /** It is what the other lines come to. */
  strong?: boolean
  onClick?: () => void
}

/** One line of a list: what it is, what it says, and that a tap leads on. */
export function Row({ label, value, none = '', strong = false, onClick }: RowProps) {
  return (
    <View className={strong ? 'row row-strong' : 'row'} onClick={onClick} {...(onClick && { ariaRole: 'button' })}>
      <Text className="row-label">{label}</Text>
      <Text className={`row-value ${value ? '' : 'row-value-none'}`}>{value || none}</Text>
      {onClick ? <Icon name="right" size={16} color="#A9B2AE" /> : null}
    </View>
  )
}
