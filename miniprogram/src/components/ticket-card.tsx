import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import type { TicketSummary } from '../services/api.ts'
import { now } from '../services/clock.ts'
import { sayTime } from '../services/times.ts'
import { words } from '../words.ts'
import { Icon } from './icon.tsx'
import { StatusTag, UrgentTag } from './tag.tsx'
import './ticket-card.css'

/** One ticket in short; a tap opens it. */
export function TicketCard({ ticket }: { ticket: TicketSummary }) {
  const open = () => Taro.navigateTo({ url: `/pages/ticket/ticket?id=${encodeURIComponent(ticket.id)}` })
  const isOpen = ticket.status === 'processing' || ticket.status === 'waiting_customer'
  return (
    <View className="card ticket-card" onClick={open} hoverClass="card-pressed">
      <View className="ticket-card-head">
        <StatusTag status={ticket.status} text={ticket.statusText} />
        {ticket.priority === 'urgent' ? <UrgentTag /> : null}
        <Text className="ticket-card-number">{ticket.number}</Text>
      </View>
      <View className="ticket-card-title">{ticket.title}</View>
      <View className="ticket-card-foot">
        {isOpen && ticket.stepTitle ? (
          <View className="ticket-card-step">
            <View className={`dot dot-${ticket.status}`} />
            <Text className="ticket-card-step-text">{ticket.stepTitle}</Text>
          </View>
        ) : null}
        <Text className="ticket-card-when">
          {isOpen ? words.updated(sayTime(ticket.updatedAt, now())) : words.opened(sayTime(ticket.openedAt, now()))}
        </Text>
        <Icon name="right" size={16} color="#A9B2AE" />
      </View>
    </View>
  )
}
