import { Picker, View } from '@tarojs/components'
import { words } from '../../words.ts'
import { Chosen } from './chosen.tsx'
import { type FieldProps, textOf } from './field-props.ts'

/** A day, as YYYY-MM-DD. */
export function DateField({ field, value, onChange }: FieldProps) {
  return (
    <Picker
      mode="date"
      value={textOf(value)}
      start={field.earliest}
      end={field.latest}
      onChange={(event) => onChange(event.detail.value)}
    >
      <Chosen text={textOf(value)} placeholder={field.placeholder} />
    </Picker>
  )
}

/** A day and a time of it, as YYYY-MM-DD HH:MM; either may be chosen first. */
export function DateTimeField({ field, value, onChange }: FieldProps) {
  const [day = '', time = ''] = textOf(value).split(' ')
  return (
    <View className="field-pair">
      <View className="field-half field-half-wide">
        <Picker
          mode="date"
          value={day}
          start={field.earliest}
          end={field.latest}
          onChange={(event) => onChange(`${event.detail.value} ${time}`)}
        >
          <Chosen text={day} placeholder={words.form.chooseDate} />
        </Picker>
      </View>
      <View className="field-half">
        <Picker mode="time" value={time} onChange={(event) => onChange(`${day} ${event.detail.value}`)}>
          <Chosen text={time} placeholder={words.form.chooseTime} />
        </Picker>
      </View>
    </View>
  )
}
