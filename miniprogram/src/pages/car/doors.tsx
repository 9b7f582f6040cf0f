import { Switch, Text, View } from '@tarojs/components'
import { useState } from 'react'
import { LocationField } from '../../components/fields/location-field.tsx'
import type { FormField, Place } from '../../services/api.ts'
import type { Door, Rental, Store, Wish } from '../../services/bookings.ts'
import { yuan } from '../../services/money.ts'
import { words } from '../../words.ts'

const say = words.rental.order

interface DoorsProps {
  rental: Rental
  wish: Wish
  change: (part: Partial<Wish>) => void
}

/** The car brought to a door, and fetched from one, where the stores do that. */
export function Doors({ rental, wish, change }: DoorsProps) {
  const storeOf = (name: string) => rental.stores.find(({ store }) => store === name)
  const home = storeOf(wish.store)
  const back = storeOf(wish.returnStore ?? wish.store)
  if (!home?.delivery && !back?.delivery) return null
  return (
    <View>
      <View className="section-title">{say.doors}</View>
      {home?.delivery ? <AtDoor title={say.deliver} store={home} onChange={(deliver) => change({ deliver })} /> : null}
      {back?.delivery ? <AtDoor title={say.collect} store={back} onChange={(collect) => change({ collect })} /> : null}
    </View>
  )
}

interface AtDoorProps {
  title: string
  store: Store
  onChange: (door: Door | undefined) => void
}

function AtDoor({ title, store, onChange }: AtDoorProps) {
  const [on, setOn] = useState(false)
  const [place, setPlace] = useState<Place>()
  const { delivery } = store
  const field: FormField = { name: title, kind: 'location', label: title, required: true, needs: delivery?.needs }
  const put = (next: Place | undefined) => {
    setPlace(next)
    onChange(doorAt(next))
  }
  return (
    <View className="card order-door">
      <View className="order-door-head">
        <Text className="row-title">{title}</Text>
        <Switch
          color="#1b7f5a"
          checked={on}
          onChange={({ detail }) => {
            setOn(detail.value)
            onChange(detail.value ? doorAt(place) : undefined)
          }}
        />
      </View>
      {delivery ? (
        <Text className="row-note">
          {say.doorNote(delivery.within_km, delivery.free_km, yuan(delivery.fee), yuan(delivery.per_km))}
        </Text>
      ) : null}
      {on ? (
        <View className="order-door-place">
          <LocationField field={field} value={place} onChange={(next) => put(next as Place | undefined)} />
        </View>
      ) : null}
    </View>
  )
}

/** A place is a door once it is on the map and described. */
function doorAt({ lat, lng, address }: Place = {}): Door | undefined {
  return lat !== undefined && lng !== undefined && address ? { lat, lng, address } : undefined
}
