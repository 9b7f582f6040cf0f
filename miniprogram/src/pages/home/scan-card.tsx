import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { Icon } from '../../components/icon.tsx'
import { tell } from '../../hooks/use-task.ts'
import { pageOfAsset, scanAsset } from '../../services/assets.ts'
import { words } from '../../words.ts'

/** Scanning what stands before one: the shortest way to everything that can be asked for it. */
export function ScanCard() {
  const scan = async () => {
    const code = await scanAsset()
    if (code) Taro.navigateTo({ url: pageOfAsset(code) })
    else if (code === '') tell(words.asset.notScanned)
  }
  return (
    <View className="scan-card" hoverClass="scan-card-pressed" ariaRole="button" onClick={scan}>
      <Icon name="scan" size={32} color="#FFFFFF" />
      <View className="scan-card-words">
        <Text className="scan-card-title">{words.home.scan}</Text>
        <Text className="scan-card-text">{words.home.scanText}</Text>
      </View>
      <Icon name="right" size={16} color="#FFFFFF" />
    </View>
  )
}
