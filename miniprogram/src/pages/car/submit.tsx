import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { useEffect, useRef, useState } from 'react'
import { Action } from '../../components/action.tsx'
import { Empty } from '../../components/empty.tsx'
import { useTask } from '../../hooks/use-task.ts'
import { type Attempt, attemptFor } from '../../services/attempt.ts'
import { book, pageOfBooking, type Rental } from '../../services/bookings.ts'
import { knowCatalog } from '../../services/catalog.ts'
import { yuan } from '../../services/money.ts'
import { session, signIn } from '../../services/session.ts'
import { useStore } from '../../services/store.ts'
import { actAndAskForMessages } from '../../services/subscriptions.ts'
import { ApiError } from '../../services/transport.ts'
import { words } from '../../words.ts'
import type { Order } from './use-wish.ts'

const say = words.rental.order

/** The order is sent: the car is held, or somebody else was faster, which is said with the way to other cars. */
export function Submit({ rental, order }: { rental: Rental; order: Order }) {
  const { wish, price, settled, problem } = order
  const signedIn = useStore(session) !== null
  const [gone, setGone] = useState<string>()
  const [busy, start] = useTask()
  const attempt = useRef<Attempt>()
  useEffect(knowCatalog, [])

  const send = async () => {
    attempt.current = attemptFor(JSON.stringify(wish), attempt.current)
    try {
      const { id } = await book(wish, attempt.current.key)
      await Taro.redirectTo({ url: pageOfBooking(id) })
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) throw error
      setGone(error.message)
    }
  }
  if (gone)
    return (
      <View className="order-foot">
        <Empty
          icon="booking"
          title={say.gone}
          text={gone}
          action={say.others}
          onAction={() => Taro.navigateBack().catch(() => Taro.redirectTo({ url: '/pages/rent/rent' }))}
        />
      </View>
    )
  return (
    <View className="order-foot">
      <Text className="order-hold">{say.hold(Math.round(rental.times.holdFor / 60_000))}</Text>
      {signedIn ? (
        <Action
          text={price && settled ? `${say.submit} ${yuan(price.price.total)}` : say.pricing}
          busyText={say.submitting}
          busy={busy}
          disabled={!settled || problem !== undefined}
          onClick={() => start(() => actAndAskForMessages(send))}
        />
      ) : (
        <Action
          text={words.signIn.button}
          busyText={words.signIn.busy}
          busy={busy}
          onClick={() => start(async () => void (await signIn()))}
        />
      )}
    </View>
  )
}
