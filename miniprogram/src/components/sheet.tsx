import { Popup } from '@nutui/nutui-react-taro'
import '@nutui/nutui-react-taro/dist/es/packages/overlay/style/style.css'
import '@nutui/nutui-react-taro/dist/es/packages/popup/style/style.css'
import { ScrollView, Text, View } from '@tarojs/components'
import type { ReactNode } from 'react'
import { words } from '../words.ts'
import { Icon } from './icon.tsx'
import './sheet.css'

interface SheetProps {
  open: boolean
  title: string
  onClose: () => void
  children: ReactNode
  /** The buttons, which stay in view however long the rest is. */
  foot: ReactNode
}

/** A question that rises from below; the page stays in sight behind it. */
export function Sheet({ open, title, onClose, children, foot }: SheetProps) {
  return (
    <Popup visible={open} position="bottom" round destroyOnClose lockScroll onClose={onClose}>
      <View className="sheet">
        <View className="sheet-head">
          <Text className="sheet-title">{title}</Text>
          <View className="sheet-close" onClick={onClose} ariaRole="button" ariaLabel={words.close}>
            <Icon name="cross" size={20} color="#66706B" />
          </View>
        </View>
        <ScrollView scrollY className="sheet-body">
          {children}
        </ScrollView>
        <View className="sheet-foot">{foot}</View>
      </View>
    </Popup>
  )
}
