import { View } from '@tarojs/components'
import type { Price } from '../services/bookings.ts'
import { yuan } from '../services/money.ts'
import { words } from '../words.ts'
import { Row } from './row.tsx'

const say = words.rental.order

/** A price with every part of it. */
export function PriceParts({ price: { parts, total, km } }: { price: Price }) {
  return (
    <View className="card rows rows-small">
      {parts.map(({ kind, title, amount }) => (
        <Row key={`${kind} ${title}`} label={title} value={yuan(amount)} />
      ))}
      <Row label={say.total} value={yuan(total)} strong />
      <Row label={km === null ? say.unlimited : say.km(km)} />
    </View>
  )
}
