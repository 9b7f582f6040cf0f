import { Text, View } from '@tarojs/components'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { tell, useTask } from '../../hooks/use-task.ts'
import type { TicketDetail } from '../../services/api.ts'
import { now } from '../../services/clock.ts'
import { remark } from '../../services/tickets.ts'
import { sayTime } from '../../services/times.ts'
import { words } from '../../words.ts'
import { NOTHING_SAID, problemInSaid, saidToSend, WordsAndPhotos } from './words-and-photos.tsx'

interface QuestionProps {
  ticket: TicketDetail
  question: { text: string; at: number }
  onDone: (ticket: TicketDetail) => void
}

/** What staff want to know before they can go on, with the answer's box right below it. */
export function Question({ ticket, question, onDone }: QuestionProps) {
  const [said, setSaid] = useState(NOTHING_SAID)
  const [busy, start] = useTask()

  const reply = () => {
    const problem = problemInSaid(said)
    if (problem) return tell(problem)
    start(async () => {
      onDone(await remark(ticket.id, saidToSend(said)))
      setSaid(NOTHING_SAID)
      tell(words.ticket.remarkSent)
    })
  }

  return (
    <View className="card part question">
      <Text className="question-label">{words.ticket.asks}</Text>
      <Text className="question-text">{question.text}</Text>
      <Text className="question-at">{sayTime(question.at, now())}</Text>
      <WordsAndPhotos said={said} placeholder={words.ticket.replyPlaceholder} onChange={setSaid} />
      <View className="question-button">
        <Action text={words.ticket.reply} busyText={words.ticket.sending} busy={busy} onClick={reply} />
      </View>
    </View>
  )
}
