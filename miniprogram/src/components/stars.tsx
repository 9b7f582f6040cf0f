import { Rate } from '@nutui/nutui-react-taro'
import '@nutui/nutui-react-taro/dist/es/packages/rate/style/style.css'
import { Text, View } from '@tarojs/components'
import { words } from '../words.ts'
import './stars.css'

interface StarsProps {
  value: number
  onChange?: (value: number) => void
}

/** One to five stars, and the word that they stand for. */
export function Stars({ value, onChange }: StarsProps) {
  return (
    <View className={`stars ${onChange ? '' : 'stars-small'}`}>
      <Rate value={value} min={onChange ? 1 : 0} readOnly={!onChange} onChange={onChange} />
      <Text className="stars-word">{words.rating[value] ?? ''}</Text>
    </View>
  )
}
