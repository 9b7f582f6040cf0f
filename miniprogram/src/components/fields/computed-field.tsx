import { Text, View } from '@tarojs/components'
import { yuan } from '../../services/money.ts'
import { words } from '../../words.ts'
import type { FieldProps } from './field-props.ts'

/** A value that follows from others: shown while they are filled in, settled by the server. */
export function ComputedField({ field, value }: FieldProps) {
  if (typeof value !== 'number') return <Text className="field-computed-blank">{words.form.computedBlank}</Text>
  const isMoney = field.kind === 'money'
  return (
    <View className="field-computed" ariaRole="status">
      <Text>{isMoney ? yuan(value) : String(value)}</Text>
    </View>
  )
}
