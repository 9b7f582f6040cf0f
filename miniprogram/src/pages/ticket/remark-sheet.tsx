import { Action } from '../../components/action.tsx'
import { Sheet } from '../../components/sheet.tsx'
import type { TicketDetail } from '../../services/api.ts'
import { words } from '../../words.ts'
import { useSaid } from './use-said.ts'
import { WordsAndPhotos } from './words-and-photos.tsx'

export interface SheetProps {
  ticket: TicketDetail
  open: boolean
  onClose: () => void
  onDone: (ticket: TicketDetail) => void
}

/** Adding words or pictures to a ticket; what was written stays when the sheet is closed or the send fails. */
export function RemarkSheet({ ticket, open, onClose, onDone }: SheetProps) {
  const { said, setSaid, busy, send } = useSaid(ticket, (newer) => {
    onDone(newer)
    onClose()
  })

  return (
    <Sheet
      open={open}
      title={words.ticket.remarkTitle}
      onClose={onClose}
      foot={<Action text={words.ticket.send} busyText={words.ticket.sending} busy={busy} onClick={send} />}
    >
      <WordsAndPhotos said={said} placeholder={words.ticket.remarkPlaceholder} onChange={setSaid} />
    </Sheet>
  )
}
