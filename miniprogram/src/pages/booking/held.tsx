import { Text, View } from '@tarojs/components'
import { useEffect, useRef } from 'react'
import { Action } from '../../components/action.tsx'
import { useNow } from '../../hooks/use-now.ts'
import { tell, useTask } from '../../hooks/use-task.ts'
import type { Booking } from '../../services/bookings.ts'
import { yuan } from '../../services/money.ts'
import { payFor } from '../../services/payments.ts'
import { sayLeft } from '../../services/times.ts'
import { words } from '../../words.ts'

const say = words.rental.booking

/** A car is kept for so long: the time that is left by the server's clock, and the way to pay. */
export function Held({ booking, reload }: { booking: Booking; reload: () => Promise<void> }) {
  const [busy, start] = useTask()
  const at = useNow(true)
  const left = (booking.holdUntil ?? 0) - at
  const lapsed = left <= 0
  const again = useRef(reload)
  again.current = reload
  useEffect(() => {
    if (lapsed) again.current()
  }, [lapsed])

  const payment = booking.payments.find(({ state }) => state === 'open')
  const pay = () =>
    start(async () => {
      if (!payment) return
      const paid = await payFor(payment.id)
      tell(paid?.state === 'paid' ? say.paid : say.notPaid)
      await reload()
    })
  return (
    <View className="card booking-part held">
      <Text className="held-title">{lapsed ? say.lapsed : say.held}</Text>
      {lapsed ? null : (
        <View className="held-left" ariaRole="timer">
          <Text>{sayLeft(left)}</Text>
        </View>
      )}
      <Text className="booking-note">{lapsed ? say.lapsing : say.heldText}</Text>
      {payment && !lapsed ? (
        <View className="booking-do">
          <Action text={say.pay(yuan(payment.amount))} busyText={say.paying} busy={busy} onClick={pay} />
        </View>
      ) : null}
    </View>
  )
}
