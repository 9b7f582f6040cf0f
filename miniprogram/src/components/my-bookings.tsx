import { View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { useLive } from '../hooks/use-live.ts'
import { readServices } from '../services/appointments.ts'
import { readRental } from '../services/bookings.ts'
import { words } from '../words.ts'
import { Row } from './row.tsx'

/** The ways to one's rentals and appointments, where there are such things. */
export function MyBookings() {
  const rental = useLive(readRental).data
  const services = useLive(readServices).data ?? []
  if (!rental && services.length === 0) return null
  return (
    <View className="card rows">
      {rental ? <Way label={words.rental.list.title} page="bookings" /> : null}
      {services.length > 0 ? <Way label={words.appointments.mine} page="appointments" /> : null}
    </View>
  )
}

function Way({ label, page }: { label: string; page: string }) {
  return <Row label={label} onClick={() => Taro.navigateTo({ url: `/pages/${page}/${page}` })} />
}
