import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { TicketCard } from '../../components/ticket-card.tsx'
import { useLive } from '../../hooks/use-live.ts'
import type { TicketPage } from '../../services/api.ts'
import { readTickets } from '../../services/tickets.ts'
import { words } from '../../words.ts'

const EVERY_MS = 6_000

/** The newest ticket still open, as it stands now; nothing when there is none. */
export function LatestTicket() {
  const { data } = useLive(
    () => readTickets(),
    (page) => (latestOpen(page) ? EVERY_MS : null),
  )
  const ticket = latestOpen(data)
  if (!ticket) return null
  return (
    <View>
      <View className="section-title home-latest">
        <Text>{ticket.status === 'waiting_customer' ? words.home.needsReply : words.home.latest}</Text>
        <Text className="home-all" onClick={() => Taro.switchTab({ url: '/pages/tickets/tickets' })}>
          {words.home.all}
        </Text>
      </View>
      <TicketCard ticket={ticket} />
    </View>
  )
}

/** One that waits for the customer comes before one that does not. */
function latestOpen(page: TicketPage | undefined) {
  const tickets = page?.tickets ?? []
  return (
    tickets.find((ticket) => ticket.status === 'waiting_customer') ??
    tickets.find((ticket) => ticket.status === 'processing')
  )
}
