import { Picker, Text, View } from '@tarojs/components'
import type { ReactNode } from 'react'
import type { FieldOption } from '../../services/api.ts'
import { words } from '../../words.ts'
import { Icon } from '../icon.tsx'
import { Chosen } from './chosen.tsx'
import type { FieldProps } from './field-props.ts'

/** More than this many options go into a wheel. */
const MOST_IN_SIGHT = 7

interface ChoiceProps {
  label: string
  hint?: string
  on: boolean
  many?: boolean
  onClick: () => void
}

function Choice({ label, hint, on, many = false, onClick }: ChoiceProps) {
  return (
    <View
      className={`choice ${on ? 'choice-on' : ''}`}
      onClick={onClick}
      ariaRole={many ? 'checkbox' : 'radio'}
      ariaLabel={words.form.option(label, on)}
    >
      <View className={`choice-mark ${many ? 'choice-mark-many' : ''}`}>
        {on ? <Icon name="check" size={14} color="#FFFFFF" /> : null}
      </View>
      <View className="choice-words">
        <Text className="choice-label">{label}</Text>
        {hint ? <Text className="choice-hint">{hint}</Text> : null}
      </View>
    </View>
  )
}

/** So many short options stand two in a row: less to scroll for a thumb. */
const PAIRED_FROM = 4
const SHORT = 6

/** The options of a field, in one column or, where all are short, in two. */
function Choices({ options, children }: { options: FieldOption[]; children: (option: FieldOption) => ReactNode }) {
  const paired = options.length >= PAIRED_FROM && options.every(({ label, hint }) => label.length <= SHORT && !hint)
  return <View className={paired ? 'choices-paired' : ''}>{options.map(children)}</View>
}

/** One of several: all in sight when they are few, a wheel when they are many. */
export function SelectField(props: FieldProps) {
  const options = props.field.options ?? []
  if (options.length > MOST_IN_SIGHT) return <WheelField {...props} />
  return (
    <Choices options={options}>
      {(option) => (
        <Choice
          key={option.value}
          label={option.label}
          hint={option.hint}
          on={props.value === option.value}
          onClick={() => props.onChange(option.value)}
        />
      )}
    </Choices>
  )
}

function WheelField({ field, value, onChange }: FieldProps) {
  const options = field.options ?? []
  const index = options.findIndex((option) => option.value === value)
  return (
    <Picker
      mode="selector"
      range={options.map((option) => option.label)}
      value={Math.max(index, 0)}
      onChange={(event) => onChange(options[Number(event.detail.value)]?.value)}
    >
      <Chosen text={options[index]?.label} placeholder={field.placeholder} />
    </Picker>
  )
}

/** Any of several. */
export function MultiSelectField({ field, value, onChange }: FieldProps) {
  const chosen = Array.isArray(value) ? (value as string[]) : []
  const toggle = (one: string) => onChange(chosen.includes(one) ? chosen.filter((v) => v !== one) : [...chosen, one])
  return (
    <Choices options={field.options ?? []}>
      {(option) => (
        <Choice
          key={option.value}
          label={option.label}
          hint={option.hint}
          many
          on={chosen.includes(option.value)}
          onClick={() => toggle(option.value)}
        />
      )}
    </Choices>
  )
}

/** Yes or no, side by side. */
export function YesNoField({ value, onChange }: FieldProps) {
  return (
    <View className="choice-pair">
      <Choice label={words.form.yes} on={value === true} onClick={() => onChange(true)} />
      <Choice label={words.form.no} on={value === false} onClick={() => onChange(false)} />
    </View>
  )
}
