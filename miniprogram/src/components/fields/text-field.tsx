import { Input, type InputProps, Text, Textarea, View } from '@tarojs/components'
import { words } from '../../words.ts'
import { type FieldProps, textOf } from './field-props.ts'

/** Any length, in WeChat's terms. */
const UNLIMITED = -1

function Line({ field, value, onChange, type }: FieldProps & { type: InputProps['type'] }) {
  return (
    <Input
      className="field-input field-line"
      type={type}
      value={textOf(value)}
      placeholder={field.placeholder ?? ''}
      placeholderClass="field-placeholder"
      maxlength={field.maxLength ?? UNLIMITED}
      cursorSpacing={24}
      onInput={(event) => onChange(event.detail.value)}
    />
  )
}

/** One line of words. */
export function TextField(props: FieldProps) {
  return <Line {...props} type="text" />
}

/** A number, with its keyboard. */
export function NumberField(props: FieldProps) {
  return <Line {...props} type="digit" />
}

/** The number of an identity card: its last character may be an X. */
export function IdNumberField(props: FieldProps) {
  return <Line {...props} type="idcard" />
}

/** An amount in yuan. */
export function MoneyField(props: FieldProps) {
  return (
    <View className="field-money">
      <Text className="field-money-sign">{words.form.yuan}</Text>
      <Line {...props} type="digit" />
    </View>
  )
}

/** Several lines, growing with what is written. */
export function LongTextField({ field, value, onChange }: FieldProps) {
  const text = textOf(value)
  return (
    <View>
      <Textarea
        className="field-input field-textarea"
        value={text}
        placeholder={field.placeholder ?? ''}
        placeholderClass="field-placeholder"
        maxlength={field.maxLength ?? UNLIMITED}
        autoHeight
        cursorSpacing={24}
        onInput={(event) => onChange(event.detail.value)}
      />
      {field.maxLength ? <Text className="field-count">{words.form.count(text.length, field.maxLength)}</Text> : null}
    </View>
  )
}
