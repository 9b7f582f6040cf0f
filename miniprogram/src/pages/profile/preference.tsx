import { Text, View } from '@tarojs/components'
import { Icon } from '../../components/icon.tsx'
import type { Question } from '../../services/profile.ts'
import './preference.css'

interface PreferenceProps {
  question: Question
  chosen: string[]
  onChange: (values: string[]) => void
}

/** A question with its answers to tap; a second tap takes one back. */
export function Preference({ question: { title, options, many }, chosen, onChange }: PreferenceProps) {
  const toggle = (value: string) => {
    if (chosen.includes(value)) return onChange(chosen.filter((one) => one !== value))
    onChange(many ? [...chosen, value] : [value])
  }
  return (
    <View className="card preference">
      <Text className="preference-title">{title}</Text>
      <View className="preference-options">
        {options.map(({ value, label }) => (
          <View
            key={value}
            className={`preference-option ${chosen.includes(value) ? 'preference-option-on' : ''}`}
            onClick={() => toggle(value)}
            ariaRole={many ? 'checkbox' : 'radio'}
          >
            {chosen.includes(value) ? <Icon name="check" size={16} color="#146247" /> : null}
            <Text className="preference-label">{label}</Text>
          </View>
        ))}
      </View>
    </View>
  )
}
