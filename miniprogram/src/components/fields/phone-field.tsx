import { Input, View } from '@tarojs/components'
import { tell, useTask } from '../../hooks/use-task.ts'
import { host } from '../../services/host'
import { bindPhone } from '../../services/me.ts'
import { words } from '../../words.ts'
import { Action } from '../action.tsx'
import { type FieldProps, textOf } from './field-props.ts'

/** With a country code, spaces and hyphens. */
const LONGEST = 20

/** A telephone number: typed, or WeChat's own with one tap where there is WeChat. */
export function PhoneField({ field, value, onChange }: FieldProps) {
  const [busy, start] = useTask()
  const take = (code: string) =>
    start(async () => {
      const number = await bindPhone(code)
      if (number) onChange(number)
      else tell(words.form.phoneByHand)
    })
  return (
    <View>
      <Input
        className="field-input field-line"
        type="number"
        value={textOf(value)}
        placeholder={field.placeholder ?? ''}
        placeholderClass="field-placeholder"
        maxlength={LONGEST}
        cursorSpacing={24}
        onInput={(event) => onChange(event.detail.value)}
      />
      {host.available() && !textOf(value) ? (
        <View className="field-aside">
          <Action
            look="plain"
            text={words.form.oneTapPhone}
            busy={busy}
            host={host.phoneButton(take, () => tell(words.me.phoneRefused))}
          />
        </View>
      ) : null}
    </View>
  )
}
