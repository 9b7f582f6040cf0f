import { Text, View } from '@tarojs/components'
import { words } from '../../words.ts'
import { Icon } from '../icon.tsx'

/** What a wheel stands at, or what to choose. */
export function Chosen({ text, placeholder }: { text?: string; placeholder?: string }) {
  return (
    <View className="field-input field-picked">
      <Text className={text ? 'field-picked-text' : 'field-picked-text field-placeholder'}>
        {text || placeholder || words.form.choose}
      </Text>
      <Icon name="down" size={16} color="#66706B" />
    </View>
  )
}
