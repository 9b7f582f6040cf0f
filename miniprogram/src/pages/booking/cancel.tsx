import { View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { Action } from '../../components/action.tsx'
import { tell, useTask } from '../../hooks/use-task.ts'
import { type Booking, cancelBooking } from '../../services/bookings.ts'
import { yuan } from '../../services/money.ts'
import { words } from '../../words.ts'

const say = words.rental.booking

/** Calling it off, as long as that can be done; what it costs is said first. */
export function Cancel({ booking, reload }: { booking: Booking; reload: () => Promise<void> }) {
  const [busy, start] = useTask()
  const { id, refund, paid, state } = booking
  if (refund === null) return null
  const costs = refund < paid ? say.cancelBack(yuan(refund), yuan(paid - refund)) : say.cancelAll(yuan(refund))
  const cancel = () =>
    start(async () => {
      const { confirm } = await Taro.showModal({
        content: state === 'held' ? say.cancelHeld : costs,
        confirmText: say.cancelYes,
        cancelText: say.cancelNo,
        confirmColor: '#a8261b',
      })
      if (!confirm) return
      await cancelBooking(id)
      tell(say.cancelled)
      await reload()
    })
  return (
    <View className="booking-cancel">
      <Action look="plain" text={say.cancel} busy={busy} onClick={cancel} />
    </View>
  )
}
