import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { Row } from '../../components/row.tsx'
import { tell, useTask } from '../../hooks/use-task.ts'
import { yuan } from '../../services/money.ts'
import { payFor } from '../../services/payments.ts'
import { confirmBill, type RentalBill, type RentalLook } from '../../services/rentals.ts'
import { words } from '../../words.ts'
import { DisputeSheet } from './dispute-sheet.tsx'

const say = words.rental.booking

interface BillProps {
  rental: RentalLook
  bill: RentalBill
  reload: () => Promise<void>
}

/** What the rental came to in the end, part by part; it is confirmed or disputed, and paid. */
export function Bill({ rental, bill, reload }: BillProps) {
  const { id, can } = rental
  const { lines, total, fromDeposit, due, state, payment, ticket } = bill
  const [disputing, setDisputing] = useState(false)
  const [busy, start] = useTask()
  const confirm = () =>
    start(async () => {
      await confirmBill(id)
      tell(say.confirmed)
      await reload()
    })
  const pay = () =>
    start(async () => {
      if (payment && (await payFor(payment))?.state === 'paid') tell(say.paid)
      await reload()
    })
  return (
    <View>
      <View className="section-title">{say.bill}</View>
      <View className="card rows rows-small">
        {lines.length === 0 ? <Row label={say.nothing} /> : null}
        {lines.map(({ title, amount }) => (
          <Row key={title} label={title} value={yuan(amount)} />
        ))}
        <Row label={say.total} value={yuan(total)} strong />
        {fromDeposit > 0 ? <Row label={say.fromDeposit} value={yuan(-fromDeposit)} /> : null}
        {due > 0 ? <Row label={state === 'paid' ? say.duePaid : say.due} value={yuan(due)} strong /> : null}
      </View>
      {say.billStates[state] ? <Text className="bill-state">{say.billStates[state]}</Text> : null}
      <View className="bill-ways">
        {can.confirm ? <Action text={say.confirm} busy={busy} onClick={confirm} /> : null}
        {can.dispute ? <Action look="quiet" text={say.dispute} onClick={() => setDisputing(true)} /> : null}
        {state === 'paying' && payment ? (
          <Action text={say.pay(yuan(due))} busyText={say.paying} busy={busy} onClick={pay} />
        ) : null}
        {ticket ? (
          <Action
            look="plain"
            text={say.disputeCase}
            onClick={() => Taro.navigateTo({ url: `/pages/ticket/ticket?id=${encodeURIComponent(ticket)}` })}
          />
        ) : null}
      </View>
      <DisputeSheet open={disputing} id={id} onClose={() => setDisputing(false)} onDone={reload} />
    </View>
  )
}
