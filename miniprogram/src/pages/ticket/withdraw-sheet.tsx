import { Text, View } from '@tarojs/components'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { SelectField } from '../../components/fields/choice-field.tsx'
import '../../components/fields/field.css'
import { Sheet } from '../../components/sheet.tsx'
import { tell, useTask } from '../../hooks/use-task.ts'
import type { FormField } from '../../services/api.ts'
import { withdraw } from '../../services/tickets.ts'
import { words } from '../../words.ts'
import type { SheetProps } from './remark-sheet.tsx'

const reasons: FormField = {
  name: 'reason',
  kind: 'select',
  label: words.ticket.withdrawReason,
  required: false,
  options: words.ticket.withdrawReasons.map((reason) => ({ value: reason, label: reason })),
}

/** Taking a ticket back, asked twice because it ends the work. */
export function WithdrawSheet({ ticket, open, onClose, onDone }: SheetProps) {
  const [reason, setReason] = useState('')
  const [busy, start] = useTask()

  const submit = () =>
    start(async () => {
      onDone(await withdraw(ticket.id, reason))
      onClose()
      tell(words.ticket.withdrawn)
    })

  return (
    <Sheet
      open={open}
      title={words.ticket.withdrawTitle}
      onClose={onClose}
      foot={
        <View className="sheet-pair">
          <Action text={words.ticket.withdrawYes} busy={busy} onClick={submit} />
          <Action look="plain" text={words.ticket.withdrawNo} onClick={onClose} />
        </View>
      }
    >
      <Text className="withdraw-text">{words.ticket.withdrawText}</Text>
      <Text className="withdraw-why">{words.ticket.withdrawReason}</Text>
      <SelectField
        field={reasons}
        value={reason}
        onChange={(value) => setReason(value === reason ? '' : String(value))}
      />
    </Sheet>
  )
}
