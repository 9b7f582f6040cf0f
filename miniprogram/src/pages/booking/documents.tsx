import { View } from '@tarojs/components'
import { Row } from '../../components/row.tsx'
import { useTask } from '../../hooks/use-task.ts'
import { now } from '../../services/clock.ts'
import { openPaper, type RentalLook } from '../../services/rentals.ts'
import { sayTime } from '../../services/times.ts'
import { words } from '../../words.ts'

const say = words.rental.booking

/** What was signed, and the sheet of the inspections, as PDF. */
export function Documents({ rental: { id, contracts, pickup } }: { rental: RentalLook }) {
  const [busy, start] = useTask()
  const signed = contracts.filter(({ state }) => state === 'signed')
  const inspected = pickup?.signed === true
  if (signed.length === 0 && !inspected) return null
  return (
    <View>
      <View className="section-title">{say.documents}</View>
      <View className="card rows">
        {signed.map((contract) => (
          <Row
            key={contract.id}
            label={say.contractPaper(contract.seq)}
            value={busy ? words.ticket.opening : contract.signedAt === null ? '' : sayTime(contract.signedAt, now())}
            onClick={() => start(() => openPaper(id, 'contract', contract.id))}
          />
        ))}
        {inspected ? (
          <Row label={say.inspectionPaper} onClick={() => start(() => openPaper(id, 'inspection'))} />
        ) : null}
      </View>
    </View>
  )
}
