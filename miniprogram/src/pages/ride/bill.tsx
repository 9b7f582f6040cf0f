import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { Action } from '../../components/action.tsx'
import { Row } from '../../components/row.tsx'
import { tell, useTask } from '../../hooks/use-task.ts'
import { pageOfForm } from '../../services/given.ts'
import { yuan } from '../../services/money.ts'
import { payFor } from '../../services/payments.ts'
import { paymentOf, type Ride } from '../../services/rides.ts'
import { words } from '../../words.ts'

const say = words.rides

/** What a ride came to, part by part; the way to pay it, and to say that it is wrong. */
export function Bill({ ride, reload }: { ride: Ride; reload: () => Promise<void> }) {
  const [busy, start] = useTask()
  const { parts, amount, refunded, zoneResult = 'fine', state, appeal, ticket } = ride
  const pay = () =>
    start(async () => {
      const paid = await payFor(await paymentOf(ride.id))
      if (paid?.state === 'paid') tell(say.paid)
      await reload()
    })
  return (
    <View>
      <View className="section-title">{say.bill}</View>
      <View className="card rows">
        {parts.map((part) => (
          <Row key={part.kind} label={part.text} value={yuan(part.amount)} />
        ))}
        <Row label={say.total} value={yuan(amount)} />
        {refunded > 0 ? <Row label={say.refunded} value={yuan(refunded)} /> : null}
      </View>
      {zoneResult === 'fine' ? null : <Text className="ride-note ride-zone">{say.zones[zoneResult]}</Text>}
      <View className="ride-ways">
        {state === 'ended' ? (
          <Action text={say.pay(yuan(amount - refunded))} busyText={say.paying} busy={busy} onClick={pay} />
        ) : null}
        {ticket ? (
          <Action
            look="plain"
            text={say.case}
            onClick={() => Taro.navigateTo({ url: `/pages/ticket/ticket?id=${ticket}` })}
          />
        ) : appeal ? (
          <Action
            look="plain"
            text={say.appeal}
            onClick={() => Taro.navigateTo({ url: pageOfForm(appeal.form, appeal.answers) })}
          />
        ) : null}
      </View>
    </View>
  )
}
