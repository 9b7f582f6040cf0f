import { Text, View } from '@tarojs/components'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { Icon } from '../../components/icon.tsx'
import { Stars } from '../../components/stars.tsx'
import type { TicketDetail } from '../../services/api.ts'
import { words } from '../../words.ts'
import { RatingSheet } from './rating-sheet.tsx'

/** When the work is done: thanks to whoever reported it, and how it went; afterwards what was said. */
export function Outcome(props: { ticket: TicketDetail; onDone: (ticket: TicketDetail) => void }) {
  const { thanks } = props.ticket
  return (
    <View>
      {thanks ? (
        <View className="card part thanks">
          <View className="thanks-sign">
            <Icon name="check" size={22} color="#FFFFFF" />
          </View>
          <View className="thanks-words">
            <Text className="thanks-title">{words.ticket.thanks}</Text>
            <Text className="thanks-text">{words.ticket.thanksText(thanks.points)}</Text>
          </View>
        </View>
      ) : null}
      <RatingCard {...props} />
    </View>
  )
}

function RatingCard({ ticket, onDone }: { ticket: TicketDetail; onDone: (ticket: TicketDetail) => void }) {
  const [open, setOpen] = useState(false)
  const { rating } = ticket
  if (rating) {
    return (
      <View className="card part">
        <Text className="part-title">{words.ticket.yourRating}</Text>
        <Stars value={rating.csat} />
        {rating.words ? <Text className="rating-said">{rating.words}</Text> : null}
        {rating.nps === undefined || rating.nps === null ? null : (
          <Text className="rating-said rating-said-quiet">{words.ticket.nps(rating.nps)}</Text>
        )}
      </View>
    )
  }
  if (!ticket.can.rate) return null
  return (
    <View>
      <View className="card part rating-invite">
        <Text className="part-title">{words.ticket.rateTitle}</Text>
        <Text className="rating-invite-text">{words.ticket.rateText}</Text>
        <Action text={words.ticket.rate} onClick={() => setOpen(true)} />
      </View>
      <RatingSheet ticket={ticket} open={open} onClose={() => setOpen(false)} onDone={onDone} />
    </View>
  )
}
