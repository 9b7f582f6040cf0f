import { View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { useEffect } from 'react'
import { catalog, knowCatalog } from '../services/catalog.ts'
import { useStore } from '../services/store.ts'
import { words } from '../words.ts'
import { Row } from './row.tsx'

/** The ways to one's rentals and appointments, where there are such things. */
export function MyBookings() {
  const { rental, appointments } = useStore(catalog).bookable
  useEffect(knowCatalog, [])
  if (!rental && !appointments) return null
  return (
    <View className="card rows">
      {rental ? <Way label={words.rental.list.title} page="bookings" /> : null}
      {appointments ? <Way label={words.appointments.mine} page="appointments" /> : null}
    </View>
  )
}

function Way({ label, page }: { label: string; page: string }) {
  return <Row label={label} onClick={() => Taro.navigateTo({ url: `/pages/${page}/${page}` })} />
}
