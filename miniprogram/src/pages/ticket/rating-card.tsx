import { Text, View } from '@tarojs/components'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { Stars } from '../../components/stars.tsx'
import type { TicketDetail } from '../../services/api.ts'
import { words } from '../../words.ts'
import { RatingSheet } from './rating-sheet.tsx'

/** Asks how it went when the work is done; afterwards shows what was said. */
export function RatingCard({ ticket, onDone }: { ticket: TicketDetail; onDone: (ticket: TicketDetail) => void }) {
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
