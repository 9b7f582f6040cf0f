import { Picker, Switch, Text, View } from '@tarojs/components'
import { Icon } from '../../components/icon.tsx'
import type { Rental, Store, Times } from '../../services/bookings.ts'
import { words } from '../../words.ts'

const say = words.rental.find

interface StoresProps {
  rental: Rental
  times: Times
  onChange: (times: Times) => void
}

/** Where the car is fetched, and where it is given back. */
export function Stores({ rental: { stores, oneWay }, times, onChange }: StoresProps) {
  const { returnStore, ...home } = times
  const other = stores.find(({ store }) => store !== times.store)
  return (
    <View>
      <Chooser
        label={say.store}
        stores={stores}
        value={times.store}
        onChange={(store) => onChange({ ...(store === returnStore ? home : times), store })}
      />
      {oneWay && other ? (
        <View className="rent-elsewhere">
          <Text>{say.elsewhere}</Text>
          <Switch
            color="#1b7f5a"
            checked={returnStore !== undefined}
            onChange={({ detail }) => onChange(detail.value ? { ...home, returnStore: other.store } : home)}
          />
        </View>
      ) : null}
      {returnStore ? (
        <Chooser
          label={say.returnStore}
          stores={stores}
          value={returnStore}
          onChange={(store) => onChange(store === times.store ? home : { ...home, returnStore: store })}
        />
      ) : null}
    </View>
  )
}

interface ChooserProps {
  label: string
  stores: Store[]
  value: string
  onChange: (store: string) => void
}

function Chooser({ label, stores, value, onChange }: ChooserProps) {
  const index = stores.findIndex(({ store }) => store === value)
  const { title, address } = stores[index] ?? {}
  return (
    <Picker
      mode="selector"
      range={stores.map((store) => store.title)}
      value={Math.max(0, index)}
      onChange={({ detail }) => onChange(stores[Number(detail.value)]?.store ?? value)}
    >
      <View className="rent-store">
        <View className="rent-store-words">
          <Text className="rent-label">{label}</Text>
          <Text className="rent-store-title">{title}</Text>
          <Text className="rent-store-address">{address}</Text>
        </View>
        <Icon name="down" size={16} color="#66706B" />
      </View>
    </Picker>
  )
}
