import { Skeleton } from '@nutui/nutui-react-taro'
import '@nutui/nutui-react-taro/dist/es/packages/skeleton/style/style.css'
import { View } from '@tarojs/components'
import { words } from '../words.ts'
import './loading.css'

/** The outline of cards that are on their way. */
export function Loading({ cards = 3 }: { cards?: number }) {
  return (
    <View className="loading" ariaLabel={words.loading}>
      {Array.from({ length: cards }, (_, index) => `card-${index}`).map((key) => (
        <View key={key} className="card loading-card">
          <Skeleton visible={false} animated width="45%" height="20px" rows={1} />
          <Skeleton visible={false} animated rows={2} size="small" />
        </View>
      ))}
    </View>
  )
}
