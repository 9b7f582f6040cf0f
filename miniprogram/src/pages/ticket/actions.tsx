import { View } from '@tarojs/components'
import { useEffect, useState } from 'react'
import { Action } from '../../components/action.tsx'
import { useNow } from '../../hooks/use-now.ts'
import { tell, useTask } from '../../hooks/use-task.ts'
import type { TicketDetail } from '../../services/api.ts'
import { actAndAskForMessages } from '../../services/subscriptions.ts'
import { urge } from '../../services/tickets.ts'
import { sayLeft } from '../../services/times.ts'
import { words } from '../../words.ts'
import { RemarkSheet } from './remark-sheet.tsx'
import { ReopenSheet } from './reopen-sheet.tsx'
import { WithdrawSheet } from './withdraw-sheet.tsx'

interface ActionsProps {
  ticket: TicketDetail
  onDone: (ticket: TicketDetail) => void
  /** Something becomes possible now: ask the server. */
  onDue: () => void
}

/** What the customer may do now, always within reach of the thumb. */
export function Actions({ ticket, onDone, onDue }: ActionsProps) {
  const [sheet, setSheet] = useState<'remark' | 'withdraw' | 'reopen'>()
  const { can } = ticket
  const mayUrge = can.urge || can.urgeAfter !== undefined
  if (!can.remark && !can.withdraw && !can.reopen && !mayUrge) return null
  const close = () => setSheet(undefined)
  return (
    <View>
      <View className="actions-room" />
      <View className="actions">
        {can.withdraw ? (
          <Action look="plain" text={words.ticket.withdraw} onClick={() => setSheet('withdraw')} />
        ) : null}
        {mayUrge ? <Urge ticket={ticket} onDone={onDone} onDue={onDue} /> : null}
        {can.reopen ? <Action look="quiet" text={words.ticket.reopen} onClick={() => setSheet('reopen')} /> : null}
        {can.remark ? <Action look="quiet" text={words.ticket.remark} onClick={() => setSheet('remark')} /> : null}
      </View>
      <RemarkSheet ticket={ticket} open={sheet === 'remark'} onClose={close} onDone={onDone} />
      <ReopenSheet ticket={ticket} open={sheet === 'reopen'} onClose={close} onDone={onDone} />
      <WithdrawSheet ticket={ticket} open={sheet === 'withdraw'} onClose={close} onDone={onDone} />
    </View>
  )
}

function Urge({ ticket, onDone, onDue }: ActionsProps) {
  const [busy, start] = useTask()
  const { urge: ready, urgeAfter } = ticket.can
  const counting = !ready && urgeAfter !== undefined
  const left = (urgeAfter ?? 0) - useNow(counting)
  const due = counting && left <= 0

  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once, at the moment the count ends.
  useEffect(() => {
    if (due) onDue()
  }, [due])

  const press = () =>
    start(async () => {
      await actAndAskForMessages(async () => onDone(await urge(ticket.id)))
      tell(words.ticket.urged)
    })

  const text = counting ? words.ticket.urgeAgain(sayLeft(left)) : words.ticket.urge
  return <Action look="quiet" text={text} busy={busy} disabled={counting} onClick={press} />
}
