import { useRef, useState } from 'react'
import { tell, useTask } from '../../hooks/use-task.ts'
import type { TicketDetail } from '../../services/api.ts'
import { type Attempt, attemptFor } from '../../services/attempt.ts'
import { actAndAskForMessages } from '../../services/subscriptions.ts'
import { remark } from '../../services/tickets.ts'
import { words } from '../../words.ts'
import { NOTHING_SAID, problemInSaid, saidToSend } from './words-and-photos.tsx'

/** Words and pictures for a ticket, and sending them; what was written stays until the server has it. */
export function useSaid(ticket: TicketDetail, onSent: (ticket: TicketDetail) => void) {
  const [said, setSaid] = useState(NOTHING_SAID)
  const [busy, start] = useTask()
  const attempt = useRef<Attempt>()

  const send = () => {
    const problem = problemInSaid(said)
    if (problem) return tell(problem)
    const body = saidToSend(said)
    attempt.current = attemptFor(JSON.stringify(body), attempt.current)
    const { key } = attempt.current
    start(async () => {
      await actAndAskForMessages(async () => {
        onSent(await remark(ticket.id, body, key))
        attempt.current = undefined
        setSaid(NOTHING_SAID)
      })
      tell(words.ticket.remarkSent)
    })
  }

  return { said, setSaid, busy, send }
}
