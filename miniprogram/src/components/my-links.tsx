import { View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { words } from '../words.ts'
import { Row } from './row.tsx'

const PAGES = ['profile', 'papers', 'consents', 'privacy'] as const

/** The ways to one's particulars, papers, consents, and to what is held about one. */
export function MyLinks() {
  return (
    <View className="card rows">
      {PAGES.map((page) => (
        <Row
          key={page}
          label={words.privacy.links[page]}
          onClick={() => Taro.navigateTo({ url: `/pages/${page}/${page}` })}
        />
      ))}
    </View>
  )
}
