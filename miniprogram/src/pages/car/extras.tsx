import { Text, View } from '@tarojs/components'
import { Icon } from '../../components/icon.tsx'
import '../../components/fields/field.css'
import type { Extra, Insurance, Wish } from '../../services/bookings.ts'
import { yuan } from '../../services/money.ts'
import { words } from '../../words.ts'

const say = words.rental.order

interface ChangeProps {
  wish: Wish
  change: (part: Partial<Wish>) => void
}

/** Which cover is wanted; what is required is part of every rental. */
export function Insurances({ insurances, wish, change }: ChangeProps & { insurances: Insurance[] }) {
  if (insurances.length === 0) return null
  const toggle = (name: string) =>
    change({
      insurances: wish.insurances.includes(name)
        ? wish.insurances.filter((one) => one !== name)
        : [...wish.insurances, name],
    })
  return (
    <View>
      <View className="section-title">{say.insurances}</View>
      <View className="card order-choices">
        {insurances.map(({ insurance, title, text, per_day, most, required }) => {
          const on = required || wish.insurances.includes(insurance)
          return (
            <View
              key={insurance}
              className={`choice ${on ? 'choice-on' : ''}`}
              ariaRole="checkbox"
              ariaLabel={words.form.option(title, on)}
              onClick={() => {
                if (!required) toggle(insurance)
              }}
            >
              <View className="choice-mark choice-mark-many">
                {on ? <Icon name="check" size={14} color="#FFFFFF" /> : null}
              </View>
              <View className="choice-words order-choice">
                <Text className="choice-label">{required ? `${title}（${say.required}）` : title}</Text>
                {text ? <Text className="choice-hint">{text}</Text> : null}
              </View>
              <View className="order-cost">
                <Text className="order-cost-text">{say.perDay(yuan(per_day))}</Text>
                {most ? <Text className="choice-hint">{say.capped(yuan(most))}</Text> : null}
              </View>
            </View>
          )
        })}
      </View>
    </View>
  )
}

/** What else goes with it, and how many of each. */
export function Extras({ extras, wish, change }: ChangeProps & { extras: Extra[] }) {
  if (extras.length === 0) return null
  const put = (name: string, count: number) => {
    const { [name]: _, ...others } = wish.extras
    change({ extras: count > 0 ? { ...others, [name]: count } : others })
  }
  return (
    <View>
      <View className="section-title">{say.extras}</View>
      <View className="card rows">
        {extras.map(({ extra, title, per_day, once, most }) => {
          const count = wish.extras[extra] ?? 0
          return (
            <View key={extra} className="row">
              <View className="row-text">
                <Text className="row-title">{title}</Text>
                <Text className="row-note">{costOf(per_day, once)}</Text>
              </View>
              <View className="stepper">
                <Step text="−" label={`${say.less} ${title}`} off={count === 0} onClick={() => put(extra, count - 1)} />
                <Text className="stepper-count">{count}</Text>
                <Step
                  text="＋"
                  label={`${say.more} ${title}`}
                  off={count >= most}
                  onClick={() => put(extra, count + 1)}
                />
              </View>
            </View>
          )
        })}
      </View>
    </View>
  )
}

function Step({ text, label, off, onClick }: { text: string; label: string; off: boolean; onClick: () => void }) {
  return (
    <View
      className={`stepper-step ${off ? 'stepper-off' : ''}`}
      ariaRole="button"
      ariaLabel={label}
      onClick={() => {
        if (!off) onClick()
      }}
    >
      <Text>{text}</Text>
    </View>
  )
}

function costOf(perDay: number | undefined, once: number | undefined): string {
  if (perDay) return say.perDay(yuan(perDay))
  return once ? say.once(yuan(once)) : say.free
}
