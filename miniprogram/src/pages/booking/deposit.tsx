import { Text, View } from '@tarojs/components'
import { Row } from '../../components/row.tsx'
import { now } from '../../services/clock.ts'
import { yuan } from '../../services/money.ts'
import type { Deposit as Held } from '../../services/rentals.ts'
import { sayDay } from '../../services/times.ts'
import { words } from '../../words.ts'

const say = words.rental.booking

/** The deposit: what was taken from it, what comes back, and on which day. */
export function Deposit({ deposit }: { deposit: Held }) {
  const { state, amount, byScore, deducted, refunded, left, releaseAt } = deposit
  const waived = byScore ? say.depositByScore : say.depositWaived
  return (
    <View>
      <View className="section-title">{say.depositTitle}</View>
      <View className="card rows rows-small">
        <Row label={say.depositAmount} value={state === 'waived' ? waived : yuan(amount)} />
        {deducted > 0 ? <Row label={say.depositTaken} value={yuan(deducted)} /> : null}
        {refunded > 0 ? <Row label={say.depositBack} value={yuan(refunded)} /> : null}
        {state === 'held' ? <Row label={say.depositLeft} value={yuan(left)} strong /> : null}
      </View>
      {state === 'held' ? (
        <Text className="bill-state">
          {releaseAt === null ? say.depositSoon : say.depositOn(sayDay(releaseAt, now()))}
        </Text>
      ) : null}
      {state === 'settled' ? <Text className="bill-state">{say.depositSettled}</Text> : null}
    </View>
  )
}
