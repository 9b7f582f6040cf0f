import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { Sheet } from '../../components/sheet.tsx'
import { tell, useTask } from '../../hooks/use-task.ts'
import type { TicketDetail } from '../../services/api.ts'
import { remark } from '../../services/tickets.ts'
import { words } from '../../words.ts'
import { NOTHING_SAID, problemInSaid, saidToSend, WordsAndPhotos } from './words-and-photos.tsx'

export interface SheetProps {
  ticket: TicketDetail
  open: boolean
  onClose: () => void
  onDone: (ticket: TicketDetail) => void
}

/** Adding words or pictures to a ticket; what was written stays when the sheet is closed or the send fails. */
export function RemarkSheet({ ticket, open, onClose, onDone }: SheetProps) {
  const [said, setSaid] = useState(NOTHING_SAID)
  const [busy, start] = useTask()

  const submit = () => {
    const problem = problemInSaid(said)
    if (problem) return tell(problem)
    start(async () => {
      onDone(await remark(ticket.id, saidToSend(said)))
      setSaid(NOTHING_SAID)
      onClose()
      tell(words.ticket.remarkSent)
    })
  }

  return (
    <Sheet
      open={open}
      title={words.ticket.remarkTitle}
      onClose={onClose}
      foot={<Action text={words.ticket.send} busyText={words.ticket.sending} busy={busy} onClick={submit} />}
    >
      <WordsAndPhotos said={said} placeholder={words.ticket.remarkPlaceholder} onChange={setSaid} />
    </Sheet>
  )
}
