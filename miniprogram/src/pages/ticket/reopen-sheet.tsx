import { Text, View } from '@tarojs/components'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { LongTextField } from '../../components/fields/text-field.tsx'
import '../../components/fields/field.css'
import { Sheet } from '../../components/sheet.tsx'
import { tell, useTask } from '../../hooks/use-task.ts'
import type { FormField } from '../../services/api.ts'
import { now } from '../../services/clock.ts'
import { reopen } from '../../services/tickets.ts'
import { sayTime } from '../../services/times.ts'
import { words } from '../../words.ts'
import type { SheetProps } from './remark-sheet.tsx'

const reasonField: FormField = {
  name: 'reason',
  kind: 'longtext',
  label: '',
  required: true,
  maxLength: 200,
  placeholder: words.ticket.reopenPlaceholder,
}

/** Says what is not solved yet: work begins again. */
export function ReopenSheet({ ticket, open, onClose, onDone }: SheetProps) {
  const [reason, setReason] = useState('')
  const [busy, start] = useTask()
  const { reopenUntil } = ticket.can

  const submit = () => {
    if (!reason.trim()) return tell(words.ticket.reopenEmpty)
    start(async () => {
      onDone(await reopen(ticket.id, reason.trim()))
      setReason('')
      onClose()
      tell(words.ticket.reopened)
    })
  }

  return (
    <Sheet
      open={open}
      title={words.ticket.reopenTitle}
      onClose={onClose}
      foot={<Action text={words.ticket.send} busyText={words.ticket.sending} busy={busy} onClick={submit} />}
    >
      <LongTextField field={reasonField} value={reason} onChange={(text) => setReason(String(text))} />
      {reopenUntil === undefined ? null : (
        <View>
          <Text className="withdraw-why">{words.ticket.reopenUntil(sayTime(reopenUntil, now()))}</Text>
        </View>
      )}
    </Sheet>
  )
}
