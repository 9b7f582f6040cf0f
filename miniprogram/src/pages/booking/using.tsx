import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { tell, useTask } from '../../hooks/use-task.ts'
import type { Booking } from '../../services/bookings.ts'
import { pageOfForm } from '../../services/given.ts'
import { yuan } from '../../services/money.ts'
import { payFor } from '../../services/payments.ts'
import { askReturn, type RentalLook, urgeRental } from '../../services/rentals.ts'
import { words } from '../../words.ts'
import { ExtendSheet } from './extend-sheet.tsx'
import { pageOfContract } from './page-of-contract.ts'

const say = words.rental.booking

interface UsingProps {
  booking: Booking
  rental: RentalLook
  reload: () => Promise<void>
}

/** What one may want while the car is theirs: longer, help, to give it back; and what an extension left to do. */
export function Using({ booking, rental, reload }: UsingProps) {
  const { can, help } = rental
  const [extending, setExtending] = useState(false)
  const [busy, start] = useTask()
  const open = rental.contracts.find(({ state, kind }) => state === 'open' && kind === 'supplement')
  const due = booking.payments.find(({ state, purpose }) => state === 'open' && purpose === 'extension')
  if (!can.extend && !can.help && !can.return && !can.urge && !due) return null

  const pay = () =>
    start(async () => {
      if (due && (await payFor(due.id))?.state === 'paid') tell(say.paid)
      await reload()
    })
  const urge = () =>
    start(async () => {
      await urgeRental(rental.id)
      tell(say.urged)
      await reload()
    })
  const giveBack = () =>
    start(async () => {
      const { confirm } = await Taro.showModal({
        content: say.backConfirm,
        confirmText: say.backYes,
        cancelText: words.cancel,
        confirmColor: '#1b7f5a',
      })
      if (!confirm) return
      await askReturn(rental.id)
      tell(say.backTold)
      await reload()
      Taro.pageScrollTo({ scrollTop: 0 })
    })

  return (
    <View className="using">
      {due ? (
        <View className="card booking-part">
          <Text className="held-title">{say.extensionDue}</Text>
          <View className="booking-do">
            <Action text={say.pay(yuan(due.amount))} busyText={say.paying} busy={busy} onClick={pay} />
          </View>
        </View>
      ) : null}
      {open ? (
        <View className="card booking-part">
          <Text className="held-title">{say.supplementOpen}</Text>
          <View className="booking-do">
            <Action text={say.sign} onClick={() => Taro.navigateTo({ url: pageOfContract(booking.id) })} />
          </View>
        </View>
      ) : null}
      <View className="using-ways">
        {can.return ? <Action text={say.back} busy={busy} onClick={giveBack} /> : null}
        {can.urge ? (
          <Action
            look="quiet"
            text={booking.state === 'confirmed' ? say.urgeEarly : say.urge}
            busy={busy}
            onClick={urge}
          />
        ) : null}
        {can.extend ? <Action look="quiet" text={say.extend} onClick={() => setExtending(true)} /> : null}
        {can.help ? (
          <Action
            look="quiet"
            text={say.help}
            onClick={() => Taro.navigateTo({ url: pageOfForm(help.form, { car: help.car }) })}
          />
        ) : null}
      </View>
      <ExtendSheet
        open={extending}
        booking={booking}
        onClose={() => setExtending(false)}
        onDone={async () => {
          setExtending(false)
          tell(say.extended)
          await reload()
        }}
      />
    </View>
  )
}
