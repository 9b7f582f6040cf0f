import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import type { TicketDetail } from '../../services/api.ts'
import { now } from '../../services/clock.ts'
import { sayTime } from '../../services/times.ts'
import { words } from '../../words.ts'
import './together.css'

/** Who is on the way, who else reported it, where it went on. */
export function Together({ ticket }: { ticket: TicketDetail }) {
  const { worker, reporters, joined, mergedInto } = ticket
  if (!worker && reporters < 2 && !mergedInto) return null
  return (
    <View className="card part">
      {worker ? <Text className="together-line">{words.ticket.worker(worker.name)}</Text> : null}
      {worker?.eta === undefined ? null : (
        <Text className="together-line">{words.ticket.arrives(sayTime(worker.eta, now()))}</Text>
      )}
      {reporters > 1 ? <Text className="together-line together-quiet">{words.ticket.reporters(reporters)}</Text> : null}
      {joined ? <Text className="together-line together-quiet">{words.ticket.joined}</Text> : null}
      {mergedInto ? (
        <View>
          <Text className="together-line">{words.ticket.merged(mergedInto.number)}</Text>
          <View className="together-link" onClick={() => openTicket(mergedInto.id)}>
            <Text>{words.ticket.openMerged}</Text>
          </View>
        </View>
      ) : null}
    </View>
  )
}

/** The customer's other tickets that have to do with this one. */
export function Links({ links }: Pick<TicketDetail, 'links'>) {
  if (links.length === 0) return null
  return (
    <View className="card part">
      <Text className="part-title">{words.ticket.links}</Text>
      {links.map(({ id, number, title }) => (
        <View key={id} className="together-link" onClick={() => openTicket(id)}>
          <Text>{title}</Text>
          <Text className="together-quiet">{number}</Text>
        </View>
      ))}
    </View>
  )
}

function openTicket(id: string): void {
  Taro.navigateTo({ url: `/pages/ticket/ticket?id=${encodeURIComponent(id)}` })
}
