import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import type { TicketDetail } from '../../services/api.ts'
import { now } from '../../services/clock.ts'
import { sayHour } from '../../services/times.ts'
import { words } from '../../words.ts'
import './together.css'

/** Who is on the way, who else reported it, where it went on. */
export function Together({ ticket }: { ticket: TicketDetail }) {
  const { worker, mergedInto } = ticket
  const open = ticket.status === 'processing' || ticket.status === 'waiting_customer'
  const several = open && ticket.reporters > 1
  if (!worker && !several && !mergedInto) return null
  return (
    <View className="card part">
      {worker ? <Worker worker={worker} /> : null}
      {several ? (
        <Text className="together-line together-quiet">
          {ticket.joined ? words.ticket.joined : words.ticket.reporters(ticket.reporters)}
        </Text>
      ) : null}
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

function Worker({ worker }: { worker: NonNullable<TicketDetail['worker']> }) {
  const { name, expectedAt, arrivedAt } = worker
  const say = words.ticket
  const [title, text] =
    arrivedAt !== undefined
      ? [say.there(name), say.arrived(sayHour(arrivedAt, now()))]
      : expectedAt !== undefined
        ? [say.onTheWay(name), say.expected(sayHour(expectedAt, now()))]
        : [say.worker(name)]
  return (
    <View className="worker">
      <View className="worker-mark">
        <Text>{name.slice(0, 1)}</Text>
      </View>
      <View className="worker-words">
        <Text className="worker-title">{title}</Text>
        {text ? <Text className="worker-text">{text}</Text> : null}
      </View>
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
