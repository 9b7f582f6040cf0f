import { Text, View } from '@tarojs/components'
import { Action } from '../../components/action.tsx'
import type { TicketDetail } from '../../services/api.ts'
import { now } from '../../services/clock.ts'
import { sayTime } from '../../services/times.ts'
import { words } from '../../words.ts'
import { useSaid } from './use-said.ts'
import { WordsAndPhotos } from './words-and-photos.tsx'

interface QuestionProps {
  ticket: TicketDetail
  question: { text: string; at: number }
  onDone: (ticket: TicketDetail) => void
}

/** What staff want to know before they can go on, with the answer's box right below it. */
export function Question({ ticket, question, onDone }: QuestionProps) {
  const { said, setSaid, busy, send } = useSaid(ticket, onDone)

  return (
    <View className="card part question">
      <Text className="question-label">{words.ticket.asks}</Text>
      <Text className="question-text">{question.text}</Text>
      <Text className="question-at">{sayTime(question.at, now())}</Text>
      <WordsAndPhotos said={said} placeholder={words.ticket.replyPlaceholder} onChange={setSaid} />
      <View className="question-button">
        <Action text={words.ticket.reply} busyText={words.ticket.sending} busy={busy} onClick={send} />
      </View>
    </View>
  )
}
